//! Stored big-endian samples become numbers and back: scaling, missing values, unsigned integers. FITS 4.0 sections
//! 4.4.2.5 and 5.

use std::io::{self, Write};

use ndarray::Array3;

use super::image::{Bitpix, ImageHdu};
use crate::pixel::Raster;

/// Bytes handed to a writer at once.
pub(super) const WRITE_BYTES: usize = 1 << 20;

/// A sample type as FITS stores it.
pub(super) trait Sample: Copy + Send + Sync {
    /// Its value, exact for all but large 64-bit integers.
    fn value(self) -> f64;
    /// Itself as an integer; `None` for floats, whose missing values are NaN.
    fn whole(self) -> Option<i64>;
}

macro_rules! sample {
    ($type:ty, $value:expr, $whole:expr) => {
        impl Sample for $type {
            #[inline]
            fn value(self) -> f64 {
                let value: fn($type) -> f64 = $value;
                value(self)
            }

            #[inline]
            fn whole(self) -> Option<i64> {
                let whole: fn($type) -> Option<i64> = $whole;
                whole(self)
            }
        }
    };
}

sample!(u8, f64::from, |v| Some(i64::from(v)));
sample!(i16, f64::from, |v| Some(i64::from(v)));
sample!(i32, f64::from, |v| Some(i64::from(v)));
sample!(i64, |v| v as f64, Some);
sample!(f32, f64::from, |_| None);
sample!(f64, |v| v, |_| None);

/// Decodes big-endian samples of `N` bytes; a part of a sample at the end is ignored.
pub(super) fn decode<T, const N: usize>(bytes: &[u8], from_be: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&sample| from_be(sample)).collect()
}

/// Physical values: `bzero` + `bscale` × stored, NaN for `blank`.
pub(super) fn physical(image: &ImageHdu, bytes: &[u8]) -> Vec<f64> {
    match image.bitpix {
        Bitpix::U8 => scaled(image, bytes, u8::from_be_bytes, |v| v),
        Bitpix::I16 => scaled(image, bytes, i16::from_be_bytes, |v| v),
        Bitpix::I32 => scaled(image, bytes, i32::from_be_bytes, |v| v),
        Bitpix::I64 => scaled(image, bytes, i64::from_be_bytes, |v| v),
        Bitpix::F32 => scaled(image, bytes, f32::from_be_bytes, |v| v),
        Bitpix::F64 => scaled(image, bytes, f64::from_be_bytes, |v| v),
    }
}

/// Physical values in single precision, which holds every scaled 8- or 16-bit integer.
pub(super) fn physical_single(image: &ImageHdu, bytes: &[u8]) -> Vec<f32> {
    match image.bitpix {
        Bitpix::U8 => scaled(image, bytes, u8::from_be_bytes, |v| v as f32),
        Bitpix::I16 => scaled(image, bytes, i16::from_be_bytes, |v| v as f32),
        _ => physical(image, bytes).into_iter().map(|v| v as f32).collect(),
    }
}

fn scaled<T: Sample, U, const N: usize>(
    image: &ImageHdu,
    bytes: &[u8],
    from_be: impl Fn([u8; N]) -> T,
    narrow: impl Fn(f64) -> U,
) -> Vec<U> {
    let (scale, zero, is_scaled) = (image.bscale, image.bzero, !image.is_unscaled());
    let scaled = |value: f64| if is_scaled { value * scale + zero } else { value };
    match image.blank {
        Some(blank) => decode(bytes, |sample| {
            let sample = from_be(sample);
            narrow(if sample.whole() == Some(blank) { f64::NAN } else { scaled(sample.value()) })
        }),
        None => decode(bytes, |sample| narrow(scaled(from_be(sample).value()))),
    }
}

/// Writes samples big-endian and says how many bytes they took.
pub(super) fn write_samples(out: &mut dyn Write, raster: &Raster) -> io::Result<usize> {
    match raster {
        Raster::U8(samples) => write_array(out, samples, |sample| [sample]),
        Raster::I16(samples) => write_array(out, samples, i16::to_be_bytes),
        // Subtracting BZERO 32768 flips the top bit.
        Raster::U16(samples) => write_array(out, samples, |sample| (sample ^ 0x8000).to_be_bytes()),
        Raster::I32(samples) => write_array(out, samples, i32::to_be_bytes),
        Raster::U32(samples) => write_array(out, samples, |sample| (sample ^ (1 << 31)).to_be_bytes()),
        Raster::I64(samples) => write_array(out, samples, i64::to_be_bytes),
        Raster::F32(samples) => write_array(out, samples, f32::to_be_bytes),
        Raster::F64(samples) => write_array(out, samples, f64::to_be_bytes),
    }
}

fn write_array<T: Copy, const N: usize>(
    out: &mut dyn Write,
    samples: &Array3<T>,
    big_endian: impl Fn(T) -> [u8; N],
) -> io::Result<usize> {
    let standard = samples.as_standard_layout();
    let mut buffer = vec![[0; N]; WRITE_BYTES / N];
    for chunk in standard.as_slice().unwrap_or_default().chunks(WRITE_BYTES / N) {
        for (bytes, sample) in buffer.iter_mut().zip(chunk) {
            *bytes = big_endian(*sample);
        }
        out.write_all(buffer[..chunk.len()].as_flattened())?;
    }
    Ok(samples.len() * N)
}
