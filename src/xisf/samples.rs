//! Bytes of an image block become a raster. XISF 1.0 sections 8.5.4 to 8.5.6.

use ndarray::Array3;

use super::error::{Result, XisfError};
use super::header::{ImageHeader, SampleFormat};
use crate::pixel::Raster;

/// Bounds of real samples that are counts of 16 bits: they are left as they are.
const COUNTS: (f64, f64) = (0.0, 65535.0);

/// The picture in a block: one plane, or three.
pub(super) fn raster(image: &ImageHeader, bytes: &[u8]) -> Result<Raster> {
    let bounds = image.bounds.unwrap_or((0.0, 1.0));
    Ok(match image.format {
        SampleFormat::UInt8 => Raster::U8(planes(image, bytes, |[byte]| byte, |[byte]| byte)?),
        SampleFormat::UInt16 => Raster::U16(planes(image, bytes, u16::from_le_bytes, u16::from_be_bytes)?),
        SampleFormat::UInt32 => Raster::U32(planes(image, bytes, u32::from_le_bytes, u32::from_be_bytes)?),
        SampleFormat::UInt64 => {
            let little = |bytes| u64::from_le_bytes(bytes) as f64;
            let big = |bytes| u64::from_be_bytes(bytes) as f64;
            let samples = planes(image, bytes, little, big)?;
            // A place in the range of the type, like the other integers.
            let is_count = samples.iter().all(|sample| *sample <= 65535.0);
            Raster::F64(if is_count { samples } else { samples / u64::MAX as f64 })
        }
        SampleFormat::Float32 => {
            let mut samples = planes(image, bytes, f32::from_le_bytes, f32::from_be_bytes)?;
            samples.mapv_inplace(|sample| within(bounds, f64::from(sample)) as f32);
            Raster::F32(samples)
        }
        SampleFormat::Float64 => {
            let mut samples = planes(image, bytes, f64::from_le_bytes, f64::from_be_bytes)?;
            samples.mapv_inplace(|sample| within(bounds, sample));
            Raster::F64(samples)
        }
    })
}

/// A real sample as a place between its bounds, 0 to 1. NaN stays NaN.
fn within(bounds: (f64, f64), sample: f64) -> f64 {
    let (lower, upper) = bounds;
    let sample = if sample.is_nan() { sample } else { sample.clamp(lower, upper) };
    if bounds == COUNTS || bounds == (0.0, 1.0) { sample } else { (sample - lower) / (upper - lower) }
}

/// The colour planes, without alpha channels.
fn planes<T, const N: usize>(
    image: &ImageHeader,
    bytes: &[u8],
    little: impl Fn([u8; N]) -> T,
    big: impl Fn([u8; N]) -> T,
) -> Result<Array3<T>> {
    let (geometry, planes) = (image.geometry, if image.is_rgb { 3 } else { 1 });
    let plane = geometry.columns * geometry.rows;
    let (samples, _) = bytes.as_chunks::<N>();
    let decode = |&sample: &[u8; N]| if image.block.is_big_endian { big(sample) } else { little(sample) };
    let samples: Vec<T> = if image.is_interleaved {
        let channel = |first| samples.iter().skip(first).step_by(geometry.channels).take(plane);
        (0..planes).flat_map(channel).map(decode).collect()
    } else {
        samples.iter().take(planes * plane).map(decode).collect()
    };
    Array3::from_shape_vec((planes, geometry.rows, geometry.columns), samples)
        .map_err(|_| XisfError::Damaged("samples are missing"))
}
