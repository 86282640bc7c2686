//! Tile-compressed images (FITS 4.0 section 10): a box of pixels decoded from the tiles it touches.
//!
//! The table's structure is checked before anything is decoded, and all decoding is our own
//! (`docs/decisions/0004`): tiles of one box are decoded side by side, and a hostile stream meets checked code.

mod gzip;
mod hcompress;
mod header;
mod layer;
mod plio;
mod quantize;
mod rice;
mod table;
mod tile;

use rayon::prelude::*;

pub(super) use header::{image_header, shape, was_primary};
pub(super) use table::TileTable;

use self::layer::{Layer, Tile};
use self::table::Extent;
use self::tile::Job;
use super::error::{FitsError, Result};
use super::file::FitsFile;
use super::hdu::Hdu;
use crate::pixel::PixelBox;

/// Boxes below this many pixels are decoded on the calling thread.
const PARALLEL_PIXELS: usize = 1 << 15;
/// Bytes between tiles that are rather read along than skipped.
const READ_ALONG: u64 = 1 << 16;

/// Fills `out` with the samples of a box of one plane: big-endian, in the image's own type, rows without gaps.
/// Missing floats are quiet NaN.
pub(super) fn read_box(
    file: &FitsFile,
    hdu: &Hdu,
    plane: usize,
    window: PixelBox,
    out: &mut [u8],
) -> Result<()> {
    let table = hdu.tile_table(file.limits())?;
    let damaged = |what: String| FitsError::Damaged { hdu: hdu.index, what };
    let layer = Layer::of(table, plane);
    let columns = window.x / layer.width..=(window.x + window.width - 1) / layer.width;
    let rows = window.y / layer.height..=(window.y + window.height - 1) / layer.height;
    let (first, last) =
        (layer.row_of(*columns.start(), *rows.start()), layer.row_of(*columns.end(), *rows.end()));
    let table_rows = read_table_rows(file, hdu, table, first, last)?;
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
    let heap = Heap::read(file, hdu, table, &tiles)?;

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
            let bytes = heap.bytes(file, hdu, table, tile)?;
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
fn read_table_rows(
    file: &FitsFile,
    hdu: &Hdu,
    table: &TileTable,
    first: usize,
    last: usize,
) -> Result<Vec<u8>> {
    let start = hdu.data_offset + (first * table.row_bytes) as u64;
    let length = (last + 1 - first) * table.row_bytes;
    let (needed, held) = (start.saturating_add(length as u64), file.byte_len());
    if needed > held {
        return Err(FitsError::Truncated { needed, held });
    }
    let mut rows = vec![0; length];
    file.read_exact_at(&mut rows, start)?;
    Ok(rows)
}

/// Packed bytes of the wanted tiles: read at once when they lie together, else one by one.
enum Heap {
    Together { offset: u64, bytes: Vec<u8> },
    Scattered,
}

impl Heap {
    fn read(file: &FitsFile, hdu: &Hdu, table: &TileTable, tiles: &[Tile]) -> Result<Self> {
        let wanted = tiles.iter().fold(0_u64, |sum, tile| sum.saturating_add(tile.extent.bytes));
        let start = tiles.iter().map(|tile| tile.extent.offset).min().unwrap_or(0);
        let end = tiles.iter().map(|tile| tile.extent.offset + tile.extent.bytes).max().unwrap_or(0);
        if end - start > wanted.saturating_add(READ_ALONG) {
            return Ok(Self::Scattered);
        }
        let bytes = table.read_heap(file, hdu.data_offset, Extent { offset: start, bytes: end - start })?;
        Ok(Self::Together { offset: start, bytes })
    }

    fn bytes<'a>(
        &'a self,
        file: &FitsFile,
        hdu: &Hdu,
        table: &TileTable,
        tile: &Tile,
    ) -> Result<std::borrow::Cow<'a, [u8]>> {
        match self {
            Self::Together { offset, bytes } => {
                let start = (tile.extent.offset - offset) as usize;
                Ok((&bytes[start..start + tile.extent.bytes as usize]).into())
            }
            Self::Scattered => table.read_heap(file, hdu.data_offset, tile.extent).map(Into::into),
        }
    }
}
