//! The sky in a part of a frame, whatever stars are in it: its most frequent level and its noise.

use std::ops::{Range, RangeInclusive};

use crate::pixel::memory::InMemory;

/// Samples further from the median than this, in standard deviations, are not sky.
const CLIP_SIGMA: f64 = 3.0;
/// The first clipping, around the mean.
const FIRST_CLIP_SIGMA: f64 = 2.0;
/// What is further away after it never comes back.
const REACH_SIGMA: f64 = 5.0;
/// Clipping ends when the standard deviation changes by less than this part, or after so many rounds.
const AT_REST: f64 = 1e-4;
const ROUNDS: usize = 100;
/// Where mean and median differ by more than this part of the standard deviation, stars fill the part of the frame.
const CROWDED: f64 = 0.3;
/// Bins at most: a standard deviation is a tenth of them, so that their width does not matter.
const BINS: usize = 1 << 12;

/// Level and standard deviation of the sky.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sky {
    pub(super) level: f32,
    pub(super) noise: f32,
}

/// A part of a frame.
pub(super) struct Part<'f> {
    pub(super) frame: &'f InMemory,
    pub(super) columns: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Part<'_> {
    /// The sky in it (Bertin & Arnouts 1996 section 4): clipping around the median until it comes to rest, then the mode
    /// as Pearson estimates it. `tally` is working memory.
    pub(super) fn sky(&self, tally: &mut Tally) -> Sky {
        // What is far from the rest must not decide how far the rest reaches.
        let whole = self.moments(0..=u16::MAX);
        let near = self.moments(whole.within(FIRST_CLIP_SIGMA));
        tally.count(self, &near.within(REACH_SIGMA));
        let (mut kept, mut last) = (tally.all(), f64::INFINITY);
        for _ in 0..ROUNDS {
            let deviation = tally.moments(&kept).deviation;
            if (deviation / last - 1.0).abs() < AT_REST || deviation == 0.0 {
                break;
            }
            kept = tally.around(tally.median(&kept), CLIP_SIGMA * deviation);
            last = deviation;
        }
        let (Moments { mean, deviation }, median) = (tally.moments(&kept), tally.median(&kept));
        // Stars pull the mean, and the median a little; where they pull too much the median is the best there is.
        let is_crowded = (mean - median).abs() >= CROWDED * deviation;
        let mode = if is_crowded { median } else { 2.5 * median - 1.5 * mean };
        Sky { level: mode as f32, noise: deviation as f32 }
    }

    fn samples(&self) -> impl Iterator<Item = &[u16]> {
        self.rows.clone().map(|row| &self.frame.row(0, row)[self.columns.clone()])
    }

    /// Of the samples in a range.
    fn moments(&self, levels: RangeInclusive<u16>) -> Moments {
        let (least, reach) = (*levels.start(), levels.end() - levels.start());
        let (mut count, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
        for row in self.samples() {
            let mut counted = 0_u32;
            for &sample in row {
                let is_inside = sample.wrapping_sub(least) <= reach;
                let sample = if is_inside { u32::from(sample) } else { 0 };
                counted += u32::from(is_inside);
                sum += u64::from(sample);
                squares += u64::from(sample * sample);
            }
            count += u64::from(counted);
        }
        Moments::of(count, sum, squares)
    }
}

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    deviation: f64,
}

impl Moments {
    fn of(count: u64, sum: u64, squares: u64) -> Self {
        let count = count.max(1) as f64;
        let mean = sum as f64 / count;
        Self { mean, deviation: (squares as f64 / count - mean * mean).max(0.0).sqrt() }
    }

    /// The levels no further than `reach` standard deviations from the mean.
    fn within(&self, reach: f64) -> RangeInclusive<u16> {
        let reach = reach * self.deviation;
        let least = (self.mean - reach).ceil() as u16;
        least..=((self.mean + reach).floor() as u16).max(least)
    }
}

/// How many samples are in each bin of levels, added up from the lowest: so that moments and medians of any range of
/// bins are differences of two places.
#[derive(Default)]
pub(super) struct Tally {
    /// The lowest level.
    least: f64,
    /// Levels in a bin.
    width: f64,
    counts: Vec<u32>,
    /// What is below each bin, and in the end all there is.
    below: Vec<Sums>,
}

/// Of samples, measured in bins.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: u64,
    sum: u64,
    squares: u64,
}

impl Tally {
    /// Counts the samples of a part of a frame that are in a range.
    fn count(&mut self, part: &Part<'_>, levels: &RangeInclusive<u16>) {
        let (least, reach) = (*levels.start(), levels.end() - levels.start());
        let shift = (usize::from(reach) / BINS).checked_ilog2().map_or(0, |bits| bits + 1);
        (self.least, self.width) = (f64::from(least), f64::from(1_u32 << shift));
        self.counts.clear();
        self.counts.resize((usize::from(reach) >> shift) + 1, 0);
        for row in part.samples() {
            for &sample in row {
                let bin = usize::from(sample.wrapping_sub(least) >> shift);
                if let Some(count) = self.counts.get_mut(bin) {
                    *count += 1;
                }
            }
        }
        self.below.clear();
        self.below.push(Sums::default());
        let mut sums = Sums::default();
        for (bin, &count) in (0_u64..).zip(&self.counts) {
            let count = u64::from(count);
            sums.count += count;
            sums.sum += count * bin;
            sums.squares += count * bin * bin;
            self.below.push(sums);
        }
    }

    /// Every bin.
    fn all(&self) -> Range<usize> {
        0..self.counts.len()
    }

    /// The level in the middle of a bin.
    fn level(&self, bin: f64) -> f64 {
        self.least + bin * self.width + (self.width - 1.0) / 2.0
    }

    /// The bins whose middle is no further than `reach` from a level.
    fn around(&self, level: f64, reach: f64) -> Range<usize> {
        let bin = |level: f64| (level - self.level(0.0)) / self.width;
        let first = bin(level - reach).ceil().max(0.0) as usize;
        first..(bin(level + reach).floor() as usize + 1).clamp(first, self.counts.len().max(first))
    }

    fn moments(&self, bins: &Range<usize>) -> Moments {
        let (from, to) = (self.below[bins.start], self.below[bins.end]);
        let found = Moments::of(to.count - from.count, to.sum - from.sum, to.squares - from.squares);
        Moments { mean: self.level(found.mean), deviation: found.deviation * self.width }
    }

    /// The mean of the two middle samples; the same one twice when their number is odd.
    fn median(&self, bins: &Range<usize>) -> f64 {
        let (from, to) = (self.below[bins.start].count, self.below[bins.end].count);
        // The first bin with more samples up to its end than come before the one looked for.
        let of = |rank: u64| self.below[1..].partition_point(|below| below.count <= from + rank) as f64;
        let last = (to - from).saturating_sub(1);
        self.level(f64::midpoint(of(last / 2), of(last.div_ceil(2))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::scanlines::Shape;
    use proptest::prelude::*;

    fn sky(samples: Vec<u16>) -> Sky {
        let columns = samples.len();
        let frame = InMemory::from_band(Shape { planes: 1, rows: 1, columns }, samples).unwrap();
        Part { frame: &frame, columns: 0..columns, rows: 0..1 }.sky(&mut Tally::default())
    }

    #[test]
    fn one_level_everywhere_is_the_sky_without_noise() {
        for level in [0, 7, 65_535] {
            assert_eq!(sky(vec![level; 100]), Sky { level: f32::from(level), noise: 0.0 });
        }
    }

    #[test]
    fn stars_in_a_tenth_of_the_pixels_change_neither_level_nor_noise() {
        // 900 samples of sky spread evenly over 1000 to 1059, a deviation of 17.3, and 100 of stars.
        let even = (0..900).map(|n| 1000 + n % 60);
        let found = sky(even.chain((0..100).map(|n| 5000 + 500 * n)).collect());
        assert!((found.level - 1029.5).abs() < 1.0 && (found.noise - 17.3).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn a_range_of_levels_wider_than_the_bins_is_looked_at_more_coarsely() {
        let found = sky((0..20_000_u32).map(|n| (n * 7919 % 60_000) as u16).collect());
        assert!(
            (found.level - 30_000.0).abs() < 200.0 && (found.noise - 17_320.0).abs() < 100.0,
            "{found:?}"
        );
    }

    proptest! {
        #[test]
        fn the_sky_is_never_outside_what_samples_there_are_by_more_than_its_noise(
            samples in proptest::collection::vec(0_u16.., 1..400),
        ) {
            let (least, most) = (*samples.iter().min().unwrap(), *samples.iter().max().unwrap());
            let found = sky(samples);
            prop_assert!(found.noise >= 0.0 && found.noise <= f32::from(most - least));
            prop_assert!(found.level >= f32::from(least) - found.noise && found.level <= f32::from(most) + found.noise);
        }
    }
}
