//! JPEG and PNG, out and in. The wire formats live here and nowhere else.

mod eight_bit;
mod jpeg;
mod png;

use turbojpeg as tj;

pub use eight_bit::{Channels, EightBit};
pub use jpeg::{JpegDecoder, JpegEncoder, jpeg_decode, jpeg_encode};
pub use png::{png_encode, png16_encode};

use super::scanlines::{BandError, Scanlines};
use crate::error::{Classified, ErrorKind};

/// How a picture travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline JPEG, 8 bits; grey has one component, colour is 4:2:0.
    Jpeg {
        /// 1 (smallest) to 100 (best); other values are brought into that range.
        quality: u8,
    },
    /// PNG with 16 bits per sample.
    Png,
}

impl Format {
    /// The format's usual short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "jpeg",
            Self::Png => "png",
        }
    }

    /// The media type of the bytes.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The file name's ending, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "jpg",
            Self::Png => "png",
        }
    }
}

/// Pulls a picture band by band with every core at work and encodes it. JPEG takes the high byte of a sample.
///
/// # Errors
/// The picture's own error; a picture that is neither grey nor colour, or larger than the format can say.
pub fn encode(picture: &dyn Scanlines, format: Format) -> Result<Vec<u8>, Error> {
    match format {
        Format::Jpeg { quality } => jpeg_encode(&EightBit::gather(picture)?, quality),
        Format::Png => png16_encode(picture),
    }
}

/// Why a picture could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The picture's samples could not be read.
    #[error(transparent)]
    Source(BandError),
    /// Neither 1 nor 3 planes.
    #[error("a picture has one plane or three, not {0}")]
    Planes(usize),
    /// No rows or no columns.
    #[error("a picture without pixels cannot be encoded")]
    Empty,
    /// The header promises more than the limits allow.
    #[error("a picture of {width} x {height} pixels is larger than allowed")]
    TooLarge {
        /// Columns the header names.
        width: usize,
        /// Rows the header names.
        height: usize,
    },
    /// The header promises more pixels than so few bytes can hold.
    #[error("the JPEG says {width} x {height} pixels but has only {bytes} bytes")]
    Implausible {
        /// Columns the header names.
        width: usize,
        /// Rows the header names.
        height: usize,
        /// Length of the whole JPEG.
        bytes: usize,
    },
    /// A colour space for print, not for screens.
    #[error("JPEG pictures with four inks (CMYK) are not supported")]
    FourInks,
    /// The bytes are not a whole JPEG.
    #[error("the JPEG is damaged or incomplete")]
    DamagedJpeg(#[source] tj::Error),
    /// The JPEG library refused the picture.
    #[error("the picture cannot be written as JPEG")]
    JpegEncoding(#[source] tj::Error),
    /// The PNG library refused the picture.
    #[error("the picture cannot be written as PNG")]
    PngEncoding(#[source] ::png::EncodingError),
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(error) => error.kind(),
            Self::Planes(_) | Self::Empty | Self::FourInks => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Implausible { .. } | Self::DamagedJpeg(_) => ErrorKind::BrokenFile,
            Self::JpegEncoding(_) | Self::PngEncoding(_) => ErrorKind::Internal,
        }
    }
}

#[cfg(test)]
mod tests;
