//! Pictures held in memory.

use std::ops::Range;

use ndarray::Array3;
use rayon::prelude::*;

use super::scanlines::{BandError, Scanlines, Shape};

/// A 16-bit picture whose samples are all there: the end of a chain that is kept, or the start of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InMemory {
    shape: Shape,
    /// In the layout of a band that holds every row.
    samples: Vec<u16>,
}

impl InMemory {
    /// A picture of the given shape whose samples lie as in a band of all its rows; `None` when their number
    /// is another one.
    pub fn from_band(shape: Shape, samples: Vec<u16>) -> Option<Self> {
        (shape.samples() == samples.len()).then_some(Self { shape, samples })
    }

    /// Reads a whole picture, with every core at work.
    ///
    /// # Errors
    /// The picture's own error.
    pub fn gather(picture: &dyn Scanlines) -> Result<Self, BandError> {
        let shape = picture.shape();
        let (band_rows, row_samples) = (shape.band_rows(), shape.row_samples());
        let mut samples = vec![0; shape.samples()];
        if !samples.is_empty() {
            samples.par_chunks_mut(band_rows * row_samples).enumerate().try_for_each(|(index, band)| {
                let first = index * band_rows;
                picture.read(first..first + band.len() / row_samples, band)
            })?;
        }
        Ok(Self { shape, samples })
    }

    /// The samples, as in a band of all rows.
    pub fn samples(&self) -> &[u16] {
        &self.samples
    }

    /// One row of one plane.
    pub fn row(&self, plane: usize, row: usize) -> &[u16] {
        let columns = self.shape.columns;
        &self.samples[(row * self.shape.planes + plane) * columns..][..columns]
    }

    /// Bytes the samples occupy.
    pub fn bytes(&self) -> usize {
        size_of_val(self.samples.as_slice())
    }
}

impl From<Array3<u16>> for InMemory {
    /// Shape (planes, rows, columns), row 0 at the top.
    fn from(array: Array3<u16>) -> Self {
        let (planes, rows, columns) = array.dim();
        let by_row = array.permuted_axes([1, 0, 2]);
        let owns_more = |samples: &Vec<u16>| samples.len() != planes * rows * columns;
        let samples = if by_row.is_standard_layout() {
            let (mut samples, offset) = by_row.into_raw_vec_and_offset();
            if owns_more(&samples) {
                samples.drain(..offset.unwrap_or(0));
                samples.truncate(planes * rows * columns);
            }
            samples
        } else {
            by_row.iter().copied().collect()
        };
        Self { shape: Shape { planes, rows, columns }, samples }
    }
}

impl Scanlines for InMemory {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let row_samples = self.shape.row_samples();
        band.copy_from_slice(&self.samples[rows.start * row_samples..rows.end * row_samples]);
        Ok(())
    }
}
