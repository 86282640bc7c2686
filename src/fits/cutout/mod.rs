//! A FITS file cut out of another: boxes of its images with headers that stay true, its tables as they are.
//!
//! Stored samples are copied bit for bit; compressed images are answered uncompressed. The exact length is known
//! before the first byte.

mod canvas;
mod cut;
mod held;
mod layout;
mod mosaic;
mod pieces;
mod plan;
mod stitch;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use self::cut::{ImageCut, Kept};
pub use self::mosaic::MosaicPatch;
use self::pieces::Piece;
use super::file::FitsFile;

/// What a cutout says about itself in its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutoutNote {
    /// The region asked for, in the words of the request.
    pub region: String,
    /// The identifier of the dataset, when it has one.
    pub publisher_did: Option<String>,
    /// The time of making.
    pub made_at: DateTime<Utc>,
}

/// A cutout with headers made and pixels still in the file (those of compressed images are decoded already, so
/// that damage shows before the first byte is sent).
#[derive(Debug)]
pub struct Cutout {
    file: Arc<FitsFile>,
    pieces: Vec<Piece>,
    length: u64,
}
