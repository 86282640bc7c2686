//! A lazy 16-bit picture: whoever wants rows asks for a band of them.
//!
//! Steps (debayer, stretch, flip, resample) wrap one another; nothing is materialised until the encoder pulls.

use std::ops::Range;

/// Why a band could not be delivered: the source's own error, passed through unchanged.
pub type BandError = Box<dyn std::error::Error + Send + Sync>;

/// Extent of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// 1 (grey) or 3 (R, G, B).
    pub planes: usize,
    /// Rows, row 0 at the top.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// A picture of 16-bit samples, readable in any order from any thread.
pub trait Scanlines: Send + Sync {
    /// Its extent.
    fn shape(&self) -> Shape;

    /// Fills `band` with `rows`. Layout: row after row; within a row plane after plane; within a plane the
    /// columns. `band` holds exactly `rows.len() * planes * columns` samples.
    ///
    /// # Errors
    /// The source's error when its samples cannot be read.
    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError>;
}
