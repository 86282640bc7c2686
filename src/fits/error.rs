//! What goes wrong with FITS files. Texts may be shown to anyone: no path, no system detail.

use std::io;
use std::sync::Arc;

use super::index::HduIndex;
use crate::error::{Classified, ErrorKind};

/// Why a FITS file, or a part of it, cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitsError {
    /// The file cannot be opened or read.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// The bytes are on the disk only, and nobody was to wait for it.
    #[error("the bytes are not in memory")]
    NotResident,
    /// The content is no FITS file.
    #[error("not a FITS file: {0}")]
    NotFits(&'static str),
    /// A directory, a pipe or a device.
    #[error("not a regular file")]
    NotAFile,
    /// A container, layout or distortion this room does not handle.
    #[error("unsupported FITS feature: {0}")]
    Unsupported(String),
    /// Bytes the headers promise are not there.
    #[error("the file is truncated: {needed} bytes are needed, {held} are there")]
    Truncated {
        /// Where the wanted bytes end.
        needed: u64,
        /// Where the file ends.
        held: u64,
    },
    /// A header that cannot be believed.
    #[error("malformed header in {hdu}: {what}")]
    Malformed {
        /// Which HDU.
        hdu: HduIndex,
        /// What is wrong with it.
        what: String,
    },
    /// More bytes or pixels than the limits allow.
    #[error("{what}: {asked} are more than the {allowed} allowed")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are; a lower bound when counting stopped early.
        asked: u64,
        /// The limit.
        allowed: u64,
    },
    /// The file has no HDU of this index.
    #[error("there is no {0}")]
    NoSuchHdu(HduIndex),
    /// The HDU is no image with pixels.
    #[error("{0} holds no image")]
    NotAnImage(HduIndex),
    /// A box or plane that is not in the image.
    #[error("the pixels asked for are outside the image in {0}")]
    OutsideImage(HduIndex),
    /// Integers without `BLANK` have no way to say that a pixel is missing.
    #[error("the integers in {0} have no BLANK value, so pixels cannot be marked as missing")]
    NoBlank(HduIndex),
    /// Compressed pixels that do not decode.
    #[error("compressed pixels in {hdu} are damaged: {what}")]
    Damaged {
        /// Which HDU.
        hdu: HduIndex,
        /// What the decoder found.
        what: String,
    },
    /// A file of another format that was to be read as FITS: that format's own error.
    #[error(transparent)]
    Translated(Arc<dyn Classified>),
}

impl Classified for FitsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(_)
            | Self::NotResident
            | Self::NotAFile
            | Self::NotFits(_)
            | Self::Truncated { .. }
            | Self::Malformed { .. }
            | Self::Damaged { .. } => ErrorKind::BrokenFile,
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::NoSuchHdu(_) | Self::NotAnImage(_) => ErrorKind::NotFound,
            Self::OutsideImage(_) => ErrorKind::OutsideImage,
            Self::Translated(error) => error.kind(),
            Self::NoBlank(_) => ErrorKind::InvalidInput,
        }
    }
}

/// A result of this room.
pub type Result<T, E = FitsError> = std::result::Result<T, E>;
