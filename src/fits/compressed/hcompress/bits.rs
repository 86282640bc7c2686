//! The stream bit by bit, and its prefix codes.

pub(super) const TOO_SHORT: &str = "an HCOMPRESS tile ends early";

/// Bits of the stream, most significant first.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    window: u32,
    held: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, window: 0, held: 0 }
    }

    /// The next `count` bits, 1 to 8.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        if self.held < count {
            let (&byte, rest) = self.bytes.split_first().ok_or(TOO_SHORT)?;
            self.window = (self.window << 8) | u32::from(byte);
            self.bytes = rest;
            self.held += 8;
        }
        self.held -= count;
        Ok(self.window >> self.held & ((1 << count) - 1))
    }

    /// Forgets the rest of the current byte.
    pub(super) fn align(&mut self) {
        self.held = 0;
    }

    /// A prefix code of a 2 x 2 block: single bits are the shortest, then pairs, then three.
    #[inline]
    pub(super) fn code(&mut self) -> Result<u8, &'static str> {
        let mut prefix = self.take(3)?;
        if prefix < 4 {
            return Ok(1 << prefix);
        }
        prefix = prefix << 1 | self.take(1)?;
        if let Some(code) = [3, 5, 10, 12, 15].get(prefix as usize - 8) {
            return Ok(*code);
        }
        prefix = prefix << 1 | self.take(1)?;
        if let Some(code) = [6, 7, 9, 11, 13].get(prefix as usize - 26) {
            return Ok(*code);
        }
        Ok(if self.take(1)? == 0 { 0 } else { 14 })
    }
}
