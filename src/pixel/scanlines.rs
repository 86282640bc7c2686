//! A lazy 16-bit picture: whoever wants rows asks for a band of them.
//!
//! Steps (debayer, stretch, flip, resample) wrap one another; nothing is materialised until the encoder pulls.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Classified;

/// Samples in a band that a processor core can keep in its second-level cache beside the step's own tables.
const BAND_SAMPLES: usize = 1 << 18;

/// Bands each thread should get at least, so that one slow band does not keep the others waiting.
const BANDS_PER_THREAD: usize = 8;

/// Why a band could not be delivered: the source's own error, passed through unchanged, kind included.
pub type BandError = Box<dyn Classified>;

impl<E: Classified> From<E> for BandError {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

impl std::error::Error for BandError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        (**self).source()
    }
}

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

impl Shape {
    /// Samples in one row over all planes: the length of a band of one row.
    pub fn row_samples(self) -> usize {
        self.planes * self.columns
    }

    /// Samples over all planes and rows.
    pub fn samples(self) -> usize {
        self.row_samples() * self.rows
    }

    /// How many rows to ask for at once so that a band stays in the cache.
    pub fn band_rows(self) -> usize {
        (BAND_SAMPLES / self.row_samples().max(1)).clamp(1, self.rows.max(1))
    }

    /// The same, but never so many that some cores of the pool are left without a band.
    pub fn parallel_band_rows(self) -> usize {
        let fair = self.rows.div_ceil(BANDS_PER_THREAD * rayon::current_num_threads());
        self.band_rows().min(fair.max(1))
    }
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

impl<S: Scanlines + ?Sized> Scanlines for Arc<S> {
    fn shape(&self) -> Shape {
        S::shape(self)
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        S::read(self, rows, band)
    }
}

impl<S: Scanlines + ?Sized> Scanlines for &S {
    fn shape(&self) -> Shape {
        S::shape(self)
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        S::read(self, rows, band)
    }
}
