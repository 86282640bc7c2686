//! Pixels that stand out of the sky, as runs along rows.

use rayon::prelude::*;

use super::DETECTION_SIGMA;
use super::background::Background;
use crate::pixel::memory::InMemory;
use crate::pixel::scanlines::Scanlines;

/// Weight of all samples under the smoothing kernel 1 2 1 / 2 4 2 / 1 2 1.
pub(super) const KERNEL_WEIGHT: u32 = 16;
/// Rows worked on at once.
const BAND_ROWS: usize = 64;
/// Columns that are looked at one by one only when at least one of them stands out.
const BLOCK: usize = 32;
/// Of this many pixels at most one may begin a run: a frame of which more stands out is no star field.
const PIXELS_PER_RUN: usize = 16;

/// Neighbouring pixels of a row that stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) row: u32,
    /// First column.
    pub(super) start: u32,
    /// One past the last column.
    pub(super) end: u32,
}

/// The runs of a frame, row by row from the top, from left to right. None at all when there are too many to be stars.
pub(super) fn runs(frame: &InMemory, background: &Background) -> Vec<Run> {
    let shape = frame.shape();
    let bands: Vec<Vec<Run>> = (0..shape.rows.div_ceil(BAND_ROWS))
        .into_par_iter()
        .map(|band| {
            let mut scan = Scan::new(shape.columns);
            let mut runs = Vec::new();
            for row in band * BAND_ROWS..shape.rows.min((band + 1) * BAND_ROWS) {
                scan.row(frame, background, row, &mut runs);
                if runs.len() > BAND_ROWS * shape.columns / PIXELS_PER_RUN {
                    break;
                }
            }
            runs
        })
        .collect();
    let runs = bands.concat();
    if runs.len() > shape.samples() / PIXELS_PER_RUN { Vec::new() } else { runs }
}

/// A sample of the smoothed frame, [`KERNEL_WEIGHT`] times. At the border the frame goes on as it ends.
pub(super) fn smoothed(frame: &InMemory, column: usize, row: usize) -> u32 {
    let shape = frame.shape();
    let columns = [column.saturating_sub(1), column, (column + 1).min(shape.columns - 1)];
    let line = |row: usize| {
        let [left, middle, right] = columns.map(|column| u32::from(frame.row(0, row)[column]));
        left + 2 * middle + right
    };
    line(row.saturating_sub(1)) + 2 * line(row) + line((row + 1).min(shape.rows - 1))
}

/// Working memory for a row.
struct Scan {
    /// Three samples above each other, the middle one twice; with a copy of the first and last column beside.
    stacked: Vec<u32>,
    smoothed: Vec<u32>,
    thresholds: Vec<f32>,
}

impl Scan {
    fn new(columns: usize) -> Self {
        Self { stacked: vec![0; columns + 2], smoothed: vec![0; columns], thresholds: vec![0.0; columns] }
    }

    fn row(&mut self, frame: &InMemory, background: &Background, row: usize, runs: &mut Vec<Run>) {
        let (columns, rows) = (frame.shape().columns, frame.shape().rows);
        let above = frame.row(0, row.saturating_sub(1));
        let (here, below) = (frame.row(0, row), frame.row(0, (row + 1).min(rows - 1)));
        let inner = &mut self.stacked[1..=columns];
        for (((sum, &above), &here), &below) in inner.iter_mut().zip(above).zip(here).zip(below) {
            *sum = u32::from(above) + 2 * u32::from(here) + u32::from(below);
        }
        self.stacked[0] = self.stacked[1];
        self.stacked[columns + 1] = self.stacked[columns];
        let (left, middle, right) =
            (&self.stacked[..columns], &self.stacked[1..=columns], &self.stacked[2..]);
        for (((sum, left), middle), right) in self.smoothed.iter_mut().zip(left).zip(middle).zip(right) {
            *sum = left + 2 * middle + right;
        }
        background.row(row, &mut self.thresholds);
        let distance = DETECTION_SIGMA * background.noise();
        for threshold in &mut self.thresholds {
            *threshold = (*threshold + distance) * KERNEL_WEIGHT as f32;
        }
        self.collect(row, runs);
    }

    fn collect(&self, row: usize, runs: &mut Vec<Run>) {
        let mut open: Option<Run> = None;
        let blocks = self.smoothed.chunks(BLOCK).zip(self.thresholds.chunks(BLOCK));
        for (block, (samples, thresholds)) in blocks.enumerate() {
            // Sums of 16 samples fit a float exactly.
            let stands_out = |(sample, threshold): (&u32, &f32)| sample.cast_signed() as f32 > *threshold;
            let any = samples.iter().zip(thresholds).fold(false, |any, pair| any | stands_out(pair));
            if !any {
                runs.extend(open.take());
                continue;
            }
            for (n, pair) in samples.iter().zip(thresholds).enumerate() {
                let column = (block * BLOCK + n) as u32;
                match (&mut open, stands_out(pair)) {
                    (Some(run), true) => run.end = column + 1,
                    (None, true) => open = Some(Run { row: row as u32, start: column, end: column + 1 }),
                    (Some(_), false) => runs.extend(open.take()),
                    (None, false) => {}
                }
            }
        }
        runs.extend(open);
    }
}
