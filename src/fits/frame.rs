//! An image as a lazy 16-bit picture, row 0 at the top, ready to be debayered, stretched and encoded.

use std::ops::Range;
use std::sync::Arc;

use super::error::Result;
use super::file::FitsFile;
use super::hdu::{Hdu, HduKind};
use super::image::{Bitpix, ImageHdu};
use super::index::HduIndex;
use super::section::{color_planes, raster, read_stored};
use crate::pixel::scanlines::BandError;
use crate::pixel::{InMemory, PixelBox, Scanlines, Shape};

/// Stored as `BZERO` 32768: what every camera writes.
const UNSIGNED_BZERO: f64 = 32_768.0;

/// A picture of an image HDU.
///
/// The order of rows follows `ROWORDER`: without it, or with `TOP-DOWN`, the first row of the file is the top, as
/// N.I.N.A. writes it; `BOTTOM-UP` is turned over. Uncompressed 16-bit integers are read from the file as they are asked
/// for; everything else is converted once, by [`Raster::into_sixteen_bit`](crate::pixel::Raster::into_sixteen_bit), and held.
#[derive(Debug)]
pub struct SixteenBitFrame {
    shape: Shape,
    is_bottom_up: bool,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Read band by band.
    Stored { file: Arc<FitsFile>, index: HduIndex, is_unsigned: bool },
    /// Converted and held.
    Held(InMemory),
}

impl SixteenBitFrame {
    /// Opens the picture: the first plane of an image, or the three of a colour image.
    ///
    /// # Errors
    /// When the HDU is no image, the file is truncated, or its pixels do not decode.
    pub fn open(file: Arc<FitsFile>, index: HduIndex) -> Result<Self> {
        let hdu = file.hdu(index)?;
        let image = hdu.image()?;
        let whole = PixelBox::whole(image.width(), image.height());
        let shape = Shape { planes: color_planes(hdu), rows: image.height(), columns: image.width() };
        let is_bottom_up = is_bottom_up(hdu);
        super::section::check(&file, hdu, shape.planes - 1, whole)?;
        let source = if is_sixteen_bit(hdu.kind, image) {
            let is_unsigned = image.bzero.to_bits() == UNSIGNED_BZERO.to_bits();
            Source::Stored { file, index, is_unsigned }
        } else {
            Source::Held(raster(&file, index, whole)?.into_sixteen_bit())
        };
        Ok(Self { shape, is_bottom_up, source })
    }

    /// Opens the picture with the range its samples really use spread over all levels: what suits calibrated images,
    /// whose background may be zero and whose counts may be fractions.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_spread(file: &Arc<FitsFile>, index: HduIndex) -> Result<Self> {
        let hdu = file.hdu(index)?;
        let image = hdu.image()?;
        let whole = PixelBox::whole(image.width(), image.height());
        let shape = Shape { planes: color_planes(hdu), rows: image.height(), columns: image.width() };
        let is_bottom_up = is_bottom_up(hdu);
        let held = raster(file, index, whole)?.spread_over_sixteen_bit();
        Ok(Self { shape, is_bottom_up, source: Source::Held(held) })
    }

    /// Whether the file's rows were turned over, which also turns over the phase of a Bayer pattern.
    pub fn is_bottom_up(&self) -> bool {
        self.is_bottom_up
    }

    /// Bytes of samples this picture holds in memory; 0 when it reads them from the file.
    pub fn memory_bytes(&self) -> usize {
        if let Source::Held(held) = &self.source { held.bytes() } else { 0 }
    }
}

/// Whether `ROWORDER` says that the first row of the file is the lowest.
fn is_bottom_up(hdu: &Hdu) -> bool {
    hdu.header.text("ROWORDER").is_some_and(|order| order.trim().eq_ignore_ascii_case("BOTTOM-UP"))
}

/// Whether stored samples are the picture's up to their sign bit.
fn is_sixteen_bit(kind: HduKind, image: &ImageHdu) -> bool {
    let is_plain = image.bscale.to_bits() == 1.0_f64.to_bits() && image.blank.is_none();
    let is_known = image.bzero == 0.0 || image.bzero.to_bits() == UNSIGNED_BZERO.to_bits();
    kind == HduKind::Image && image.bitpix == Bitpix::I16 && is_plain && is_known
}

impl Scanlines for SixteenBitFrame {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let asked = rows;
        let rows = if self.is_bottom_up {
            self.shape.rows - asked.end..self.shape.rows - asked.start
        } else {
            asked
        };
        match &self.source {
            Source::Held(held) => held.read(rows, band)?,
            Source::Stored { file, index, is_unsigned } => {
                read_band(file, file.hdu(*index)?, self.shape, rows, *is_unsigned, band)?;
            }
        }
        if self.is_bottom_up {
            turn_over(band, self.shape.planes * self.shape.columns);
        }
        Ok(())
    }
}

/// Reads rows of every plane into their places in the band.
fn read_band(
    file: &FitsFile,
    hdu: &Hdu,
    shape: Shape,
    rows: Range<usize>,
    is_unsigned: bool,
    band: &mut [u16],
) -> Result<()> {
    let window = PixelBox { x: 0, y: rows.start, width: shape.columns, height: rows.len() };
    if window.height == 0 || band.is_empty() {
        return Ok(());
    }
    if shape.planes == 1 {
        read_stored(file, hdu, 0, window, bytemuck::cast_slice_mut(band))?;
    } else {
        let mut samples = vec![0_u16; window.pixels()];
        for plane in 0..shape.planes {
            read_stored(file, hdu, plane, window, bytemuck::cast_slice_mut(&mut samples))?;
            let targets = band.chunks_exact_mut(shape.columns).skip(plane).step_by(shape.planes);
            for (samples, target) in samples.chunks_exact(shape.columns).zip(targets) {
                target.copy_from_slice(samples);
            }
        }
    }
    convert(band, is_unsigned);
    Ok(())
}

/// Big-endian stored samples to unsigned ones, in place; negative signed ones become 0.
fn convert(samples: &mut [u16], is_unsigned: bool) {
    if is_unsigned {
        for sample in samples {
            *sample = u16::from_be(*sample) ^ 0x8000;
        }
    } else {
        for sample in samples {
            *sample = u16::from_be(*sample).cast_signed().max(0).cast_unsigned();
        }
    }
}

/// Reverses the order of rows.
fn turn_over(band: &mut [u16], row_samples: usize) {
    let rows = band.len() / row_samples.max(1);
    for row in 0..rows / 2 {
        let (upper, lower) = band.split_at_mut((rows - 1 - row) * row_samples);
        upper[row * row_samples..][..row_samples].swap_with_slice(&mut lower[..row_samples]);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::fits::testing::{Held, hdu};

    fn samples_of(cards: &str, data: &[u8]) -> Vec<u16> {
        let frame = SixteenBitFrame::open(Held::new(&hdu(cards, data)).open(), HduIndex(0)).unwrap();
        let shape = frame.shape();
        let mut whole = vec![0; shape.rows * shape.planes * shape.columns];
        frame.read(0..shape.rows, &mut whole).unwrap();
        let mut by_rows = vec![0; whole.len()];
        for (row, band) in by_rows.chunks_mut(shape.planes * shape.columns).enumerate() {
            frame.read(row..row + 1, band).unwrap();
        }
        assert_eq!(by_rows, whole, "bands must not depend on their height");
        whole
    }

    fn cards(bitpix: i32, axes: &[usize], more: &str) -> String {
        let mut cards = format!("SIMPLE  = T\nBITPIX  = {bitpix}\nNAXIS   = {}\n", axes.len());
        for (n, axis) in axes.iter().enumerate() {
            writeln!(cards, "NAXIS{}  = {axis}", n + 1).unwrap();
        }
        cards + more
    }

    fn words(values: &[i16]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()).collect()
    }

    #[test]
    fn camera_frames_are_themselves() {
        let data = words(&[-32768, -1, 0, 32767]);
        assert_eq!(samples_of(&cards(16, &[2, 2], "BZERO   = 32768.0"), &data), [0, 32767, 32768, 65535]);
        assert_eq!(samples_of(&cards(16, &[2, 2], ""), &data), [0, 0, 0, 32767]);
    }

    #[test]
    fn bottom_up_rows_are_turned_over() {
        let data = words(&[1, 2, 3, 4, 5, 6]);
        assert_eq!(samples_of(&cards(16, &[2, 3], "ROWORDER= 'BOTTOM-UP'"), &data), [5, 6, 3, 4, 1, 2]);
        assert_eq!(samples_of(&cards(16, &[2, 3], "ROWORDER= 'TOP-DOWN'"), &data), [1, 2, 3, 4, 5, 6]);
        let eight_bit = cards(8, &[1, 3], "ROWORDER= 'bottom-up'");
        assert_eq!(samples_of(&eight_bit, &[1, 2, 3]), [771, 514, 257]);
    }

    #[test]
    fn colour_cubes_give_three_planes_and_spectral_ones_the_first() {
        let data = words(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(samples_of(&cards(16, &[2, 1, 4], ""), &data), [1, 2, 3, 4, 5, 6]);
        assert_eq!(samples_of(&cards(16, &[1, 2, 3], ""), &data[..12]), [1, 3, 5, 2, 4, 6]);
        assert_eq!(samples_of(&cards(16, &[1, 2, 3], "CTYPE3  = 'FREQ'"), &data[..12]), [1, 2]);
        assert_eq!(samples_of(&cards(16, &[1, 2, 2], ""), &data[..8]), [1, 2]);
    }

    #[test]
    fn unsigned_long_counts_stay_counts_or_lose_their_lower_half() {
        let long = |value: u32| (value ^ 0x8000_0000).to_be_bytes();
        let cards = cards(32, &[2, 1], "BZERO   = 2147483648.0");
        assert_eq!(samples_of(&cards, &[long(7), long(65535)].concat()), [7, 65535]);
        assert_eq!(samples_of(&cards, &[long(0x8000_0000), long(u32::MAX)].concat()), [32767, 65535]);
    }

    #[test]
    fn scaled_and_blank_samples_are_converted() {
        let scaled = cards(16, &[3, 1], "BSCALE  = 2.0\nBZERO   = 10.0\nBLANK   = -1");
        assert_eq!(samples_of(&scaled, &words(&[-1, 0, 100])), [0, 10, 210]);
        let floats: Vec<u8> = [0.5_f32, f32::NAN, 1.0].iter().flat_map(|value| value.to_be_bytes()).collect();
        assert_eq!(samples_of(&cards(-32, &[3, 1], ""), &floats), [32767, 0, 65535]);
    }

    #[test]
    fn a_truncated_frame_is_an_error() {
        let whole = hdu(&cards(16, &[2, 2], ""), &[]);
        let held = Held::new(&whole[..2880]);
        assert!(matches!(
            SixteenBitFrame::open(held.open(), HduIndex(0)),
            Err(crate::fits::FitsError::Truncated { .. })
        ));
    }
}
