//! An open XISF file: its header, and its first image when asked for.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::error::{Result, XisfError};
use super::header::{self, ImageHeader};
use super::{SIGNATURE, samples};
use crate::pixel::{Limits, Raster};

/// Bytes in front of the XML header: signature, its length, four reserved bytes.
const PREAMBLE_BYTES: u64 = 16;
/// No header is longer; one of a camera frame has some kilobytes.
const MAX_HEADER_BYTES: u64 = 32 << 20;

/// An XISF file whose header was understood.
#[derive(Debug)]
pub struct XisfFile {
    file: File,
    image: ImageHeader,
}

impl XisfFile {
    /// Reads the header. No pixels are read, but it is made sure that the file can hold them.
    ///
    /// # Errors
    /// When the header cannot be read, makes no sense, promises what the file does not hold, or asks for more than
    /// the limits allow.
    pub fn open(file: File, limits: &Limits) -> Result<Self> {
        let held = file.metadata().map_err(XisfError::Io)?.len();
        let mut preamble = [0; PREAMBLE_BYTES as usize];
        if held < PREAMBLE_BYTES {
            return Err(XisfError::Truncated { needed: PREAMBLE_BYTES, held });
        }
        file.read_exact_at(&mut preamble, 0).map_err(XisfError::Io)?;
        let Some([length, _]) = preamble.strip_prefix(SIGNATURE).map(|rest| rest.as_chunks::<4>().0) else {
            return Err(XisfError::Malformed("it does not begin with its signature".to_owned()));
        };
        let length = u64::from(u32::from_le_bytes(*length));
        if PREAMBLE_BYTES + length > held {
            return Err(XisfError::Truncated { needed: PREAMBLE_BYTES + length, held });
        }
        if length > MAX_HEADER_BYTES {
            return Err(XisfError::TooLarge {
                what: "header bytes",
                asked: length,
                allowed: MAX_HEADER_BYTES,
            });
        }
        let mut xml = vec![0; length as usize];
        file.read_exact_at(&mut xml, PREAMBLE_BYTES).map_err(XisfError::Io)?;
        let end = xml.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let xml = String::from_utf8_lossy(&xml[..end]);
        let image = header::parse(xml.trim_start_matches('\u{feff}'))?;
        check(&image, held, limits)?;
        Ok(Self { file, image })
    }

    /// The first image.
    pub fn image(&self) -> &ImageHeader {
        &self.image
    }

    /// Its pixels: one plane, or red, green and blue; row 0 at the top. Real samples are brought to 0 to 1, unless
    /// their bounds say that they are 16-bit counts.
    ///
    /// # Errors
    /// When they cannot be read, their checksum does not match, or they do not decompress.
    pub fn read(&self) -> Result<Raster> {
        samples::raster(&self.image, &self.image.block.read(&self.file)?)
    }
}

fn check(image: &ImageHeader, held: u64, limits: &Limits) -> Result<()> {
    let too_many = |what, asked, allowed| XisfError::TooLarge { what, asked, allowed };
    let plane = image.geometry.plane_samples().unwrap_or(u64::MAX);
    if plane > limits.image_pixels {
        return Err(too_many("pixels", plane, limits.image_pixels));
    }
    let sample_bytes = (image.geometry.channels as u64).saturating_mul(image.format.bytes() as u64);
    let bytes = plane.saturating_mul(sample_bytes);
    if bytes > limits.unpacked_bytes {
        return Err(too_many("unpacked bytes", bytes, limits.unpacked_bytes));
    }
    image.block.check(held, bytes)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
