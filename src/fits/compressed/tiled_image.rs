//! A compressed image in its file, read box by box.

use std::borrow::Cow;

use rayon::prelude::*;

use super::column::Extent;
use super::layer::{Layer, Tile};
use super::table::TileTable;
use super::tile::Job;
use crate::fits::error::{FitsError, Result};
use crate::fits::index::HduIndex;
use crate::fits::read_at::ReadAt;
use crate::pixel::PixelBox;

/// Boxes below this many pixels are decoded on the calling thread.
const PARALLEL_PIXELS: usize = 1 << 15;
/// Bytes between tiles that are rather read along than skipped.
const READ_ALONG: u64 = 1 << 16;

/// A compressed image and where it is.
#[derive(Debug)]
pub(in crate::fits) struct TiledImage<'a, F> {
    pub(in crate::fits) file: &'a F,
    /// Which HDU, for errors.
    pub(in crate::fits) hdu: HduIndex,
    pub(in crate::fits) table: &'a TileTable,
    /// Where the table's data start in the file.
    pub(in crate::fits) data_offset: u64,
}

/// Packed bytes of the wanted tiles: read at once when they lie together, else one by one.
enum Heap {
    Together { offset: u64, bytes: Vec<u8> },
    Scattered,
}

impl<F: ReadAt + Sync> TiledImage<'_, F> {
    /// Fills `out` with the samples of a box of one plane: big-endian, in the image's own type, rows without gaps.
    /// Missing floats are quiet NaN.
    pub(in crate::fits) fn read_box(&self, plane: usize, window: PixelBox, out: &mut [u8]) -> Result<()> {
        let table = self.table;
        let damaged = |what: String| FitsError::Damaged { hdu: self.hdu, what };
        let layer = Layer::of(table, plane);
        let columns = window.x / layer.width..=(window.x + window.width - 1) / layer.width;
        let rows = window.y / layer.height..=(window.y + window.height - 1) / layer.height;
        let (first, last) =
            (layer.row_of(*columns.start(), *rows.start()), layer.row_of(*columns.end(), *rows.end()));
        let table_rows = self.table_rows(first, last)?;
        let cell = |row: usize| &table_rows[(row - first) * table.row_bytes..][..table.row_bytes];

        let mut tiles = Vec::new();
        for grid_y in rows.clone() {
            for grid_x in columns.clone() {
                let row = layer.row_of(grid_x, grid_y);
                let packed = table.packed_tile(cell(row)).map_err(damaged)?;
                let (packing, extent) = packed.ok_or_else(|| damaged("a tile is missing".to_owned()))?;
                tiles.push(Tile { grid_x, grid_y, row, packing, extent });
            }
        }
        let heap = self.heap_of(&tiles)?;

        let sample_bytes = table.bitpix.bytes();
        let row_bytes = window.width * sample_bytes;
        let mut bands = Vec::with_capacity(rows.clone().count());
        let mut rest = out;
        for grid_y in rows {
            let covered = layer.rows_in(grid_y, window);
            let (band, below) = rest.split_at_mut(covered.len() * row_bytes);
            bands.push((grid_y, band));
            rest = below;
        }
        let per_band = columns.count();
        let decode_band = |(n, (_, band)): (usize, &mut (usize, &mut [u8]))| -> Result<()> {
            for tile in &tiles[n * per_band..(n + 1) * per_band] {
                let bytes = self.packed(&heap, tile)?;
                let job = Job { table, layer: &layer, window, tile, levels: cell(tile.row) };
                job.decode_into(bytes.as_ref(), band).map_err(damaged)?;
            }
            Ok(())
        };
        if window.pixels() < PARALLEL_PIXELS {
            bands.iter_mut().enumerate().try_for_each(decode_band)
        } else {
            bands.par_iter_mut().enumerate().try_for_each(decode_band)
        }
    }

    /// The rows `first..=last` of the table without its heap.
    fn table_rows(&self, first: usize, last: usize) -> Result<Vec<u8>> {
        let row_bytes = self.table.row_bytes;
        self.read((first * row_bytes) as u64, ((last + 1 - first) * row_bytes) as u64)
    }

    fn heap_of(&self, tiles: &[Tile]) -> Result<Heap> {
        let wanted = tiles.iter().fold(0_u64, |sum, tile| sum.saturating_add(tile.extent.bytes));
        let start = tiles.iter().map(|tile| tile.extent.offset).min().unwrap_or(0);
        let end = tiles.iter().map(|tile| tile.extent.offset + tile.extent.bytes).max().unwrap_or(0);
        if end - start > wanted.saturating_add(READ_ALONG) {
            return Ok(Heap::Scattered);
        }
        let bytes = self.read_heap(Extent { offset: start, bytes: end - start })?;
        Ok(Heap::Together { offset: start, bytes })
    }

    fn packed<'h>(&self, heap: &'h Heap, tile: &Tile) -> Result<Cow<'h, [u8]>> {
        match heap {
            Heap::Together { offset, bytes } => {
                let start = (tile.extent.offset - offset) as usize;
                Ok((&bytes[start..start + tile.extent.bytes as usize]).into())
            }
            Heap::Scattered => self.read_heap(tile.extent).map(Into::into),
        }
    }

    fn read_heap(&self, extent: Extent) -> Result<Vec<u8>> {
        self.read(self.table.heap_offset + extent.offset, extent.bytes)
    }

    /// Bytes of the table's data, once it is certain that the file has them.
    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let start = self.data_offset + offset;
        let (needed, held) = (start.saturating_add(length), self.file.byte_len());
        if needed > held {
            return Err(FitsError::Truncated { needed, held });
        }
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::Array3;
    use proptest::prelude::*;

    use super::*;
    use crate::fits::FitsFile;
    use crate::fits::create::FitsWriter;
    use crate::fits::header::Header;
    use crate::fits::section::stored_bytes;
    use crate::fits::testing::{Held, hdu};
    use crate::pixel::{Limits, Raster};

    /// Every position of a box of these lengths, the first axis fastest.
    fn positions(lengths: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
        (0..lengths.iter().product()).map(|mut n: usize| {
            let digit = |length: &usize| {
                let digit = n % length;
                n /= length;
                digit
            };
            lengths.iter().map(digit).collect()
        })
    }

    /// An image of 16-bit samples that count up, in tiles that are stored as they are.
    fn stored_in_tiles(axes: &[usize], tile: &[usize]) -> Arc<FitsFile> {
        let grid: Vec<usize> = axes.iter().zip(tile).map(|(axis, tile)| axis.div_ceil(*tile)).collect();
        let (mut rows, mut heap) = (Vec::new(), Vec::new());
        for place in positions(&grid) {
            let corner: Vec<usize> = place.iter().zip(tile).map(|(n, tile)| n * tile).collect();
            let shape: Vec<usize> = axes
                .iter()
                .zip(&corner)
                .zip(tile)
                .map(|((axis, corner), tile)| *tile.min(&(axis - corner)))
                .collect();
            let start = heap.len();
            for within in positions(&shape) {
                let number = axes
                    .iter()
                    .zip(corner.iter().zip(within))
                    .rev()
                    .fold(0, |n, (axis, (corner, within))| n * axis + corner + within);
                heap.extend((number as i16).to_be_bytes());
            }
            rows.extend(((heap.len() - start) as i32).to_be_bytes());
            rows.extend((start as i32).to_be_bytes());
        }
        let lengths = |stem: &str, lengths: &[usize]| {
            let card =
                |(n, length): (usize, &usize)| format!("{:<8}= {length}\n", format!("{stem}{}", n + 1));
            lengths.iter().enumerate().map(card).collect::<String>()
        };
        let table = format!(
            "XTENSION= 'BINTABLE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 8\nNAXIS2  = {}\nPCOUNT  = {}\nGCOUNT  = 1\n\
             TFIELDS = 1\nTTYPE1  = 'COMPRESSED_DATA'\nTFORM1  = '1PB'\nZIMAGE  = T\nZCMPTYPE= 'NOCOMPRESS'\n\
             ZBITPIX = 16\nZNAXIS  = {}\n{}{}",
            rows.len() / 8,
            heap.len(),
            axes.len(),
            lengths("ZNAXIS", axes),
            lengths("ZTILE", tile),
        );
        let primary = hdu("SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0", &[]);
        Held::new(&[primary, hdu(&table, &[rows, heap].concat())].concat()).open()
    }

    fn axes_and_tile() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
        proptest::collection::vec(1_usize..7, 1..5).prop_flat_map(|axes| {
            (Just(axes.clone()), axes.iter().map(|&axis| 1..=axis + 1).collect::<Vec<_>>())
        })
    }

    proptest! {
        #[test]
        fn tiles_of_any_shape_give_every_box_of_every_plane(
            (axes, tile) in axes_and_tile(),
            corners in proptest::array::uniform4(0_usize..100),
        ) {
            let file = stored_in_tiles(&axes, &tile);
            let image = file.hdus()[1].image().unwrap();
            let (x, y) = (corners[0] % image.width(), corners[1] % image.height());
            let (width, height) = (1 + corners[2] % (image.width() - x), 1 + corners[3] % (image.height() - y));
            let window = PixelBox { x, y, width, height };
            for plane in 0..image.planes() {
                let bytes = stored_bytes(&file, HduIndex(1), plane, window).unwrap();
                let expected = (0..height).flat_map(|row| {
                    let first = (plane * image.height() + y + row) * image.width() + x;
                    (first..first + width).flat_map(|number| (number as i16).to_be_bytes())
                });
                prop_assert!(bytes.into_iter().eq(expected), "plane {}", plane);
            }
        }
    }

    #[test]
    fn what_cfitsio_compresses_is_read_back_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("packed.fits");
        let noise = |x: usize, y: usize| (x * 7919 + y * 104_729) % 613 * usize::from(!x.is_multiple_of(50));
        // More than one thread's worth of pixels, and widths that no block divides.
        let shape = (1, 300, 301);
        let shorts = Array3::from_shape_fn(shape, |(_, y, x)| noise(x, y) as i16 - 300);
        let longs = shorts.mapv(|v| i32::from(v) * 40_000);
        let bytes = shorts.mapv(|v| v as u8);
        for (raster, expected) in [
            (Raster::I16(shorts.clone()), shorts.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>()),
            (Raster::I32(longs.clone()), longs.iter().flat_map(|v| v.to_be_bytes()).collect()),
            (Raster::U8(bytes.clone()), bytes.iter().copied().collect()),
        ] {
            FitsWriter::new().image(Header::new(), raster).write_rice(&path).unwrap();
            let file = FitsFile::open(&path, &Limits::default()).unwrap();
            let whole = PixelBox::whole(301, 300);
            assert!(stored_bytes(&file, HduIndex(1), 0, whole).unwrap() == expected);
        }
    }
}
