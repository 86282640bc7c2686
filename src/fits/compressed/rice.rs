//! `RICE_1`: differences of neighbours in Rice code. FITS 4.0 section 10.4.1.

/// Why a stream does not decode.
const TOO_SHORT: &str = "a RICE tile ends early";

/// Decodes the first `pixels.len()` pixels of a tile of integers of `bytes` bytes in blocks of `block` pixels.
/// One-byte pixels are unsigned, the others signed.
pub(super) fn decode(
    packed: &[u8],
    block: usize,
    bytes: usize,
    pixels: &mut [i32],
) -> Result<(), &'static str> {
    match bytes {
        1 => decode_as::<3, 8>(packed, block, pixels, |value| i32::from(value as u8)),
        2 => decode_as::<4, 16>(packed, block, pixels, |value| i32::from(value as i16)),
        _ => decode_as::<5, 32>(packed, block, pixels, |value| value as i32),
    }
}

/// `SELECT` bits choose a block's code, raw differences have `WIDTH` bits.
fn decode_as<const SELECT: u32, const WIDTH: u32>(
    packed: &[u8],
    block: usize,
    pixels: &mut [i32],
    narrow: impl Fn(u32) -> i32,
) -> Result<(), &'static str> {
    // The code number from which differences are stored raw: 6, 14, 25.
    let raw_code = match WIDTH {
        8 => 6,
        16 => 14,
        _ => 25,
    };
    let mut bits = BitReader::new(packed);
    let mut last = bits.take(WIDTH)?;
    for pixels in pixels.chunks_mut(block) {
        let code = bits.take(SELECT)?;
        if code == 0 {
            pixels.fill(narrow(last));
        } else if code > raw_code {
            for pixel in pixels {
                last = last.wrapping_add(unfold(bits.take(WIDTH)?));
                *pixel = narrow(last);
            }
        } else {
            let low_bits = code - 1;
            for pixel in pixels {
                last = last.wrapping_add(unfold(bits.take_rice(low_bits)?));
                *pixel = narrow(last);
            }
        }
    }
    Ok(())
}

/// Even numbers are differences 0, 1, 2, …; odd ones −1, −2, ….
fn unfold(folded: u32) -> u32 {
    (folded >> 1) ^ (folded & 1).wrapping_neg()
}

/// Bits of a byte string, most significant first.
struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bits, left-aligned.
    window: u64,
    /// How many of them are real.
    held: u32,
}

impl<'a> BitReader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, window: 0, held: 0 }
    }

    /// Makes at least 49 bits ready unless the string ends.
    #[inline]
    fn refill(&mut self) {
        if let Some((word, _)) = self.bytes.split_first_chunk::<8>() {
            let taken = (63 - self.held) / 8;
            self.window |= u64::from_be_bytes(*word) >> self.held;
            self.bytes = &self.bytes[taken as usize..];
            // Bits of a byte taken only in part stay in the window; they meet themselves when it is taken again.
            self.held += taken * 8;
        } else {
            while self.held <= 48 {
                let Some((&byte, rest)) = self.bytes.split_first() else { return };
                self.window |= u64::from(byte) << (56 - self.held);
                self.bytes = rest;
                self.held += 8;
            }
        }
    }

    #[inline]
    fn drop_bits(&mut self, count: u32) {
        self.window <<= count;
        self.held -= count;
    }

    /// The next `count` bits, 1 to 32.
    #[inline]
    fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        if self.held < count {
            self.refill();
            if self.held < count {
                return Err(TOO_SHORT);
            }
        }
        let value = (self.window >> (64 - count)) as u32;
        self.drop_bits(count);
        Ok(value)
    }

    /// A Rice code: the zeros before a one are the high part, `low_bits` (0 to 24) bits behind it the low one.
    #[inline]
    fn take_rice(&mut self, low_bits: u32) -> Result<u32, &'static str> {
        if self.held < 32 {
            self.refill();
        }
        let mut high = self.window.leading_zeros();
        if high >= self.held {
            high = self.long_run()?;
        } else {
            self.drop_bits(high + 1);
        }
        if self.held < low_bits {
            self.refill();
            if self.held < low_bits {
                return Err(TOO_SHORT);
            }
        }
        let low = (self.window >> 1 >> (63 - low_bits)) as u32;
        self.drop_bits(low_bits);
        Ok((high << low_bits) | low)
    }

    /// Counts zeros over more than what is held, and drops them with the one that ends them.
    #[cold]
    fn long_run(&mut self) -> Result<u32, &'static str> {
        let mut run = 0;
        loop {
            let zeros = self.window.leading_zeros();
            if zeros < self.held {
                self.drop_bits(zeros + 1);
                return Ok(run + zeros);
            }
            run += self.held;
            self.drop_bits(self.held);
            self.refill();
            if self.held == 0 {
                return Err(TOO_SHORT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes bits, most significant first.
    #[derive(Default)]
    struct BitWriter(Vec<bool>);

    impl BitWriter {
        fn put(&mut self, value: u32, count: u32) {
            self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        }

        fn bytes(&self) -> Vec<u8> {
            self.0
                .chunks(8)
                .map(|bits| bits.iter().enumerate().map(|(n, &b)| u8::from(b) << (7 - n)).sum())
                .collect()
        }
    }

    /// An encoder straight from the standard's text, with the block's code given.
    fn encode(values: &[i32], block: usize, codes: &[u32]) -> Vec<u8> {
        let mut bits = BitWriter::default();
        bits.put(values[0] as u32, 32);
        let mut last = values[0];
        for (values, &code) in values.chunks(block).zip(codes.iter().cycle()) {
            let folded: Vec<u32> = values
                .iter()
                .map(|&value| {
                    let difference = value.wrapping_sub(last);
                    last = value;
                    ((difference << 1) ^ (difference >> 31)) as u32
                })
                .collect();
            let fits = |code: u32| folded.iter().all(|f| f >> (code - 1) < 300);
            let code =
                if folded.iter().all(|&f| f == 0) { 0 } else { (code..=25).find(|&c| fits(c)).unwrap_or(26) };
            bits.put(code, 5);
            for f in folded {
                match code {
                    0 => {}
                    26 => bits.put(f, 32),
                    _ => {
                        (0..f >> (code - 1)).for_each(|_| bits.put(0, 1));
                        bits.put(1, 1);
                        bits.put(f & ((1 << (code - 1)) - 1), code - 1);
                    }
                }
            }
        }
        bits.bytes()
    }

    proptest! {
        #[test]
        fn what_the_standard_encodes_is_decoded(
            values in proptest::collection::vec(prop_oneof![any::<i32>(), -400..400, Just(7)], 1..200),
            codes in proptest::collection::vec(1_u32..=25, 1..5),
            block in 1_usize..40,
        ) {
            let packed = encode(&values, block, &codes);
            let mut pixels = vec![0; values.len()];
            prop_assert_eq!(decode(&packed, block, 4, &mut pixels), Ok(()));
            prop_assert_eq!(&pixels, &values);
            let mut some = vec![0; values.len().div_ceil(2)];
            prop_assert_eq!(decode(&packed, block, 4, &mut some), Ok(()), "the start of a tile needs no more");
            prop_assert_eq!(&some, &values[..some.len()]);
        }

        #[test]
        fn junk_never_panics(packed in proptest::collection::vec(any::<u8>(), 0..60), bytes in 0_usize..3, block in 1_usize..40) {
            let _ = decode(&packed, block, 1 << bytes, &mut [0; 100]);
        }
    }

    #[test]
    fn a_cut_stream_is_an_error() {
        let packed = encode(&[1, -2, 300, 4, 5], 32, &[3]);
        assert_eq!(decode(&packed[..packed.len() - 1], 32, 4, &mut [0; 5]), Err(TOO_SHORT));
        assert_eq!(decode(&[], 32, 4, &mut [0; 5]), Err(TOO_SHORT));
    }
}
