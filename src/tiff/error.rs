//! What goes wrong with TIFF files. Texts may be shown to anyone: no path, no system detail.

use std::io;

use ::tiff::{TiffError, TiffUnsupportedError};

use crate::error::{Classified, ErrorKind};

/// Why a TIFF file, or its pixels, cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TiffFileError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// The file ends before its pixels do, or its tags lie.
    #[error("the TIFF file is damaged")]
    Damaged(#[source] TiffError),
    /// The tags contradict each other.
    #[error("malformed TIFF file: {0}")]
    Malformed(&'static str),
    /// Legal, but more than this room does.
    #[error("unsupported TIFF feature: {0}")]
    Unsupported(&'static str),
    /// Legal, but more than the library does.
    #[error("unsupported TIFF feature")]
    NotDecoded(#[source] TiffError),
    /// The undeveloped picture of a camera, whose TIFF part is only a preview.
    #[error("a camera raw, not a TIFF picture")]
    CameraRaw,
    /// More than the limits allow.
    #[error("{what}: {asked} are more than the {allowed} allowed")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are.
        asked: u64,
        /// The limit.
        allowed: u64,
    },
}

impl From<TiffError> for TiffFileError {
    fn from(error: TiffError) -> Self {
        match error {
            // Samples that are neither grey nor any colour: a mosaic.
            TiffError::UnsupportedError(TiffUnsupportedError::UnknownInterpretation) => Self::CameraRaw,
            TiffError::UnsupportedError(_) => Self::NotDecoded(error),
            TiffError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(error),
            error => Self::Damaged(error),
        }
    }
}

impl Classified for TiffFileError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported(_) | Self::NotDecoded(_) | Self::CameraRaw => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Io(_) | Self::Damaged(_) | Self::Malformed(_) => ErrorKind::BrokenFile,
        }
    }
}

/// A result of this room.
pub type Result<T, E = TiffFileError> = std::result::Result<T, E>;
