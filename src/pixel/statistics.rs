//! What the samples of a picture are like: mean, spread, median, extremes, all from one histogram.

use rayon::prelude::*;

use super::scanlines::{BandError, Scanlines};
use super::scratch::Scratch;

/// Levels a 16-bit sample can have.
const LEVELS: usize = 1 << 16;

/// How often each 16-bit level occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Indexed by level, [`LEVELS`] long.
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; LEVELS] }
    }
}

impl Histogram {
    /// One histogram per plane of a picture, with every core at work.
    ///
    /// # Errors
    /// The picture's own error.
    pub fn of(picture: &dyn Scanlines) -> Result<Vec<Self>, BandError> {
        let shape = picture.shape();
        let mut histograms = vec![Self::default(); shape.planes];
        if shape.samples() == 0 {
            return Ok(histograms);
        }
        let (tallies, bands) = (Scratch::<Tallies>::default(), Scratch::<Vec<u16>>::default());
        let band_rows = shape.parallel_band_rows();
        (0..shape.rows.div_ceil(band_rows)).into_par_iter().try_for_each(|index| {
            let rows = index * band_rows..shape.rows.min((index + 1) * band_rows);
            let mut band = bands.lend_band(rows.len() * shape.row_samples());
            picture.read(rows, &mut band)?;
            let mut tallies = tallies.lend();
            tallies.0.resize_with(shape.planes, Tally::default);
            for row in band.chunks_exact(shape.row_samples()) {
                for (tally, samples) in tallies.0.iter_mut().zip(row.chunks_exact(shape.columns)) {
                    tally.add(samples);
                }
            }
            Ok::<(), BandError>(())
        })?;
        for tally in tallies.into_pieces() {
            for (histogram, mut tally) in histograms.iter_mut().zip(tally.0) {
                tally.settle();
                histogram.merge(&tally.settled);
            }
        }
        Ok(histograms)
    }

    /// Counts some samples.
    pub fn add(&mut self, samples: &[u16]) {
        for &sample in samples {
            self.counts[usize::from(sample)] += 1;
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// How often `level` occurs.
    pub fn count(&self, level: u16) -> u64 {
        self.counts[usize::from(level)]
    }

    /// The figures that follow from the counts; exact sums, so nothing is lost however large the picture. All
    /// are 0 when nothing was counted.
    pub fn statistics(&self) -> Statistics {
        let (mut count, mut sum, mut squares) = (0_u64, 0_u128, 0_u128);
        let (mut min, mut max) = (None, 0);
        for (level, &times) in self.occupied() {
            count += times;
            sum += level as u128 * u128::from(times);
            squares += (level * level) as u128 * u128::from(times);
            min = min.or(Some(level));
            max = level;
        }
        let Some(min) = min else { return Statistics::default() };
        // Population variance: (n Σx² − (Σx)²) / n².
        let variance = (u128::from(count) * squares - sum * sum) as f64 / (count as f64 * count as f64);
        let (lower, upper) = self.middle(count);
        Statistics {
            count,
            mean: sum as f64 / count as f64,
            standard_deviation: variance.sqrt(),
            median: f64::midpoint(lower as f64, upper as f64),
            mad: self.median_deviation(count, lower, upper),
            min: min as f64,
            max: max as f64,
        }
    }

    fn occupied(&self) -> impl Iterator<Item = (usize, &u64)> {
        self.counts.iter().enumerate().filter(|(_, times)| **times > 0)
    }

    /// The two middle samples: the same level twice when their number is odd, or when both have it.
    fn middle(&self, count: u64) -> (usize, usize) {
        let mut below = 0;
        let mut levels = self.occupied();
        while let Some((level, times)) = levels.next() {
            below += times;
            if 2 * below > count {
                return (level, level);
            }
            if 2 * below == count {
                return (level, levels.next().map_or(level, |(next, _)| next));
            }
        }
        (0, 0)
    }

    /// Distance from the median within which more than half of the samples lie, walking outwards level by level
    /// from the two middle ones. With an even number of samples that is the upper of the two middle deviations.
    fn median_deviation(&self, count: u64, lower: usize, upper: usize) -> f64 {
        let times =
            |level: Option<usize>| level.and_then(|level| self.counts.get(level)).copied().unwrap_or(0);
        let half_gap = (upper - lower) as f64 / 2.0;
        let mut within = times(Some(lower)) + if upper > lower { times(Some(upper)) } else { 0 };
        let mut steps = 0;
        while 2 * within <= count && steps < LEVELS {
            steps += 1;
            within += times(lower.checked_sub(steps)) + times(Some(upper + steps));
        }
        steps as f64 + half_gap
    }
}

/// Figures of one plane, in the units of its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Samples counted.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Population standard deviation.
    pub standard_deviation: f64,
    /// Median; the mean of the two middle samples when their number is even.
    pub median: f64,
    /// Median absolute deviation from the median, without any factor; the upper of the two middle deviations when
    /// their number is even.
    pub mad: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
}

impl Statistics {
    /// The statistics of each plane of a picture, with every core at work.
    ///
    /// # Errors
    /// The picture's own error.
    pub fn of(picture: &dyn Scanlines) -> Result<Vec<Self>, BandError> {
        Ok(Histogram::of(picture)?.par_iter().map(Histogram::statistics).collect())
    }

    /// The statistics of all samples of a picture, whatever plane they lie in.
    ///
    /// # Errors
    /// The picture's own error.
    pub fn of_all_planes(picture: &dyn Scanlines) -> Result<Self, BandError> {
        let mut all = Histogram::default();
        Histogram::of(picture)?.iter().for_each(|plane| all.merge(plane));
        Ok(all.statistics())
    }
}

/// One thread's tallies, one per plane.
#[derive(Default)]
struct Tallies(Vec<Tally>);

/// Counts small enough for a core's cache, moved to a [`Histogram`] before they could overflow.
struct Tally {
    counts: Box<[u32; LEVELS]>,
    unsettled: u32,
    settled: Histogram,
}

impl Default for Tally {
    fn default() -> Self {
        let counts = vec![0; LEVELS].into_boxed_slice();
        let counts = counts.try_into().expect("made with this very length");
        Self { counts, unsettled: 0, settled: Histogram::default() }
    }
}

impl Tally {
    fn add(&mut self, samples: &[u16]) {
        for part in samples.chunks(1 << 30) {
            if self.unsettled.checked_add(part.len() as u32).is_none() {
                self.settle();
            }
            self.unsettled += part.len() as u32;
            for &sample in part {
                self.counts[usize::from(sample)] += 1;
            }
        }
    }

    fn settle(&mut self) {
        for (total, count) in self.settled.counts.iter_mut().zip(self.counts.iter_mut()) {
            *total += u64::from(std::mem::take(count));
        }
        self.unsettled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::InMemory;
    use ndarray::Array3;
    use proptest::prelude::*;

    fn of(samples: &[u16]) -> Statistics {
        let picture =
            InMemory::from(Array3::from_shape_vec((1, 1, samples.len()), samples.to_vec()).unwrap());
        Statistics::of(&picture).unwrap()[0]
    }

    #[test]
    fn the_worked_examples_come_out() {
        let rows: [(&[u16], f64, f64, f64, f64); 5] = [
            (&[10, 12, 12, 13, 20, 100], 27.8333, 32.4264, 12.5, 2.5),
            (&[10, 12, 13, 20, 100], 31.0, 34.6641, 13.0, 3.0),
            (&[1, 1, 5, 5], 3.0, 2.0, 3.0, 2.0),
            (&[7; 9], 7.0, 0.0, 7.0, 0.0),
            (&[65535; 9], 65535.0, 0.0, 65535.0, 0.0),
        ];
        for (samples, mean, deviation, median, mad) in rows {
            let found = of(samples);
            assert!((found.mean - mean).abs() < 5e-5, "mean of {samples:?} is {}", found.mean);
            assert!((found.standard_deviation - deviation).abs() < 5e-5, "{found:?}");
            assert_eq!((found.median, found.mad), (median, mad), "{samples:?}");
            assert_eq!(found.count, samples.len() as u64);
        }
    }

    #[test]
    fn extremes_are_the_smallest_and_largest_sample() {
        let found = of(&[500, 65535, 3, 3]);
        assert_eq!((found.min, found.max), (3.0, 65535.0));
    }

    #[test]
    fn a_mostly_saturated_frame_keeps_its_median() {
        let mut samples = vec![65535; 60];
        samples.extend([100; 40]);
        let found = of(&samples);
        assert_eq!((found.median, found.mad), (65535.0, 0.0));
    }

    #[test]
    fn nothing_counted_gives_zeros() {
        assert_eq!(Histogram::default().statistics(), Statistics::default());
    }

    #[test]
    fn planes_are_counted_apart_and_overall_counts_them_together() {
        let picture = InMemory::from(Array3::from_shape_fn((3, 400, 700), |(plane, ..)| plane as u16 * 1000));
        let medians: Vec<f64> = Statistics::of(&picture).unwrap().iter().map(|s| s.median).collect();
        assert_eq!(medians, [0.0, 1000.0, 2000.0]);
        let all = Statistics::of_all_planes(&picture).unwrap();
        assert_eq!((all.count, all.mean, all.median, all.mad), (840_000, 1000.0, 1000.0, 1000.0));
    }

    #[test]
    fn a_tally_settles_before_it_overflows() {
        let mut tally = Tally { unsettled: u32::MAX - 2, ..Tally::default() };
        tally.counts[5] = u32::MAX - 2;
        tally.add(&[5, 5, 5]);
        tally.settle();
        assert_eq!(tally.settled.count(5), u64::from(u32::MAX) + 1);
    }

    proptest! {
        #[test]
        fn the_histogram_agrees_with_sorting(samples in proptest::collection::vec(any::<u16>(), 1..300)) {
            let found = of(&samples);
            let mut sorted: Vec<f64> = samples.iter().map(|&s| f64::from(s)).collect();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len();
            let median = f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]);
            let mut deviations: Vec<f64> = sorted.iter().map(|s| (s - median).abs()).collect();
            deviations.sort_by(f64::total_cmp);
            let mean = sorted.iter().sum::<f64>() / n as f64;
            let variance = sorted.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n as f64;
            prop_assert_eq!((found.median, found.mad), (median, deviations[n / 2]));
            prop_assert!((found.mean - mean).abs() < 1e-9 * 65535.0);
            prop_assert!((found.standard_deviation - variance.sqrt()).abs() < 1e-6);
        }
    }
}
