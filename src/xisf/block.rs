//! A block of data: where it lies, how it is packed, and its bytes once unpacked. XISF 1.0 sections 10.1 to 10.6.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::checksum::Checksum;
use super::compression::Compression;
use super::error::{Result, XisfError};
use super::text_encoding::Encoding;

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
        match &self.compression {
            Some(compression) => compression.check(stored, wanted),
            None if stored < wanted => {
                Err(XisfError::Malformed("its pixels are not as many as it has bytes for".to_owned()))
            }
            None => Ok(()),
        }
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
        match &self.compression {
            Some(compression) => compression.unpack(&stored),
            None => Ok(stored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_few_bytes_do_not_become_gigabytes() {
        for (codec, unpacked) in [("zlib", 1_u64 << 30), ("lz4", 1 << 30), ("zstd", 1 << 40)] {
            let location = Location::Attachment { position: 0, length: 100 };
            let packing = format!("{codec}:{unpacked}");
            let block = Block::describe(location, |name| (name == "compression").then_some(packing.as_str()));
            assert!(matches!(block.unwrap().check(1000, unpacked), Err(XisfError::Damaged(_))), "{codec}");
        }
    }
}
