//! A box of pixels of one image: as stored, as a raster, as physical values. Missing values are decided here,
//! once: `BLANK` and NaN become NaN.

use ndarray::{Array2, Array3};

use super::compressed::TiledImage;
use super::error::{FitsError, Result};
use super::file::FitsFile;
use super::hdu::{Hdu, HduKind};
use super::image::{Bitpix, ImageHdu};
use super::index::HduIndex;
use super::read_at::ReadAt;
use super::samples::{decode, physical as physical_values, physical_single};
use crate::pixel::{PixelBox, Raster};

/// Bytes between the wanted parts of two rows that are rather read along than skipped with another system call
/// (measured: a warm read of a row costs as much as copying about a kilobyte more).
const READ_ALONG: usize = 1 << 10;
/// Bytes read at once when unwanted ones are read along.
const STRIP_BYTES: usize = 1 << 16;

/// The stored samples of a box of one plane: big-endian, bit for bit, rows without gaps. A compressed image gives
/// what it decompresses to, floats with quiet NaN for missing ones.
///
/// # Errors
/// When there is no such image, plane or box, when the file ends before it, or when tiles do not decode.
pub fn stored_bytes(file: &FitsFile, index: HduIndex, plane: usize, window: PixelBox) -> Result<Vec<u8>> {
    let hdu = file.hdu(index)?;
    let image = check(file, hdu, plane, window)?;
    let mut bytes = vec![0; window.pixels() * image.bitpix.bytes()];
    read_stored(file, hdu, plane, window, &mut bytes)?;
    Ok(bytes)
}

/// Physical values (`BZERO` + `BSCALE` × stored) of a box of one plane, shape (rows, columns); NaN where there is none.
///
/// # Errors
/// As [`stored_bytes`].
pub fn physical(file: &FitsFile, index: HduIndex, plane: usize, window: PixelBox) -> Result<Array2<f64>> {
    let bytes = stored_bytes(file, index, plane, window)?;
    let values = physical_values(file.hdu(index)?.image()?, &bytes);
    Array2::from_shape_vec((window.height, window.width), values).map_err(|_| FitsError::OutsideImage(index))
}

/// A box as a raster: the first plane, or three planes of a colour image ([`color_planes`]).
///
/// Integers keep their type, unsigned ones (by the `BZERO` convention) get theirs: signed bytes become `I16`,
/// 64-bit unsigned `F64`. Otherwise scaled integers, and integers with a `BLANK`, become
/// physical values with NaN: `F32` from 8 and 16 bits, `F64` from more. Scaled floats become scaled floats.
///
/// # Errors
/// As [`stored_bytes`].
pub fn raster(file: &FitsFile, index: HduIndex, window: PixelBox) -> Result<Raster> {
    let hdu = file.hdu(index)?;
    let image = hdu.image()?;
    let planes = color_planes(hdu);
    let plane_bytes = window.pixels().saturating_mul(image.bitpix.bytes());
    check(file, hdu, planes - 1, window)?;
    let mut bytes = vec![0; plane_bytes.saturating_mul(planes)];
    for (plane, bytes) in bytes.chunks_exact_mut(plane_bytes).enumerate() {
        read_stored(file, hdu, plane, window, bytes)?;
    }
    let shape = (planes, window.height, window.width);
    typed(image, &bytes, shape).ok_or(FitsError::OutsideImage(index))
}

/// How many planes of an image are one colour picture: 3 when the third axis has no physical meaning (no `CTYPE3`,
/// or `RGB`) and three or four entries (a fourth is transparency), else 1.
pub fn color_planes(hdu: &Hdu) -> usize {
    let Some(image) = &hdu.image else { return 1 };
    let meaning = hdu.header.text("CTYPE3").unwrap_or_default();
    let is_color = matches!(image.axes[..], [_, _, 3 | 4]) && matches!(meaning.trim(), "" | "RGB");
    if is_color { 3 } else { 1 }
}

/// Checks that the image has this box of this plane and that the file holds it, before anything is allocated.
pub(super) fn check<'a>(
    file: &FitsFile,
    hdu: &'a Hdu,
    plane: usize,
    window: PixelBox,
) -> Result<&'a ImageHdu> {
    let image = hdu.image()?;
    if !image.holds(window) || plane >= image.planes() {
        return Err(FitsError::OutsideImage(hdu.index));
    }
    let (asked, allowed) = (window.pixels() as u64, file.limits().image_pixels);
    if asked > allowed {
        return Err(FitsError::TooLarge { what: "pixels", asked, allowed });
    }
    if hdu.kind == HduKind::Image {
        let last_row = plane as u64 * image.height() as u64 + (window.y + window.height - 1) as u64;
        let end = (window.x + window.width) * image.bitpix.bytes();
        let needed =
            last_row.saturating_mul(image.row_bytes() as u64).saturating_add(hdu.data_offset + end as u64);
        let held = file.byte_len();
        if needed > held {
            return Err(FitsError::Truncated { needed, held });
        }
    }
    Ok(image)
}

/// Fills `out`, which is exactly as long as the box, with its stored samples. The box was checked.
pub(super) fn read_stored(
    file: &FitsFile,
    hdu: &Hdu,
    plane: usize,
    window: PixelBox,
    out: &mut [u8],
) -> Result<()> {
    if hdu.kind == HduKind::CompressedImage {
        let (table, data_offset) = (hdu.tile_table(file.limits())?, hdu.data_offset);
        return TiledImage { file, hdu: hdu.index, table, data_offset }.read_box(plane, window, out);
    }
    read_rows(file, hdu, plane, window, out)
}

/// Where in the file a box of an uncompressed image begins.
pub(super) fn first_row_at(hdu: &Hdu, plane: usize, window: PixelBox) -> Result<u64> {
    let image = hdu.image()?;
    let row = (plane * image.height() + window.y) as u64;
    Ok(hdu.data_offset + row * image.row_bytes() as u64 + (window.x * image.bitpix.bytes()) as u64)
}

/// As [`read_stored`] for an uncompressed image, from where its bytes can be had.
pub(super) fn read_rows(
    file: &impl ReadAt,
    hdu: &Hdu,
    plane: usize,
    window: PixelBox,
    out: &mut [u8],
) -> Result<()> {
    let image = hdu.image()?;
    let (row_bytes, sample_bytes) = (image.row_bytes(), image.bitpix.bytes());
    let wanted = window.width * sample_bytes;
    let start = first_row_at(hdu, plane, window)?;
    if wanted == row_bytes {
        return file.read_exact_at(out, start);
    }
    if row_bytes - wanted > READ_ALONG {
        for (n, row) in out.chunks_exact_mut(wanted).enumerate() {
            file.read_exact_at(row, start + (n * row_bytes) as u64)?;
        }
        return Ok(());
    }
    let rows_at_once = (STRIP_BYTES / row_bytes).clamp(1, window.height);
    let mut strip = vec![0; rows_at_once * row_bytes];
    for (n, rows) in out.chunks_mut(rows_at_once * wanted).enumerate() {
        let count = rows.len() / wanted;
        let strip = &mut strip[..(count - 1) * row_bytes + wanted];
        file.read_exact_at(strip, start + (n * rows_at_once * row_bytes) as u64)?;
        for (row, stored) in rows.chunks_exact_mut(wanted).zip(strip.chunks(row_bytes)) {
            row.copy_from_slice(&stored[..wanted]);
        }
    }
    Ok(())
}

/// Stored samples as the raster type [`raster`] promises.
fn typed(image: &ImageHdu, bytes: &[u8], shape: (usize, usize, usize)) -> Option<Raster> {
    let is_bzero =
        |bzero: f64| image.bscale.to_bits() == 1.0_f64.to_bits() && image.bzero.to_bits() == bzero.to_bits();
    let plain = image.is_unscaled() && image.blank.is_none();
    let shifted = image.blank.is_none();
    Some(match image.bitpix {
        Bitpix::U8 if plain => Raster::U8(array(shape, bytes.to_vec())?),
        Bitpix::U8 if shifted && is_bzero(-128.0) => {
            Raster::I16(array(shape, decode(bytes, |[byte]| i16::from(byte) - 128))?)
        }
        Bitpix::I16 if plain => Raster::I16(array(shape, decode(bytes, i16::from_be_bytes))?),
        Bitpix::I16 if shifted && is_bzero(32_768.0) => {
            Raster::U16(array(shape, decode(bytes, |b| u16::from_be_bytes(b) ^ 0x8000))?)
        }
        Bitpix::I32 if plain => Raster::I32(array(shape, decode(bytes, i32::from_be_bytes))?),
        Bitpix::I32 if shifted && is_bzero(2_147_483_648.0) => {
            Raster::U32(array(shape, decode(bytes, |b| u32::from_be_bytes(b) ^ (1 << 31)))?)
        }
        Bitpix::I64 if plain => Raster::I64(array(shape, decode(bytes, i64::from_be_bytes))?),
        Bitpix::I64 if shifted && is_bzero(9_223_372_036_854_775_808.0) => {
            Raster::F64(array(shape, decode(bytes, |b| (u64::from_be_bytes(b) ^ (1 << 63)) as f64))?)
        }
        Bitpix::F32 if plain => Raster::F32(array(shape, decode(bytes, f32::from_be_bytes))?),
        Bitpix::U8 | Bitpix::I16 | Bitpix::F32 => Raster::F32(array(shape, physical_single(image, bytes))?),
        Bitpix::I32 | Bitpix::I64 | Bitpix::F64 => Raster::F64(array(shape, physical_values(image, bytes))?),
    })
}

fn array<T>(shape: (usize, usize, usize), samples: Vec<T>) -> Option<Array3<T>> {
    Array3::from_shape_vec(shape, samples).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::testing::{Held, hdu};
    use proptest::prelude::*;

    /// A 4 x 3 image of `bitpix` whose samples count up from 250, with further cards.
    fn image(bitpix: i32, more: &str) -> std::sync::Arc<FitsFile> {
        let data: Vec<u8> = (250..262_i64)
            .flat_map(|n| match bitpix {
                8 => vec![n as u8],
                16 => (n as i16).to_be_bytes().to_vec(),
                32 => (n as i32).to_be_bytes().to_vec(),
                64 => n.to_be_bytes().to_vec(),
                -32 => (n as f32).to_be_bytes().to_vec(),
                _ => (n as f64).to_be_bytes().to_vec(),
            })
            .collect();
        let cards = format!("SIMPLE  = T\nBITPIX  = {bitpix}\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3\n{more}");
        Held::new(&hdu(&cards, &data)).open()
    }

    const CORNER: PixelBox = PixelBox { x: 2, y: 1, width: 2, height: 2 };

    #[test]
    fn every_sample_type_becomes_its_raster() {
        let of = |bitpix: i32, more: &str| raster(&image(bitpix, more), HduIndex(0), CORNER).unwrap();
        let shape = (1, 2, 2);
        let bytes = vec![0_u8, 1, 4, 5];
        assert_eq!(of(8, ""), Raster::U8(array(shape, bytes.clone()).unwrap()));
        let signed = bytes.iter().map(|&b| i16::from(b) - 128).collect();
        assert_eq!(of(8, "BZERO   = -128"), Raster::I16(array(shape, signed).unwrap()));
        let values = [256, 257, 260, 261];
        assert_eq!(of(16, ""), Raster::I16(array(shape, values.map(|v| v as i16).to_vec()).unwrap()));
        let unsigned = values.map(|v| v as u16 + 32_768).to_vec();
        assert_eq!(of(16, "BZERO   = 3.2768E4"), Raster::U16(array(shape, unsigned).unwrap()));
        assert_eq!(of(32, ""), Raster::I32(array(shape, values.to_vec()).unwrap()));
        let unsigned = values.map(|v| v as u32 + (1 << 31)).to_vec();
        assert_eq!(of(32, "BZERO   = 2147483648"), Raster::U32(array(shape, unsigned).unwrap()));
        assert_eq!(of(64, ""), Raster::I64(array(shape, values.map(i64::from).to_vec()).unwrap()));
        let unsigned = values.map(|v| 9_223_372_036_854_775_808.0 + f64::from(v)).to_vec();
        assert_eq!(of(64, "BZERO   = 9223372036854775808"), Raster::F64(array(shape, unsigned).unwrap()));
        assert_eq!(of(-32, ""), Raster::F32(array(shape, values.map(|v| v as f32).to_vec()).unwrap()));
        assert_eq!(of(-64, ""), Raster::F64(array(shape, values.map(f64::from).to_vec()).unwrap()));
        let scaled = values.map(|v| v as f32 * 0.5).to_vec();
        assert_eq!(of(16, "BSCALE  = 0.5"), Raster::F32(array(shape, scaled).unwrap()));
    }

    #[test]
    fn blank_becomes_nan_in_rasters_and_physical_values() {
        let file = image(32, "BSCALE  = 2.0\nBZERO   = -1.0\nBLANK   = 260");
        let values = physical(&file, HduIndex(0), 0, CORNER).unwrap();
        assert_eq!(values.shape(), [2, 2]);
        assert!(values[[1, 0]].is_nan());
        let corners = [values[[0, 0]], values[[0, 1]], values[[1, 1]]];
        assert!(
            corners
                .iter()
                .zip([511.0, 513.0, 521.0])
                .all(|(value, exact)| value.to_bits() == f64::to_bits(exact))
        );
        assert!(matches!(raster(&image(16, "BLANK   = 9"), HduIndex(0), CORNER), Ok(Raster::F32(_))));
    }

    #[test]
    fn a_blank_card_means_nothing_to_floats() {
        assert!(!physical(&image(-32, "BLANK   = 256"), HduIndex(0), 0, CORNER).unwrap()[[0, 0]].is_nan());
    }

    proptest! {
        #[test]
        fn wide_images_give_the_same_rows_by_strips_and_by_single_reads(
            (x, width, y, height) in (0_usize..9000, 1_usize..1000, 0_usize..4, 1_usize..4)
        ) {
            // Rows longer than what is read along, so that narrow boxes skip and wide ones do not.
            let data: Vec<u8> = (0..70_000_u32).map(|n| ((n * 31) >> 3) as u8).collect();
            let cards = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 10000\nNAXIS2  = 7";
            let file = Held::new(&hdu(cards, &data)).open();
            for window in [PixelBox { x, y, width, height }, PixelBox { x: x / 9, y, width: 9000, height }] {
                let bytes = stored_bytes(&file, HduIndex(0), 0, window).unwrap();
                for (n, row) in bytes.chunks(window.width).enumerate() {
                    prop_assert_eq!(row, &data[(window.y + n) * 10_000 + window.x..][..window.width]);
                }
            }
        }
    }
}
