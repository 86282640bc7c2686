//! A block of data: where it lies, how it is packed, and its bytes once unpacked. XISF 1.0 sections 10.1 to 10.6.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use flate2::read::ZlibDecoder;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use sha3::digest::Digest as _;
use sha3::{Sha3_256, Sha3_512};

use super::error::{Result, XisfError};

/// Most that a byte of each codec can expand to.
const ZLIB_RATIO: u64 = 1032;
const LZ4_RATIO: u64 = 255;
/// A Zstandard block of four bytes stands for up to 128 KiB (RFC 8878 section 3.1.1.2).
const ZSTD_RATIO: u64 = 1 << 15;

/// Base64 as programs write it, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// In the file.
    Attachment { position: u64, length: u64 },
    /// The text of the element itself.
    Inline(Encoding),
    /// The text of a `Data` element inside.
    Embedded,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Base64,
    Hex,
}

impl Encoding {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "base64" => Ok(Self::Base64),
            "hex" | "base16" => Ok(Self::Hex),
            _ => Err(XisfError::Unsupported("the encoding of its pixels".to_owned())),
        }
    }

    fn decode(self, text: &str) -> Result<Vec<u8>> {
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match self {
            Self::Base64 => BASE64.decode(text).ok(),
            Self::Hex => {
                let (pairs, rest) = text.as_chunks::<2>();
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let byte = |&[high, low]: &[u8; 2]| Some((digit(high)? * 16 + digit(low)?) as u8);
                pairs.iter().map(byte).collect::<Option<_>>().filter(|_| rest.is_empty())
            }
        }
        .ok_or(XisfError::Damaged("their text is not what it says it is"))
    }
}

impl Location {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut parts = text.split(':');
        let kind = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        match (kind, rest.as_slice()) {
            ("attachment", [position, length]) => {
                let number = |text: &str| text.trim().parse().ok();
                let place = number(position).zip(number(length));
                let (position, length) =
                    place.ok_or_else(|| XisfError::Malformed("a block has no sensible place".to_owned()))?;
                Ok(Self::Attachment { position, length })
            }
            ("inline", [encoding]) => Encoding::parse(encoding).map(Self::Inline),
            ("embedded", []) => Ok(Self::Embedded),
            // Other files and addresses are none of our business: a file must not make us open another.
            _ => Err(XisfError::Unsupported("pixels outside the file".to_owned())),
        }
    }
}

/// How a block is compressed: `codec[+sh]:unpacked bytes[:bytes of an item]`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Compression {
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
    fn parse(text: &str, subblocks: Option<&str>) -> Result<Self> {
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
}

/// A digest of the block as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Checksum {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
    Sha3_256,
    Sha3_512,
}

impl Checksum {
    fn parse(text: &str) -> Result<Self> {
        let (algorithm, hex) = text.split_once(':').unwrap_or((text, ""));
        let algorithm = match algorithm.trim() {
            "sha-1" | "sha1" => Algorithm::Sha1,
            "sha-256" | "sha256" => Algorithm::Sha256,
            "sha-512" | "sha512" => Algorithm::Sha512,
            "sha3-256" => Algorithm::Sha3_256,
            "sha3-512" => Algorithm::Sha3_512,
            _ => return Err(XisfError::Unsupported("its checksum".to_owned())),
        };
        Ok(Self { algorithm, hex: hex.trim().to_ascii_lowercase() })
    }

    fn verify(&self, stored: &[u8]) -> Result<()> {
        let digest: Vec<u8> = match self.algorithm {
            Algorithm::Sha1 => Sha1::digest(stored).to_vec(),
            Algorithm::Sha256 => Sha256::digest(stored).to_vec(),
            Algorithm::Sha512 => Sha512::digest(stored).to_vec(),
            Algorithm::Sha3_256 => Sha3_256::digest(stored).to_vec(),
            Algorithm::Sha3_512 => Sha3_512::digest(stored).to_vec(),
        };
        let promised = Encoding::Hex.decode(&self.hex).map_err(|_| XisfError::Checksum)?;
        if digest == promised { Ok(()) } else { Err(XisfError::Checksum) }
    }
}

/// A block as the header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    location: Location,
    encoding: Encoding,
    compression: Option<Compression>,
    checksum: Option<Checksum>,
    /// Whether its samples are big-endian.
    pub(super) is_big_endian: bool,
    /// The text of a block that lies in the header.
    pub(super) text: String,
    /// Whether its element has ended.
    pub(super) is_closed: bool,
}

impl Block {
    pub(super) fn describe<'a>(
        location: Location,
        attribute: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self> {
        let encoding = if let Location::Inline(encoding) = location { encoding } else { Encoding::Base64 };
        let mut block = Self {
            location,
            encoding,
            compression: None,
            checksum: None,
            is_big_endian: false,
            text: String::new(),
            is_closed: false,
        };
        block.packing(attribute)?;
        Ok(block)
    }

    /// Takes over what a `Data` element says of the block.
    pub(super) fn describe_data<'a>(&mut self, attribute: impl Fn(&str) -> Option<&'a str>) -> Result<()> {
        if let Some(encoding) = attribute("encoding") {
            self.encoding = Encoding::parse(encoding)?;
        }
        self.packing(attribute)
    }

    fn packing<'a>(&mut self, attribute: impl Fn(&str) -> Option<&'a str>) -> Result<()> {
        if let Some(compression) = attribute("compression") {
            self.compression = Some(Compression::parse(compression, attribute("subblocks"))?);
        }
        if let Some(checksum) = attribute("checksum") {
            self.checksum = Some(Checksum::parse(checksum)?);
        }
        if let Some(order) = attribute("byteOrder") {
            self.is_big_endian = order == "big";
        }
        Ok(())
    }

    pub(super) fn is_inline(&self) -> bool {
        matches!(self.location, Location::Inline(_))
    }

    /// Whether a file of `held` bytes can hold the block, and the block `wanted` bytes: before anything is allocated.
    pub(super) fn check(&self, held: u64, wanted: u64) -> Result<()> {
        let stored = match self.location {
            Location::Attachment { position, length } => {
                let needed = position.saturating_add(length);
                if needed > held {
                    return Err(XisfError::Truncated { needed, held });
                }
                length
            }
            Location::Inline(Encoding::Hex) => self.text.len() as u64 / 2,
            Location::Inline(Encoding::Base64) | Location::Embedded => self.text.len() as u64,
        };
        let wrong = || XisfError::Malformed("its pixels are not as many as it has bytes for".to_owned());
        let Some(Compression { codec, unpacked, parts, .. }) = &self.compression else {
            return if stored < wanted { Err(wrong()) } else { Ok(()) };
        };
        let ratio = match codec {
            Codec::Zlib => ZLIB_RATIO,
            Codec::Lz4 => LZ4_RATIO,
            Codec::Zstd => ZSTD_RATIO,
        };
        let sum = |one: fn(&(u64, u64)) -> u64| {
            parts.iter().map(one).try_fold(0_u64, u64::checked_add).ok_or_else(wrong)
        };
        let parts_fit =
            parts.is_empty() || (sum(|part| part.1)? == *unpacked && sum(|part| part.0)? <= stored);
        if *unpacked != wanted || !parts_fit {
            return Err(wrong());
        }
        if *unpacked > stored.saturating_mul(ratio) {
            return Err(XisfError::Damaged("so few bytes cannot hold so many"));
        }
        Ok(())
    }

    /// The bytes of the block, verified and unpacked. [`Self::check`] comes first.
    pub(super) fn read(&self, file: &File) -> Result<Vec<u8>> {
        let stored = match self.location {
            Location::Attachment { position, length } => {
                let mut stored = vec![0; length as usize];
                file.read_exact_at(&mut stored, position).map_err(XisfError::Io)?;
                stored
            }
            Location::Inline(_) | Location::Embedded => self.encoding.decode(&self.text)?,
        };
        if let Some(checksum) = &self.checksum {
            checksum.verify(&stored)?;
        }
        let Some(compression) = &self.compression else { return Ok(stored) };
        let unpacked = compression.unpack(&stored)?;
        Ok(match compression.shuffled {
            Some(item) if item > 1 => unshuffled(&unpacked, item),
            _ => unpacked,
        })
    }
}

impl Compression {
    fn unpack(&self, stored: &[u8]) -> Result<Vec<u8>> {
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
    fn places_outside_the_file_are_refused() {
        for text in ["url(https://example.org/x)", "path(/etc/passwd)", "attachment:1", "inline:rot13", ""] {
            assert!(Location::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Location::parse("attachment:4096:12").unwrap(),
            Location::Attachment { position: 4096, length: 12 }
        );
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

    #[test]
    fn a_few_bytes_do_not_become_gigabytes() {
        for (codec, unpacked) in [("zlib", 1_u64 << 30), ("lz4", 1 << 30), ("zstd", 1 << 40)] {
            let location = Location::Attachment { position: 0, length: 100 };
            let packing = format!("{codec}:{unpacked}");
            let block = Block::describe(location, |name| (name == "compression").then_some(packing.as_str()));
            assert!(matches!(block.unwrap().check(1000, unpacked), Err(XisfError::Damaged(_))), "{codec}");
        }
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
