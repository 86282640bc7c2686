//! PNG, compressed fast rather than small.

use std::io::Write;
use std::ops::Range;

use png::{BitDepth, ColorType, Compression, Encoder, Writer};
use rayon::prelude::*;

use super::{Channels, EightBit, Error};
use crate::pixel::scanlines::Scanlines;

/// An 8-bit picture as PNG.
///
/// # Errors
/// A side longer than PNG can say.
pub fn png_encode(picture: &EightBit) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width(), picture.height());
    let mut writer = begin(&mut bytes, width, height, picture.channels(), BitDepth::Eight)?;
    writer.write_image_data(picture.samples()).map_err(Error::PngEncoding)?;
    writer.finish().map_err(Error::PngEncoding)?;
    Ok(bytes)
}

/// A 16-bit picture as PNG, pulled band by band: the next bands are made while these are compressed.
///
/// # Errors
/// The picture's own error; a picture that is neither grey nor colour, empty, or longer than PNG can say.
pub fn png16_encode(picture: &dyn Scanlines) -> Result<Vec<u8>, Error> {
    let shape = picture.shape();
    let channels = Channels::try_from(shape)?;
    let mut bytes = Vec::new();
    let mut writer = begin(&mut bytes, shape.columns, shape.rows, channels, BitDepth::Sixteen)?;
    let mut stream = writer.stream_writer().map_err(Error::PngEncoding)?;

    let group_rows = shape.band_rows() * rayon::current_num_threads();
    let group = |first: usize| big_endian_rows(picture, first..shape.rows.min(first + group_rows));
    let mut ready = group(0)?;
    let mut first = 0;
    while first < shape.rows {
        first += group_rows;
        let (next, written) = rayon::join(
            || if first < shape.rows { group(first) } else { Ok(Vec::new()) },
            || stream.write_all(&ready),
        );
        written.map_err(|error| Error::PngEncoding(error.into()))?;
        ready = next?;
    }
    stream.finish().map_err(Error::PngEncoding)?;
    writer.finish().map_err(Error::PngEncoding)?;
    Ok(bytes)
}

/// Rows as PNG has them: pixel after pixel, high byte first.
fn big_endian_rows(picture: &dyn Scanlines, rows: Range<usize>) -> Result<Vec<u8>, Error> {
    let shape = picture.shape();
    let (row_samples, band_rows) = (shape.row_samples(), shape.band_rows());
    let mut bytes = vec![0; 2 * row_samples * rows.len()];
    bytes
        .par_chunks_mut(2 * row_samples * band_rows)
        .enumerate()
        .try_for_each_init(Vec::new, |band: &mut Vec<u16>, (index, bytes)| {
            band.resize(bytes.len() / 2, 0);
            let first = rows.start + index * band_rows;
            picture.read(first..first + band.len() / row_samples, band)?;
            for (source, target) in
                band.chunks_exact(row_samples).zip(bytes.chunks_exact_mut(2 * row_samples))
            {
                for (plane, samples) in source.chunks_exact(shape.columns).enumerate() {
                    let target = target[2 * plane..].chunks_mut(2 * shape.planes);
                    for (sample, pixel) in samples.iter().zip(target) {
                        pixel[..2].copy_from_slice(&sample.to_be_bytes());
                    }
                }
            }
            Ok(())
        })
        .map_err(Error::Source)?;
    Ok(bytes)
}

fn begin(
    bytes: &mut Vec<u8>,
    width: usize,
    height: usize,
    channels: Channels,
    depth: BitDepth,
) -> Result<Writer<&mut Vec<u8>>, Error> {
    let side = |pixels| u32::try_from(pixels).map_err(|_| Error::TooLarge { width, height });
    let mut encoder = Encoder::new(bytes, side(width)?, side(height)?);
    encoder.set_color(match channels {
        Channels::Grey => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
    });
    encoder.set_depth(depth);
    encoder.set_compression(Compression::Fast);
    encoder.write_header().map_err(Error::PngEncoding)
}
