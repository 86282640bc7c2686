//! Compressed blocks, checked before they are unpacked. XISF 1.0 section 10.6.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::error::{Result, XisfError};

/// Most that a byte of each codec can expand to.
const ZLIB_RATIO: u64 = 1032;
const LZ4_RATIO: u64 = 255;
/// A Zstandard block of four bytes stands for up to 128 KiB (RFC 8878 section 3.1.1.2).
const ZSTD_RATIO: u64 = 1 << 15;

/// How a block is compressed: `codec[+sh]:unpacked bytes[:bytes of an item]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compression {
    codec: Codec,
    unpacked: u64,
    /// Bytes of the items whose bytes were shuffled.
    shuffled: Option<usize>,
    /// Packed and unpacked bytes of parts that are compressed one by one.
    parts: Vec<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Zlib,
    /// With high compression the format is the same.
    Lz4,
    Zstd,
}

impl Compression {
    pub(super) fn parse(text: &str, subblocks: Option<&str>) -> Result<Self> {
        let malformed = || XisfError::Malformed("its compression makes no sense".to_owned());
        let mut fields = text.split(':').map(str::trim);
        let name = fields.next().unwrap_or_default();
        let (name, is_shuffled) = name.strip_suffix("+sh").map_or((name, false), |name| (name, true));
        let codec = match name {
            "zlib" => Codec::Zlib,
            "lz4" | "lz4hc" => Codec::Lz4,
            "zstd" => Codec::Zstd,
            _ => return Err(XisfError::Unsupported("its compression".to_owned())),
        };
        let unpacked = fields.next().and_then(|field| field.parse().ok()).ok_or_else(malformed)?;
        let item = fields.next().map(|field| field.parse::<usize>().map_err(|_| malformed())).transpose()?;
        let shuffled = is_shuffled.then_some(item.unwrap_or(1));
        if shuffled.is_some_and(|item| !(1..=16).contains(&item)) {
            return Err(malformed());
        }
        let part = |text: &str| {
            let (packed, unpacked) = text.split_once(',')?;
            Some((packed.trim().parse().ok()?, unpacked.trim().parse().ok()?))
        };
        let parts = subblocks.map(|text| text.split(':').map(part).collect::<Option<Vec<_>>>());
        Ok(Self {
            codec,
            unpacked,
            shuffled,
            parts: parts.unwrap_or(Some(Vec::new())).ok_or_else(malformed)?,
        })
    }

    /// Whether `stored` bytes can become the `wanted` ones.
    pub(super) fn check(&self, stored: u64, wanted: u64) -> Result<()> {
        let wrong = || XisfError::Malformed("its pixels are not as many as it has bytes for".to_owned());
        let sum = |one: fn(&(u64, u64)) -> u64| {
            self.parts.iter().map(one).try_fold(0_u64, u64::checked_add).ok_or_else(wrong)
        };
        let parts_fit =
            self.parts.is_empty() || (sum(|part| part.1)? == self.unpacked && sum(|part| part.0)? <= stored);
        if self.unpacked != wanted || !parts_fit {
            return Err(wrong());
        }
        if self.unpacked > stored.saturating_mul(self.codec.ratio()) {
            return Err(XisfError::Damaged("so few bytes cannot hold so many"));
        }
        Ok(())
    }

    /// The bytes as they were before. [`Self::check`] comes first.
    pub(super) fn unpack(&self, stored: &[u8]) -> Result<Vec<u8>> {
        let unpacked = self.unpack_parts(stored)?;
        Ok(match self.shuffled {
            Some(item) if item > 1 => unshuffled(&unpacked, item),
            _ => unpacked,
        })
    }

    fn unpack_parts(&self, stored: &[u8]) -> Result<Vec<u8>> {
        if self.parts.is_empty() {
            return self.codec.unpack(stored, self.unpacked);
        }
        let mut whole = Vec::new();
        let mut rest = stored;
        for &(packed, unpacked) in &self.parts {
            let (part, after) = usize::try_from(packed)
                .ok()
                .and_then(|packed| rest.split_at_checked(packed))
                .ok_or(XisfError::Damaged("a part is missing"))?;
            whole.append(&mut self.codec.unpack(part, unpacked)?);
            rest = after;
        }
        Ok(whole)
    }
}

impl Codec {
    /// Most bytes that one can expand to.
    fn ratio(self) -> u64 {
        match self {
            Self::Zlib => ZLIB_RATIO,
            Self::Lz4 => LZ4_RATIO,
            Self::Zstd => ZSTD_RATIO,
        }
    }

    /// Exactly `unpacked` bytes. Memory grows with what really comes out, whatever the header promised.
    fn unpack(self, packed: &[u8], unpacked: u64) -> Result<Vec<u8>> {
        const DAMAGED: XisfError = XisfError::Damaged("they do not decompress");
        let bytes = match self {
            Self::Zlib => all_of(ZlibDecoder::new(packed), unpacked)?,
            Self::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|_| DAMAGED)?;
                all_of(decoder, unpacked)?
            }
            Self::Lz4 => {
                if unpacked > (packed.len() as u64).saturating_mul(LZ4_RATIO) {
                    return Err(DAMAGED);
                }
                let mut bytes = vec![0; unpacked as usize];
                let length = lz4_flex::block::decompress_into(packed, &mut bytes).map_err(|_| DAMAGED)?;
                bytes.truncate(length);
                bytes
            }
        };
        if bytes.len() as u64 == unpacked { Ok(bytes) } else { Err(DAMAGED) }
    }
}

/// What a decoder gives, up to one byte more than is wanted.
fn all_of(decoder: impl Read, wanted: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder
        .take(wanted.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|_| XisfError::Damaged("they do not decompress"))?;
    Ok(bytes)
}

/// First all first bytes of the items, then all second bytes, …: back to items. What is left over stays at the end.
fn unshuffled(shuffled: &[u8], item: usize) -> Vec<u8> {
    let count = shuffled.len() / item;
    let mut bytes = vec![0; shuffled.len()];
    if item == 2 {
        let (low, high) = shuffled[..2 * count].split_at(count);
        for ((pair, &low), &high) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(low).zip(high) {
            *pair = [low, high];
        }
    } else {
        for (place, column) in shuffled[..item * count].chunks_exact(count.max(1)).enumerate() {
            for (target, &byte) in bytes[place..].iter_mut().step_by(item).zip(column) {
                *target = byte;
            }
        }
    }
    let rest = item * count;
    bytes[rest..].copy_from_slice(&shuffled[rest..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shuffled(bytes: &[u8], item: usize) -> Vec<u8> {
        let count = bytes.len() / item;
        let mut out: Vec<u8> =
            (0..item).flat_map(|place| (0..count).map(move |n| bytes[n * item + place])).collect();
        out.extend_from_slice(&bytes[item * count..]);
        out
    }

    #[test]
    fn compressions_that_make_no_sense_are_refused() {
        for text in ["zlib", "zlib:x", "lz4+sh:10:0", "lz4+sh:10:99", "rar:10", "zlib:-1"] {
            assert!(Compression::parse(text, None).is_err(), "{text}");
        }
        assert!(Compression::parse("zlib:10", Some("5,x")).is_err());
        let parsed = Compression::parse("lz4hc+sh:2621440:2", None).unwrap();
        assert_eq!((parsed.codec, parsed.unpacked, parsed.shuffled), (Codec::Lz4, 2_621_440, Some(2)));
    }

    proptest! {
        #[test]
        fn unshuffling_undoes_shuffling(bytes: Vec<u8>, item in 1_usize..9) {
            prop_assert_eq!(unshuffled(&shuffled(&bytes, item), item), bytes);
        }

        #[test]
        fn junk_never_unpacks_to_more_than_was_promised(bytes: Vec<u8>, wanted in 0_u64..5000) {
            for codec in [Codec::Zlib, Codec::Lz4, Codec::Zstd] {
                if let Ok(unpacked) = codec.unpack(&bytes, wanted) {
                    prop_assert_eq!(unpacked.len() as u64, wanted);
                }
            }
        }
    }
}
