//! The sky behind the stars: a mesh of cells, each with its most frequent level and its noise.

use rayon::prelude::*;

use crate::pixel::memory::InMemory;
use crate::pixel::scanlines::Scanlines;

/// Side of a cell in pixels.
const CELL: usize = 64;
/// Samples of a cell that are looked at, at most: enough for a level good to 3 % of the noise.
const CELL_SAMPLES: usize = 1024;
/// Samples further from the median than this, in standard deviations, are not sky.
const CLIP_SIGMA: f64 = 3.0;
/// The first clipping, around the mean.
const FIRST_CLIP_SIGMA: f64 = 2.0;
/// What is further away after it never comes back.
const REACH_SIGMA: f64 = 5.0;
/// Clipping ends when the standard deviation changes by less than this part, or after so many rounds.
const AT_REST: f64 = 1e-4;
const ROUNDS: usize = 100;
/// Rounding to whole levels hides noise below this.
const LEAST_NOISE: f32 = 0.25;

/// The level of the sky at every pixel, and its noise.
#[derive(Debug)]
pub(super) struct Background {
    across: usize,
    down: usize,
    /// Level of each cell at its middle, row by row.
    levels: Vec<f32>,
    level: f32,
    noise: f32,
}

/// Level and standard deviation of the sky in a cell.
type Sky = (f32, f32);

impl Background {
    /// The background of a grey frame; `None` when it has no pixels.
    pub(super) fn of(frame: &InMemory) -> Option<Self> {
        let shape = frame.shape();
        let (across, down) = (shape.columns.div_ceil(CELL), shape.rows.div_ceil(CELL));
        let cells: Vec<Sky> = (0..across * down)
            .into_par_iter()
            .map_init(Vec::new, |samples, cell| {
                collect(frame, (cell % across) * CELL, (cell / across) * CELL, samples);
                sky(samples)
            })
            .collect();
        let smooth = |of: fn(&Sky) -> f32| {
            let values: Vec<f32> = cells.iter().map(of).collect();
            median_filtered(&values, across, down)
        };
        let (levels, noises) = (smooth(|cell| cell.0), smooth(|cell| cell.1));
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

    /// The level at every pixel of a row: bilinear between the middles of the cells.
    pub(super) fn row(&self, row: usize, levels: &mut [f32]) {
        let (upper, lower, part) = neighbours(row, self.down);
        let mixed: Vec<f32> = (0..self.across)
            .map(|cell| {
                let (upper, lower) =
                    (self.levels[upper * self.across + cell], self.levels[lower * self.across + cell]);
                upper + (lower - upper) * part
            })
            .collect();
        // Half a cell, then from middle to middle.
        let half = CELL / 2;
        let (edge, rest) = levels.split_at_mut(half.min(levels.len()));
        edge.fill(mixed[0]);
        for (cell, levels) in rest.chunks_mut(CELL).enumerate() {
            let (left, right) = (mixed[cell], mixed[(cell + 1).min(self.across - 1)]);
            let step = (right - left) / CELL as f32;
            for (n, level) in levels.iter_mut().enumerate() {
                *level = left + step * (n as f32 + 0.5);
            }
        }
    }

    /// The level at one pixel.
    pub(super) fn at(&self, column: usize, row: usize) -> f32 {
        let ((upper, lower, down), (left, right, along)) =
            (neighbours(row, self.down), neighbours(column, self.across));
        let of = |cell_row: usize| {
            let (left, right) =
                (self.levels[cell_row * self.across + left], self.levels[cell_row * self.across + right]);
            left + (right - left) * along
        };
        of(upper) + (of(lower) - of(upper)) * down
    }
}

/// The two cells whose middles a place lies between, and how far it is from the first to the second.
fn neighbours(place: usize, cells: usize) -> (usize, usize, f32) {
    let from_first = (place as f32 + 0.5) / CELL as f32 - 0.5;
    if from_first <= 0.0 {
        return (0, 0, 0.0);
    }
    let first = (from_first as usize).min(cells - 1);
    (first, (first + 1).min(cells - 1), from_first - first as f32)
}

/// Samples of a cell, from rows spread evenly over it: odd steps apart, so that a mosaic shows all its colours.
fn collect(frame: &InMemory, x: usize, y: usize, samples: &mut Vec<u16>) {
    let shape = frame.shape();
    let (width, height) = (CELL.min(shape.columns - x), CELL.min(shape.rows - y));
    let step = (width * height).div_ceil(CELL_SAMPLES) | 1;
    samples.clear();
    for row in (y..y + height).step_by(step) {
        samples.extend_from_slice(&frame.row(0, row)[x..x + width]);
    }
}

/// The most frequent level and the standard deviation of what remains after clipping (Bertin & Arnouts 1996 section 4).
fn sky(samples: &mut [u16]) -> Sky {
    samples.sort_unstable();
    let within = |samples: &'_ [u16], middle: f64, reach: f64| {
        let from = samples.partition_point(|&sample| f64::from(sample) < middle - reach);
        from..samples.partition_point(|&sample| f64::from(sample) <= middle + reach)
    };
    // What is far from the rest must not decide how far the rest reaches.
    let (mean, deviation) = moments(samples);
    let (mean, deviation) = moments(&samples[within(samples, mean, FIRST_CLIP_SIGMA * deviation)]);
    let near = &samples[within(samples, mean, REACH_SIGMA * deviation)];
    let (mut kept, mut last) = (near, f64::INFINITY);
    for _ in 0..ROUNDS {
        let (_, deviation) = moments(kept);
        if (deviation / last - 1.0).abs() < AT_REST || deviation == 0.0 {
            break;
        }
        kept = &near[within(near, middle(kept), CLIP_SIGMA * deviation)];
        last = deviation;
    }
    let ((mean, deviation), middle) = (moments(kept), middle(kept));
    // In a crowded cell stars pull the mean, and the median a little; where they pull too much the median is the best.
    let is_crowded = (mean - middle).abs() >= 0.3 * deviation;
    let level = if is_crowded { middle } else { 2.5 * middle - 1.5 * mean };
    (level as f32, deviation as f32)
}

fn moments(samples: &[u16]) -> (f64, f64) {
    let count = samples.len().max(1) as f64;
    let (sum, squares) = samples.iter().fold((0_u64, 0_u64), |(sum, squares), &sample| {
        let sample = u64::from(sample);
        (sum + sample, squares + sample * sample)
    });
    let mean = sum as f64 / count;
    (mean, (squares as f64 / count - mean * mean).max(0.0).sqrt())
}

/// The median of sorted samples.
fn middle(sorted: &[u16]) -> f64 {
    let half = sorted.len() / 2;
    let at = |n: usize| sorted.get(n).copied().map_or(0.0, f64::from);
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Each cell becomes the median of itself and its neighbours: one star in a cell does not raise the sky.
fn median_filtered(values: &[f32], across: usize, down: usize) -> Vec<f32> {
    let around = |place: usize, cells: usize| place.saturating_sub(1)..(place + 2).min(cells);
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
