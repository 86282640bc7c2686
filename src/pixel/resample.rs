//! Fewer pixels: each the mean of the area it covers, exactly.

mod shares;
mod sums;

use std::ops::Range;
use std::sync::Arc;

use fearless_simd::{Level, dispatch};

use self::shares::Shares;
use self::sums::{ColumnSum, Sums};
use super::scanlines::{BandError, Scanlines, Shape};
use super::scratch::Scratch;

/// How far a picture is reduced: 0.1 to 1 of its width and height, N.I.N.A.'s rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reduction(f64);

impl Reduction {
    /// Not at all.
    pub const NONE: Self = Self(1.0);

    /// By a factor, clamped to 0.1 (never smaller) and 1 (never larger than the picture). `None` for NaN.
    pub fn by(factor: f64) -> Option<Self> {
        (!factor.is_nan()).then(|| Self(factor.clamp(0.1, 1.0)))
    }

    /// So that a picture of `columns` gets as near to `wanted` columns as the clamping lets it.
    pub fn to_columns(wanted: usize, columns: usize) -> Self {
        Self((wanted as f64 / columns.max(1) as f64).clamp(0.1, 1.0))
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        self.0
    }

    /// The side that becomes of a side of `pixels`: rounded half up, at least 1.
    pub fn side(self, pixels: usize) -> usize {
        ((self.0 * pixels as f64 + 0.5).floor() as usize).max(1)
    }

    /// The shape that becomes of `shape`.
    pub fn shape(self, shape: Shape) -> Shape {
        Shape { planes: shape.planes, rows: self.side(shape.rows), columns: self.side(shape.columns) }
    }
}

/// A picture at another size: every sample is the mean of the source samples under it, weighted by the area they
/// share with it, rounded half up. Exact to the last digit. Meant for reductions; an enlargement shows the source's
/// pixels as rectangles.
pub struct AreaAverage {
    source: Arc<dyn Scanlines>,
    shape: Shape,
    down: Axis,
    across: Axis,
    /// What each output column takes of which source columns.
    shares: Shares,
    lines: Scratch<Vec<u16>>,
    narrow_sums: Scratch<Sums<u32>>,
    wide_sums: Scratch<Sums<u64>>,
}

impl AreaAverage {
    /// `source` at `columns` x `rows` pixels; a side of 0 becomes 1.
    pub fn new(source: Arc<dyn Scanlines>, columns: usize, rows: usize) -> Self {
        let from = source.shape();
        let shape = Shape { planes: from.planes, rows: rows.max(1), columns: columns.max(1) };
        let (down, across) = (Axis::new(from.rows, shape.rows), Axis::new(from.columns, shape.columns));
        let shares = Shares::new(&across, shape.columns);
        Self {
            source,
            shape,
            down,
            across,
            shares,
            lines: Scratch::default(),
            narrow_sums: Scratch::default(),
            wide_sums: Scratch::default(),
        }
    }

    fn read_with<S: ColumnSum>(
        &self,
        sums: &mut Sums<S>,
        rows: Range<usize>,
        band: &mut [u16],
    ) -> Result<(), BandError> {
        let from = self.source.shape();
        let (row_samples, target_samples) = (from.row_samples(), self.shape.row_samples());
        let needed = self.down.sources(&rows);
        let mut lines = self.lines.lend_band(from.band_rows() * row_samples);
        sums.begin();
        for first in needed.clone().step_by(from.band_rows()) {
            let bunch = first..needed.end.min(first + from.band_rows());
            let lines = &mut lines[..bunch.len() * row_samples];
            self.source.read(bunch.clone(), lines)?;
            for target in self.down.first_target(bunch.start).max(rows.start)..rows.end {
                let under = self.down.sources(&(target..target + 1));
                let here = under.start.max(bunch.start)..under.end.min(bunch.end);
                if here.is_empty() {
                    break;
                }
                let weights: Vec<u64> = here.clone().map(|row| self.down.overlap(row, target)).collect();
                let at = (here.start - bunch.start) * row_samples..(here.end - bunch.start) * row_samples;
                sums.add(&lines[at], &weights);
                if here.end == under.end {
                    let at = (target - rows.start) * target_samples;
                    self.average(sums, &mut band[at..at + target_samples]);
                    sums.begin();
                }
            }
        }
        Ok(())
    }

    /// From the sums of whole columns to one row of means, plane by plane.
    fn average<S: ColumnSum>(&self, sums: &Sums<S>, means: &mut [u16]) {
        let columns = self.source.shape().columns;
        let area = (self.across.target_length * self.down.target_length) as f64;
        for (sums, means) in
            sums.columns.chunks_exact(columns).zip(means.chunks_exact_mut(self.shape.columns))
        {
            dispatch!(Level::new(), _ => self.shares.average(sums, area, means));
        }
    }
}

impl Scanlines for AreaAverage {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        if self.source.shape().samples() == 0 {
            band.fill(0);
            Ok(())
        } else if u16::try_from(self.down.target_length).is_ok() {
            self.read_with(&mut self.narrow_sums.lend(), rows, band)
        } else {
            self.read_with(&mut self.wide_sums.lend(), rows, band)
        }
    }
}

/// One direction, measured in a unit that divides source pixels and output pixels alike: all weights are integers.
struct Axis {
    /// Length of a source pixel.
    source_length: u64,
    /// Length of an output pixel.
    target_length: u64,
}

impl Axis {
    /// `source` pixels shown as `target` pixels.
    fn new(source: usize, target: usize) -> Self {
        let (source, target) = (source.max(1) as u64, target as u64);
        let shared = greatest_common_divisor(source, target);
        Self { source_length: target / shared, target_length: source / shared }
    }

    /// Source pixels under some output pixels.
    fn sources(&self, targets: &Range<usize>) -> Range<usize> {
        let start = targets.start as u64 * self.target_length / self.source_length;
        let end = (targets.end as u64 * self.target_length).div_ceil(self.source_length);
        start as usize..end as usize
    }

    /// The first output pixel over a source pixel.
    fn first_target(&self, source: usize) -> usize {
        (source as u64 * self.source_length / self.target_length) as usize
    }

    /// Length shared by two pixels that touch.
    fn overlap(&self, source: usize, target: usize) -> u64 {
        let (source, target) = (source as u64, target as u64);
        let start = (source * self.source_length).max(target * self.target_length);
        let end = ((source + 1) * self.source_length).min((target + 1) * self.target_length);
        end - start
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests;
