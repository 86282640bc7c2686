//! Why a file is not shown.

use super::archive_image::NoIdentity;
use crate::error::{ErrorKind, chain};
use crate::fits::FitsError;
use crate::pixel::BandError;

/// Why a file is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not FITS, truncated, lying or unreadable.
    #[error(transparent)]
    Fits(#[from] FitsError),
    /// Tables only, or headers without data.
    #[error("no HDU of the file holds an image")]
    NoImage,
    /// An archive image without a data id.
    #[error(transparent)]
    NoIdentity(#[from] NoIdentity),
    /// The samples of a frame that is to be shown cannot be read.
    #[error("the samples cannot be read")]
    Samples(#[source] BandError),
    /// Someone is writing it.
    #[error("the file changed while it was read")]
    Changed,
    /// The decoder gave up in a way it should not.
    #[error("the file could not be understood")]
    Panicked,
    /// Names are kept as text.
    #[error("the name of the file is not UTF-8")]
    Name,
}

impl ReadError {
    /// The reason as one line for the operator.
    pub fn reason(&self) -> String {
        chain(self)
    }

    /// Whether the reason may go away without the file changing.
    pub fn is_outside_the_file(&self) -> bool {
        match self {
            Self::Fits(FitsError::Translated(error)) => error.kind() == ErrorKind::Unavailable,
            Self::Fits(FitsError::Io(_)) | Self::Changed => true,
            _ => false,
        }
    }
}
