//! The sky behind the stars: a mesh of cells, each with its most frequent level and its noise.

use std::ops::Range;

use rayon::prelude::*;

use super::sky::{Part, Sky, Tally};
use crate::pixel::memory::InMemory;
use crate::pixel::scanlines::Scanlines;

/// Side of a cell in pixels, nearly: cells divide the frame evenly, so that none is a mere strip at the border.
const CELL: usize = 64;
/// Rounding to whole levels hides noise below this.
const LEAST_NOISE: f32 = 0.25;

/// The level of the sky at every pixel, and its noise.
#[derive(Debug)]
pub(super) struct Background {
    across: Cells,
    down: Cells,
    /// Level of each cell at its middle, row by row.
    levels: Vec<f32>,
    level: f32,
    noise: f32,
}

impl Background {
    /// The background of a grey frame; `None` when it has no pixels.
    pub(super) fn of(frame: &InMemory) -> Option<Self> {
        let shape = frame.shape();
        if shape.samples() == 0 {
            return None;
        }
        let (across, down) = (Cells::along(shape.columns), Cells::along(shape.rows));
        let cells: Vec<Sky> = (0..across.count * down.count)
            .into_par_iter()
            .map_init(Tally::default, |tally, cell| {
                let (columns, rows) = (across.span(cell % across.count), down.span(cell / across.count));
                Part { frame, columns, rows }.sky(tally)
            })
            .collect();
        let smooth = |of: fn(&Sky) -> f32| {
            let values: Vec<f32> = cells.iter().map(of).collect();
            median_filtered(&values, across.count, down.count)
        };
        let (levels, noises) = (smooth(|sky| sky.level), smooth(|sky| sky.noise));
        let level = median(levels.clone())?;
        let noise = median(noises)?.max(LEAST_NOISE);
        Some(Self { across, down, levels, level, noise })
    }

    /// Of the frame as a whole.
    pub(super) fn level(&self) -> f32 {
        self.level
    }

    /// Standard deviation of the sky, of the frame as a whole.
    pub(super) fn noise(&self) -> f32 {
        self.noise
    }

    /// The level at every pixel of a row: bilinear between the middles of the cells, and on beyond the outermost.
    pub(super) fn row(&self, row: usize, levels: &mut [f32]) {
        let (upper, part) = self.down.place(row);
        let lower = (upper + 1).min(self.down.count - 1);
        let mixed = |cell: usize| {
            let [upper, lower] = [upper, lower].map(|row| self.levels[row * self.across.count + cell]);
            upper + (lower - upper) * part
        };
        if self.across.count == 1 {
            levels.fill(mixed(0));
            return;
        }
        for left in 0..self.across.count - 1 {
            let columns = self.across.between_middles(left);
            let rise = mixed(left + 1) - mixed(left);
            let first = mixed(left) + rise * self.across.part_of_way(left, columns.start);
            let step = rise / self.across.side();
            for (n, level) in levels[columns].iter_mut().enumerate() {
                *level = first + step * n as f32;
            }
        }
    }

    /// The level at one pixel.
    pub(super) fn at(&self, column: usize, row: usize) -> f32 {
        let ((upper, down), (left, along)) = (self.down.place(row), self.across.place(column));
        let right = (left + 1).min(self.across.count - 1);
        let of = |row: usize| {
            let [left, right] = [left, right].map(|column| self.levels[row * self.across.count + column]);
            left + (right - left) * along
        };
        let lower = (upper + 1).min(self.down.count - 1);
        of(upper) + (of(lower) - of(upper)) * down
    }
}

/// The cells along one side of the frame.
#[derive(Clone, Copy, Debug)]
struct Cells {
    count: usize,
    /// Pixels of the whole side.
    pixels: usize,
}

impl Cells {
    fn along(pixels: usize) -> Self {
        Self { count: ((pixels + CELL / 2) / CELL).max(1), pixels }
    }

    /// The pixels of a cell.
    fn span(self, cell: usize) -> Range<usize> {
        cell * self.pixels / self.count..(cell + 1) * self.pixels / self.count
    }

    /// The mean side of a cell.
    fn side(self) -> f32 {
        self.pixels as f32 / self.count as f32
    }

    /// How far a pixel is on the way from the middle of a cell to that of the next.
    fn part_of_way(self, cell: usize, pixel: usize) -> f32 {
        (pixel as f32 + 0.5) / self.side() - 0.5 - cell as f32
    }

    /// The cell from whose middle a pixel is seen, and the part of the way to the next one's: at the borders a little
    /// less than none or more than all of it.
    fn place(self, pixel: usize) -> (usize, f32) {
        if self.count == 1 {
            return (0, 0.0);
        }
        let cell = (self.part_of_way(0, pixel).max(0.0) as usize).min(self.count - 2);
        (cell, self.part_of_way(cell, pixel))
    }

    /// The pixels seen from a cell that has a next one.
    fn between_middles(self, cell: usize) -> Range<usize> {
        let middle = |cell: usize| ((2 * cell + 1) * self.pixels - self.count).div_ceil(2 * self.count);
        let start = if cell == 0 { 0 } else { middle(cell) };
        start..if cell + 2 == self.count { self.pixels } else { middle(cell + 1) }
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len() % 2 == 1 { upper } else { f32::midpoint(values[half - 1], upper) })
}

/// Each cell becomes the median of itself and its neighbours: one star in a cell does not raise the sky. At a border
/// only the neighbours along it count, so that a gradient stays one.
fn median_filtered(values: &[f32], across: usize, down: usize) -> Vec<f32> {
    let around = |place: usize, cells: usize| {
        let reach = 1.min(place).min(cells - 1 - place);
        place - reach..place + reach + 1
    };
    let filtered = |cell: usize| {
        let near = around(cell / across, down)
            .flat_map(|row| around(cell % across, across).map(move |column| values[row * across + column]));
        median(near.collect()).unwrap_or_default()
    };
    (0..values.len()).map(filtered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::scanlines::Shape;

    fn frame(rows: usize, columns: usize, sample: impl Fn(usize, usize) -> u16) -> InMemory {
        let samples = (0..rows * columns).map(|n| sample(n % columns, n / columns)).collect();
        InMemory::from_band(Shape { planes: 1, rows, columns }, samples).unwrap()
    }

    #[test]
    fn a_gradient_is_followed_and_a_star_is_not() {
        let frame =
            frame(
                300,
                500,
                |x, y| if x.abs_diff(200) + y.abs_diff(100) < 8 { 60_000 } else { (1000 + x) as u16 },
            );
        let background = Background::of(&frame).unwrap();
        for (x, y) in [(100, 50), (200, 100), (300, 250)] {
            assert!(
                (background.at(x, y) - (1000 + x) as f32).abs() < 3.0,
                "{x}, {y}: {}",
                background.at(x, y)
            );
        }
    }

    #[test]
    fn a_row_is_the_same_as_its_pixels_one_by_one() {
        for (rows, columns) in [(1, 1), (64, 65), (200, 31), (130, 300)] {
            let background = Background::of(&frame(rows, columns, |x, y| (x * 7 + y * 3) as u16)).unwrap();
            for row in [0, rows / 2, rows - 1] {
                let mut levels = vec![0.0; columns];
                background.row(row, &mut levels);
                for (column, level) in levels.into_iter().enumerate() {
                    assert!(
                        (level - background.at(column, row)).abs() < 0.01,
                        "{column}, {row} of {columns} x {rows}"
                    );
                }
            }
        }
        assert!(Background::of(&frame(0, 0, |_, _| 0)).is_none());
    }
}
