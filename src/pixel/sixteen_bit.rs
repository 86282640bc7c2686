//! Any samples to 16 bits, for screens.

use ndarray::{Array3, Axis};
use rayon::prelude::*;

use super::{InMemory, Raster};

impl Raster {
    /// The picture as N.I.N.A. would load it, mended where N.I.N.A. would wrap around or give up:
    ///
    /// | samples | become |
    /// |---|---|
    /// | unsigned 16-bit | themselves |
    /// | signed 16-bit | themselves, negative ones 0 |
    /// | 8-bit | 257 times as much |
    /// | 32- and 64-bit integers from 0 to 65535 | themselves: they are counts already |
    /// | other 32- and 64-bit integers | their place in the range of the type, times 65535 |
    /// | real numbers up to 1 | 65535 times as much, cut; negative ones 0 |
    /// | real numbers of which some exceed 1 | counts already: rounded and brought into 0 to 65535 |
    /// | NaN | 0 |
    ///
    /// Three planes are colours; of any other number of planes the first is taken.
    pub fn into_sixteen_bit(self) -> InMemory {
        let samples = match self {
            Self::U16(samples) => shown(samples),
            Self::I16(samples) => convert(&shown(samples), |sample| sample.max(0) as u16),
            Self::U8(samples) => convert(&shown(samples), |sample| u16::from(sample) * 257),
            Self::I32(samples) => from_integers(&shown(samples), i32::MIN.into(), i32::MAX.into()),
            Self::U32(samples) => from_integers(&shown(samples), 0, u32::MAX.into()),
            Self::I64(samples) => from_integers(&shown(samples), i64::MIN.into(), i64::MAX.into()),
            Self::F32(samples) => from_reals(&shown(samples)),
            Self::F64(samples) => from_reals(&shown(samples)),
        };
        InMemory::from(samples)
    }
}

impl Raster {
    /// The picture with the range its samples really use spread over all levels: 0 is the value a thousandth of the
    /// samples lie below, 65535 the one a thousandth lie above. NaN becomes 0. One value everywhere becomes 0.
    pub fn spread_over_sixteen_bit(self) -> InMemory {
        let samples = match self {
            Self::U8(samples) => spread(&shown(samples)),
            Self::U16(samples) => spread(&shown(samples)),
            Self::I16(samples) => spread(&shown(samples)),
            Self::I32(samples) => spread(&shown(samples).mapv(f64::from)),
            Self::U32(samples) => spread(&shown(samples).mapv(f64::from)),
            Self::I64(samples) => spread(&shown(samples).mapv(|sample| sample as f64)),
            Self::F32(samples) => spread(&shown(samples)),
            Self::F64(samples) => spread(&shown(samples)),
        };
        InMemory::from(samples)
    }
}

fn spread<T: Copy + Into<f64> + Send + Sync>(samples: &Array3<T>) -> Array3<u16> {
    /// Enough to know a thousandth by; a whole coadd would take as long to sort as to decode.
    const LOOKED_AT: usize = 200_000;
    let flat = flat(samples);
    let step = flat.len().div_ceil(LOOKED_AT).max(1);
    let mut some: Vec<f64> =
        flat.iter().step_by(step).map(|&sample| sample.into()).filter(|sample| sample.is_finite()).collect();
    some.sort_unstable_by(f64::total_cmp);
    let at = |fraction: f64| {
        let last = some.len().saturating_sub(1);
        some.get((fraction * last as f64).round() as usize).copied().unwrap_or(0.0)
    };
    let (low, high) = (at(0.001), at(0.999));
    let scale = if high > low { 65_535.0 / (high - low) } else { 0.0 };
    convert(samples, |sample| {
        let level = (sample.into() - low) * scale;
        // NaN is not above 0 either.
        if level > 0.0 { level.min(65_535.0).round() as u16 } else { 0 }
    })
}

/// The planes a screen shows, in standard layout.
fn shown<T: Clone>(mut samples: Array3<T>) -> Array3<T> {
    let planes = samples.len_of(Axis(0));
    if planes != 3 && planes > 1 {
        samples.collapse_axis(Axis(0), 0);
    }
    if samples.is_standard_layout() { samples } else { samples.as_standard_layout().into_owned() }
}

/// All samples of what [`shown`] gave.
fn flat<T>(samples: &Array3<T>) -> &[T] {
    samples.as_slice().expect("standard layout is contiguous")
}

fn convert<T: Copy + Send + Sync>(
    samples: &Array3<T>,
    level: impl Fn(T) -> u16 + Send + Sync,
) -> Array3<u16> {
    let levels = flat(samples).par_iter().with_min_len(1 << 14).map(|&sample| level(sample)).collect();
    Array3::from_shape_vec(samples.dim(), levels).expect("one level for each sample")
}

fn from_integers<T: Copy + Into<i128> + Send + Sync>(
    samples: &Array3<T>,
    least: i128,
    most: i128,
) -> Array3<u16> {
    let is_count = |sample: &T| (0..=65535).contains(&(*sample).into());
    if flat(samples).par_iter().all(is_count) {
        convert(samples, |sample| sample.into() as u16)
    } else {
        convert(samples, |sample| ((sample.into() - least) * 65535 / (most - least)) as u16)
    }
}

fn from_reals<T: Copy + Into<f64> + Send + Sync>(samples: &Array3<T>) -> Array3<u16> {
    let are_counts = flat(samples).par_iter().any(|&sample| sample.into() > 1.0 && sample.into().is_finite());
    let level = move |sample: T| {
        let sample: f64 = sample.into();
        let level = if are_counts { sample.round() } else { sample * 65535.0 };
        if level.is_nan() { 0 } else { level.clamp(0.0, 65535.0) as u16 }
    };
    convert(samples, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::scanlines::{Scanlines, Shape};

    fn row<T: Clone>(samples: &[T]) -> Array3<T> {
        Array3::from_shape_vec((1, 1, samples.len()), samples.to_vec()).unwrap()
    }

    fn levels(raster: Raster) -> Vec<u16> {
        raster.into_sixteen_bit().samples().to_vec()
    }

    #[test]
    fn every_sample_type_follows_its_rule() {
        assert_eq!(levels(Raster::U16(row(&[0, 40_000, 65_535]))), [0, 40_000, 65_535]);
        assert_eq!(levels(Raster::I16(row(&[-5, 0, 32_767]))), [0, 0, 32_767]);
        assert_eq!(levels(Raster::U8(row(&[0, 1, 255]))), [0, 257, 65_535]);
        assert_eq!(levels(Raster::I32(row(&[i32::MIN, 0, i32::MAX]))), [0, 32_767, 65_535]);
        assert_eq!(levels(Raster::U32(row(&[0, 1 << 31, u32::MAX]))), [0, 32_767, 65_535]);
        assert_eq!(levels(Raster::I64(row(&[i64::MIN, -1, i64::MAX]))), [0, 32_767, 65_535]);
        assert_eq!(levels(Raster::F32(row(&[-0.5, 0.0, 0.5, 1.0]))), [0, 0, 32_767, 65_535]);
        assert_eq!(levels(Raster::F64(row(&[0.25, 1.0]))), [16_383, 65_535]);
    }

    #[test]
    fn wide_samples_that_are_counts_stay_counts() {
        assert_eq!(levels(Raster::I32(row(&[0, 1200, 65_535]))), [0, 1200, 65_535]);
        assert_eq!(levels(Raster::I64(row(&[7]))), [7]);
        assert_eq!(levels(Raster::F32(row(&[-3.0, 1199.6, 70_000.0]))), [0, 1200, 65_535]);
    }

    #[test]
    fn numbers_that_are_none_become_black_and_do_not_decide_the_scale() {
        let samples = [f64::NAN, 0.5, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(levels(Raster::F64(row(&samples))), [0, 32_767, 65_535, 0]);
    }

    #[test]
    fn three_planes_are_colours_and_of_other_numbers_the_first_counts() {
        let planes = |n| Raster::U16(Array3::from_shape_fn((n, 2, 2), |(plane, ..)| plane as u16 + 1));
        let shape = |planes| Shape { planes, rows: 2, columns: 2 };
        assert_eq!(planes(3).into_sixteen_bit().shape(), shape(3));
        for n in [2, 4, 7] {
            let picture = planes(n).into_sixteen_bit();
            assert_eq!(picture.shape(), shape(1));
            assert_eq!(picture.samples(), [1; 4]);
        }
    }
}
