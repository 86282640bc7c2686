//! From the mosaic of a colour sensor to red, green and blue.
//!
//! N.I.N.A.'s definition: each colour of a pixel is the whole part of the mean of that colour's samples among the
//! pixel and its eight neighbours, as far as they lie inside the frame. The pixel's own sample counts like the rest.

use std::ops::Range;
use std::sync::Arc;

use fearless_simd::{Level, dispatch};

use super::bayer::{BayerPattern, Colour};
use super::scanlines::{BandError, Scanlines, Shape};
use super::scratch::Scratch;

/// A mosaic seen in colour: three planes of the mosaic's own size. A picture that has colours already passes
/// through, and a frame of a single row or column, where some colour is never near, stays grey.
pub struct Debayer {
    source: Arc<dyn Scanlines>,
    pattern: BayerPattern,
    mosaic: Scratch<Vec<u16>>,
}

impl Debayer {
    /// `pattern` is the one at the source's own top left corner.
    pub fn new(source: Arc<dyn Scanlines>, pattern: BayerPattern) -> Self {
        Self { source, pattern, mosaic: Scratch::default() }
    }
}

impl Scanlines for Debayer {
    fn shape(&self) -> Shape {
        let shape = self.source.shape();
        if shape.planes == 1 { Shape { planes: 3, ..shape } } else { shape }
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let Shape { planes, rows: height, columns } = self.source.shape();
        if planes != 1 {
            return self.source.read(rows, band);
        }
        if rows.is_empty() || columns == 0 {
            return Ok(());
        }
        let first = rows.start.saturating_sub(1);
        let needed = first..height.min(rows.end + 1);
        let mut mosaic = self.mosaic.lend_band(needed.len() * columns);
        self.source.read(needed, &mut mosaic)?;

        let sensor_row = |row: usize| mosaic.get((row - first) * columns..(row - first + 1) * columns);
        for (row, colours) in rows.zip(band.chunks_exact_mut(3 * columns)) {
            let near = Neighbourhood {
                above: row.checked_sub(1).and_then(sensor_row),
                row: sensor_row(row).expect("every row asked for has been read"),
                below: if row + 1 < height { sensor_row(row + 1) } else { None },
                filters: RowFilters::of(self.pattern, row),
            };
            near.interpolate(colours);
        }
        Ok(())
    }
}

/// The filters over one row of pixels and over the rows beside it.
struct RowFilters {
    /// Over even and odd columns of this row.
    row: [Colour; 2],
    /// Over even and odd columns of the row above and the row below.
    beside: [Colour; 2],
}

impl RowFilters {
    fn of(pattern: BayerPattern, row: usize) -> Self {
        let cell = pattern.cell();
        Self { row: cell[row % 2], beside: cell[(row + 1) % 2] }
    }
}

/// One row of the mosaic with the rows above and below, as far as there are any.
struct Neighbourhood<'m> {
    above: Option<&'m [u16]>,
    row: &'m [u16],
    below: Option<&'m [u16]>,
    filters: RowFilters,
}

impl Neighbourhood<'_> {
    /// Fills one row of three planes.
    fn interpolate(&self, colours: &mut [u16]) {
        let columns = self.row.len();
        if columns == 1 || (self.above.is_none() && self.below.is_none()) {
            colours.chunks_exact_mut(columns).for_each(|plane| plane.copy_from_slice(self.row));
            return;
        }
        match (self.above, self.below) {
            (Some(above), Some(below)) => {
                self.interpolate_inside(above, below, colours);
                self.interpolate_border(0, colours);
                self.interpolate_border(columns - 1, colours);
            }
            _ => (0..columns).for_each(|column| self.interpolate_border(column, colours)),
        }
    }

    /// The definition, word for word: for pixels that lack some neighbours.
    fn interpolate_border(&self, column: usize, colours: &mut [u16]) {
        let columns = self.row.len();
        let (mut sums, mut counts) = ([0_u32; 3], [0_u32; 3]);
        let rows = [
            (self.above, self.filters.beside),
            (Some(self.row), self.filters.row),
            (self.below, self.filters.beside),
        ];
        for (samples, filters) in rows {
            for x in column.saturating_sub(1)..columns.min(column + 2) {
                if let Some(samples) = samples {
                    sums[filters[x % 2] as usize] += u32::from(samples[x]);
                    counts[filters[x % 2] as usize] += 1;
                }
            }
        }
        for (plane, (sum, count)) in sums.into_iter().zip(counts).enumerate() {
            // A frame of at least 2 x 2 pixels shows every colour to each of its pixels.
            colours[plane * columns + column] = (sum / count.max(1)) as u16;
        }
    }

    /// All columns but the first and the last, which have eight neighbours each.
    fn interpolate_inside(&self, above: &[u16], below: &[u16], colours: &mut [u16]) {
        let columns = self.row.len();
        let (red, rest) = colours.split_at_mut(columns);
        let (green, blue) = rest.split_at_mut(columns);
        let green_is_odd = self.filters.row[1] == Colour::Green;
        let own_colour = self.filters.row[usize::from(!green_is_odd)];
        let (own, other) = if own_colour == Colour::Red { (red, blue) } else { (blue, red) };
        let mosaic = [above, self.row, below];
        // The loops begin at column 1.
        let phase = usize::from(!green_is_odd);
        let green_stays_in_its_column = self.filters.beside[usize::from(green_is_odd)] == Colour::Green;
        if green_stays_in_its_column {
            dispatch!(Level::new(), _ => interpolate_columns(mosaic, phase, own, green, other));
        } else {
            dispatch!(Level::new(), _ => interpolate_chequers(mosaic, phase, own, green, other));
        }
    }
}

/// Greens on the diagonals, as in RGGB. `own` is the plane of the colour this row has beside green; green pixels
/// are those whose number, counted from column 1, has the parity `phase`.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn interpolate_chequers(
    [above, row, below]: [&[u16]; 3],
    phase: usize,
    own: &mut [u16],
    green: &mut [u16],
    other: &mut [u16],
) {
    let inner = row.len() - 2;
    let (own, green, other) = (&mut own[1..=inner], &mut green[1..=inner], &mut other[1..=inner]);
    let (row, above, below) = (&row[..inner + 2], &above[..inner + 2], &below[..inner + 2]);
    // Everything in 16 bits: twice as many columns at once as with sums in 32.
    for i in 0..inner {
        let sample = row[i + 1];
        let (left, right, over, under) = (row[i], row[i + 2], above[i + 1], below[i + 1]);
        let (corners, rest) = quarter([above[i], above[i + 2], below[i], below[i + 2]]);
        let is_green = i & 1 == phase;
        own[i] = if is_green { half(left, right) } else { sample };
        green[i] =
            if is_green { fifth(sample, corners, rest) } else { quarter([left, right, over, under]).0 };
        other[i] = if is_green { half(over, under) } else { corners };
    }
}

/// The whole part of (a + b) / 2.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn half(a: u16, b: u16) -> u16 {
    (a & b) + ((a ^ b) >> 1)
}

/// The whole part of a quarter of a sum, and what is left over: 0 to 3.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn quarter(samples: [u16; 4]) -> (u16, u16) {
    let quarters: u16 = samples.iter().map(|sample| sample >> 2).sum();
    let rests: u16 = samples.iter().map(|sample| sample & 3).sum();
    (quarters + (rests >> 2), rests & 3)
}

/// The whole part of (sample + 4 quarter + rest) / 5, where a rest is at most 3: `quarter` and a fifth of how far
/// `sample` with the rest lies above it, or the rounded-up fifth of how far below. Saturation never changes a fifth.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn fifth(sample: u16, quarter: u16, rest: u16) -> u16 {
    let above = sample.saturating_sub(quarter).saturating_add(rest) / 5;
    let below = quarter.saturating_sub(sample).saturating_sub(rest).saturating_add(4) / 5;
    quarter + above - below
}

/// Greens one above the other, as in GRGB. Arguments as for [`interpolate_chequers`].
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn interpolate_columns(
    [above, row, below]: [&[u16]; 3],
    phase: usize,
    own: &mut [u16],
    green: &mut [u16],
    other: &mut [u16],
) {
    let inner = row.len() - 2;
    let (own, green, other) = (&mut own[1..=inner], &mut green[1..=inner], &mut other[1..=inner]);
    let at = |line: &[u16], column: usize| u32::from(line[column]);
    let (row, above, below) = (&row[..inner + 2], &above[..inner + 2], &below[..inner + 2]);
    for i in 0..inner {
        let sample = at(row, i + 1);
        let beside = at(row, i) + at(row, i + 2);
        let stacked = at(above, i + 1) + at(below, i + 1);
        let corners = at(above, i) + at(above, i + 2) + at(below, i) + at(below, i + 2);
        let is_green = i & 1 == phase;
        own[i] = if is_green { beside / 2 } else { sample } as u16;
        green[i] = if is_green { (sample + stacked) / 3 } else { (beside + corners) / 6 } as u16;
        other[i] = if is_green { corners / 4 } else { stacked / 2 } as u16;
    }
}

#[cfg(test)]
mod tests;
