//! Fewer pixels: each the mean of the area it covers, exactly.

use std::ops::Range;
use std::sync::Arc;

use super::scanlines::{BandError, Scanlines, Shape};
use super::scratch::Scratch;

/// Columns whose sums fit into a core's first-level cache together with the samples that are added to them.
const BLOCK_COLUMNS: usize = 2048;

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
    /// Left borders of the output columns, and the right border of the last.
    borders: Vec<Border>,
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
        let borders = (0..=shape.columns).map(|column| across.border(column)).collect();
        Self {
            source,
            shape,
            down,
            across,
            borders,
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
    fn average<S: ColumnSum>(&self, sums: &mut Sums<S>, means: &mut [u16]) {
        let columns = self.source.shape().columns;
        let area = (self.across.target_length * self.down.target_length) as f64;
        for (sums, means) in
            sums.columns.chunks_exact(columns).zip(means.chunks_exact_mut(self.shape.columns))
        {
            for (mean, borders) in means.iter_mut().zip(self.borders.windows(2)) {
                let (left, right) = (&borders[0], &borders[1]);
                // Whole columns up to the right border, less what lies left of the pixel, and a part of the last one.
                let whole = sums[left.column..right.column]
                    .iter()
                    .fold(0_u64, |whole, sum| whole.wrapping_add(sum.widened()));
                let part = |border: &Border| match border.part {
                    0 => 0,
                    part => sums[border.column].widened().wrapping_mul(part),
                };
                let total = whole
                    .wrapping_mul(self.across.source_length)
                    .wrapping_sub(part(left))
                    .wrapping_add(part(right));
                // Exact for areas below 2^35: a quotient that is not half-way itself is further from half-way than
                // any error of these numbers.
                *mean = (total as i64 as f64 / area + 0.5) as u16;
            }
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

/// A place between output columns, as the source sees it.
struct Border {
    /// The source column it falls into.
    column: usize,
    /// How far into that column, in units; less than a source pixel.
    part: u64,
}

impl Axis {
    /// `source` pixels shown as `target` pixels.
    fn new(source: usize, target: usize) -> Self {
        let (source, target) = (source.max(1) as u64, target as u64);
        let shared = greatest_common_divisor(source, target);
        Self { source_length: target / shared, target_length: source / shared }
    }

    fn border(&self, target: usize) -> Border {
        let place = target as u64 * self.target_length;
        Border { column: (place / self.source_length) as usize, part: place % self.source_length }
    }

    /// Source pixels under some output pixels.
    fn sources(&self, targets: &Range<usize>) -> Range<usize> {
        let end = (targets.end as u64 * self.target_length).div_ceil(self.source_length);
        self.border(targets.start).column..end as usize
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

/// Weighted sums of source rows, one for each sample of a row.
#[derive(Default)]
struct Sums<S> {
    columns: Vec<S>,
    is_empty: bool,
}

impl<S: ColumnSum> Sums<S> {
    fn begin(&mut self) {
        self.is_empty = true;
    }

    /// Adds rows of equal length, each with its weight.
    fn add(&mut self, lines: &[u16], weights: &[u64]) {
        let length = lines.len() / weights.len();
        if self.is_empty {
            self.is_empty = false;
            self.columns.clear();
            self.columns.resize(length, S::default());
        }
        // Block by block, so that the sums stay in the first-level cache while all rows are added to them.
        for (block, sums) in self.columns.chunks_mut(BLOCK_COLUMNS).enumerate() {
            let (first_column, count) = (block * BLOCK_COLUMNS, sums.len());
            let of = |line: usize| &lines[line * length + first_column..][..count];
            let mut line = 0;
            while let Some(&[first, second]) = weights.get(line..line + 2) {
                add_two(sums, (of(line), first), (of(line + 1), second));
                line += 2;
            }
            if let Some(&weight) = weights.get(line) {
                for (sum, &sample) in sums.iter_mut().zip(of(line)) {
                    sum.add(S::weighted(sample, weight));
                }
            }
        }
    }
}

/// Adds two rows, each with its weight.
fn add_two<S: ColumnSum>(sums: &mut [S], (upper, first): (&[u16], u64), (lower, second): (&[u16], u64)) {
    for ((sum, &upper), &lower) in sums.iter_mut().zip(upper).zip(lower) {
        sum.add(S::weighted(upper, first));
        sum.add(S::weighted(lower, second));
    }
}

/// A number wide enough for the weighted samples of one column under one output row.
trait ColumnSum: Copy + Default + Send {
    fn weighted(sample: u16, weight: u64) -> Self;
    fn add(&mut self, other: Self);
    fn widened(self) -> u64;
}

impl ColumnSum for u32 {
    /// The weights of a column add up to at most 65535, each of them included.
    #[inline]
    fn weighted(sample: u16, weight: u64) -> Self {
        u32::from(sample) * u32::from(weight as u16)
    }

    #[inline]
    fn add(&mut self, other: Self) {
        *self = self.wrapping_add(other);
    }

    fn widened(self) -> u64 {
        u64::from(self)
    }
}

impl ColumnSum for u64 {
    #[inline]
    fn weighted(sample: u16, weight: u64) -> Self {
        u64::from(sample) * weight
    }

    #[inline]
    fn add(&mut self, other: Self) {
        *self = self.wrapping_add(other);
    }

    fn widened(self) -> u64 {
        self
    }
}

#[cfg(test)]
mod tests;
