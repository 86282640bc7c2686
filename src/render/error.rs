//! Why a rendition or a cutout could not be made.

use std::sync::Arc;

use crate::catalogue::CatalogueError;
use crate::error::{Classified, ErrorKind};
use crate::fits::FitsError;
use crate::pixel::BandError;
use crate::pixel::codec;
use crate::sky::{CubeError, WcsError};

/// Failure of a render. The text may be shown to anyone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Every place in the queue is taken.
    #[error("the service is busy, try again shortly")]
    Busy,
    /// The computation panicked; its message is in the log.
    #[error("internal error")]
    Panicked(#[source] tokio::task::JoinError),
    /// The file could not be read.
    #[error(transparent)]
    Fits(#[from] FitsError),
    /// Positions on the sky cannot be turned into pixels of this image.
    #[error(transparent)]
    Wcs(#[from] Arc<WcsError>),
    /// The samples could not be read.
    #[error(transparent)]
    Samples(BandError),
    /// The picture could not be encoded.
    #[error(transparent)]
    Codec(#[from] codec::Error),
    /// A small picture could not be kept on disk.
    #[error("the picture cannot be kept")]
    Shelf(#[source] std::io::Error),
    /// The catalogue could not be asked.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The region touches no pixel.
    #[error("the requested region does not overlap the image")]
    OutsideImage,
    /// The box reaches beyond the image and must not.
    #[error("the requested box reaches beyond the edge of the image")]
    BeyondTheEdge,
    /// More pixels than this request may have.
    #[error("{asked} pixels are more than the {allowed} allowed")]
    TooManyPixels {
        /// How many.
        asked: u64,
        /// How many are allowed.
        allowed: u64,
    },
    /// Neither an axis of the image nor the catalogue tells what a filter asks for.
    #[error("dataset has no {0} metadata")]
    NoMetadata(&'static str),
    /// An axis of a cube cannot be evaluated.
    #[error(transparent)]
    Cube(#[from] CubeError),
    /// Images that were to be stitched do not lie on one grid of pixels.
    #[error("the images do not lie on one pixel grid, and nothing is resampled here")]
    DifferentGrids,
    /// Images are stitched under a box around a point only.
    #[error("only a box around a point is stitched")]
    NotABox,
    /// The file holds no image with pixels.
    #[error("the file holds no image")]
    NoImage,
    /// Failure of a computation shared with other requests.
    #[error(transparent)]
    Shared(#[from] Arc<Error>),
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy => ErrorKind::Busy,
            Self::Panicked(_) | Self::Shelf(_) => ErrorKind::Internal,
            Self::Fits(error) => error.kind(),
            Self::Wcs(error) => error.kind(),
            Self::Samples(error) => (**error).kind(),
            Self::Codec(error) => error.kind(),
            Self::Catalogue(error) => error.kind(),
            Self::OutsideImage => ErrorKind::OutsideImage,
            Self::BeyondTheEdge | Self::NoMetadata(_) | Self::NotABox => ErrorKind::InvalidInput,
            Self::TooManyPixels { .. } => ErrorKind::TooLarge,
            Self::Cube(error) => error.kind(),
            Self::DifferentGrids => ErrorKind::Unsupported,
            Self::NoImage => ErrorKind::BrokenFile,
            Self::Shared(error) => error.kind(),
        }
    }
}
