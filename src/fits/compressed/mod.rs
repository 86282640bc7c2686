//! Tile-compressed images (FITS 4.0 section 10): a box of pixels decoded from the tiles it touches.
//!
//! The table's structure is checked before anything is decoded, and all decoding is our own
//! (`docs/decisions/0004`): tiles of one box are decoded side by side, and a hostile stream meets checked code.

mod gzip;
mod hcompress;
mod header;
mod plio;
mod quantize;
mod rice;
mod table;

use rayon::prelude::*;

pub(super) use header::{image_header, shape, was_primary};
pub(super) use table::TileTable;

use self::quantize::Dequantizer;
use self::table::{Codec, Extent, Packing};
use super::error::{FitsError, Result};
use super::file::FitsFile;
use super::hdu::{Bitpix, Hdu};
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

/// How one plane of the image lies in tiles.
struct Layer {
    /// Tile width and height, and of how many tiles a row of tiles consists.
    width: usize,
    height: usize,
    across: usize,
    image_width: usize,
    image_height: usize,
    /// Table row of the plane's first tile.
    first_row: usize,
    /// Pixels of a tile before the plane: tiles may be several planes deep.
    depth_offset: usize,
    /// Planes in this tile.
    depth: usize,
}

impl Layer {
    fn of(table: &TileTable, plane: usize) -> Self {
        let axis = |axes: &[usize], n: usize| axes.get(n).copied().unwrap_or(1);
        let (width, height) = (axis(&table.tile, 0), axis(&table.tile, 1));
        let (image_width, image_height) = (axis(&table.axes, 0), axis(&table.axes, 1));
        let mut layer = Self {
            width,
            height,
            across: image_width.div_ceil(width),
            image_width,
            image_height,
            first_row: 0,
            depth_offset: 0,
            depth: 1,
        };
        let mut stride: usize = table.grid().take(2).product();
        let mut left = plane;
        for (axis, tile) in table.axes.iter().zip(&table.tile).skip(2) {
            let at = left % axis;
            left /= axis;
            // A tile at the far edge is as deep as the image leaves it.
            let depth = (*tile).min(axis - at / tile * tile);
            layer.first_row += at / tile * stride;
            layer.depth_offset += at % tile * layer.depth;
            layer.depth *= depth;
            stride *= axis.div_ceil(*tile);
        }
        layer
    }

    fn row_of(&self, grid_x: usize, grid_y: usize) -> usize {
        self.first_row + grid_y * self.across + grid_x
    }

    /// Width and height of a tile, which is smaller at the far edges.
    fn tile_shape(&self, grid_x: usize, grid_y: usize) -> (usize, usize) {
        let width = self.width.min(self.image_width - grid_x * self.width);
        (width, self.height.min(self.image_height - grid_y * self.height))
    }

    /// The image rows of a row of tiles that are in the box.
    fn rows_in(&self, grid_y: usize, window: PixelBox) -> std::ops::Range<usize> {
        let top = grid_y * self.height;
        window.y.max(top)..(window.y + window.height).min(top + self.height)
    }
}

/// A tile the box touches.
struct Tile {
    /// Its place among the plane's tiles.
    grid_x: usize,
    grid_y: usize,
    /// Its row in the table.
    row: usize,
    packing: Packing,
    extent: Extent,
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

/// One tile to be decoded into its part of the box.
struct Job<'a> {
    table: &'a TileTable,
    layer: &'a Layer,
    window: PixelBox,
    tile: &'a Tile,
    /// Its row of the table.
    levels: &'a [u8],
}

/// A decoded tile.
enum Samples {
    /// Integers, before offset and quantization.
    Integers(Vec<i32>),
    /// Samples as the image stores them.
    Stored(Vec<u8>),
}

impl Job<'_> {
    fn decode_into(&self, packed: &[u8], band: &mut [u8]) -> Result<(), String> {
        let (width, height) = self.layer.tile_shape(self.tile.grid_x, self.tile.grid_y);
        let pixels = width
            .checked_mul(height)
            .and_then(|pixels| pixels.checked_mul(self.layer.depth))
            .ok_or("its tiles are too large")?;
        // Streams are decoded from their start, so nothing behind the last wanted pixel needs decoding.
        let rows = self.layer.rows_in(self.tile.grid_y, self.window);
        let top = self.tile.grid_y * self.layer.height;
        let left = self.tile.grid_x * self.layer.width;
        let columns = self.window.x.max(left)..(self.window.x + self.window.width).min(left + width);
        let plane_start = self.layer.depth_offset * width * height;
        let needed = plane_start + (rows.end - 1 - top) * width + (columns.end - left);
        let samples = self.decode(packed, pixels, needed, (width, height))?;

        let sample_bytes = self.table.bitpix.bytes();
        let row_bytes = self.window.width * sample_bytes;
        let levels = self.table.quantization.as_ref();
        let dequantizer =
            levels.map(|q| Dequantizer::new(q, self.tile.row, self.table.levels(self.levels, q)));
        for (n, row) in rows.enumerate() {
            let from = plane_start + (row - top) * width + (columns.start - left);
            let target = n * row_bytes + (columns.start - self.window.x) * sample_bytes;
            let out = &mut band[target..target + columns.len() * sample_bytes];
            match (&samples, &dequantizer) {
                (Samples::Stored(bytes), _) => {
                    let bytes = bytes.get(from * sample_bytes..(from + columns.len()) * sample_bytes);
                    out.copy_from_slice(bytes.ok_or("a tile has too few pixels")?);
                }
                (Samples::Integers(integers), None) => {
                    store_integers(
                        &integers[from..from + columns.len()],
                        self.table.offset,
                        self.table.bitpix,
                        out,
                    );
                }
                (Samples::Integers(integers), Some(dequantizer)) => {
                    store_floats(
                        dequantizer,
                        from,
                        &integers[from..from + columns.len()],
                        self.table.bitpix,
                        out,
                    );
                }
            }
        }
        Ok(())
    }

    /// At least the first `needed` of the tile's `pixels`.
    fn decode(
        &self,
        packed: &[u8],
        pixels: usize,
        needed: usize,
        shape: (usize, usize),
    ) -> Result<Samples, String> {
        let own_bytes = self.table.bitpix.bytes();
        let codec = match self.tile.packing {
            Packing::Plain => return Ok(Samples::Stored(packed.to_vec())),
            Packing::Lossless => return self.unpack(packed, pixels, own_bytes, false),
            Packing::Coded(codec) => codec,
        };
        let is_integer = !self.table.bitpix.is_float() || self.table.quantization.is_some();
        let integers = |decode: &dyn Fn(&mut [i32]) -> Result<(), &'static str>, count: usize| {
            if !is_integer || self.table.bitpix == Bitpix::I64 {
                return Err("its codec does not hold its sample type".to_owned());
            }
            let mut samples = vec![0; count];
            decode(&mut samples)?;
            Ok(Samples::Integers(samples))
        };
        let plausible = |most: usize| {
            if pixels > most {
                Err("a tile has more pixels than its bytes can hold".to_owned())
            } else {
                Ok(())
            }
        };
        match codec {
            Codec::Rice { block, bytes } => {
                // A block of equal pixels takes at least three bits.
                plausible(packed.len().saturating_mul(3).saturating_mul(block).saturating_add(block))?;
                integers(&|out| rice::decode(packed, block, bytes, out), needed)
            }
            Codec::Plio => {
                plausible(packed.len().saturating_mul(2048))?;
                integers(&|out| plio::decode(packed, out), pixels)
            }
            Codec::Hcompress => {
                plausible(packed.len().saturating_mul(1 << 16))?;
                let rows = shape.1 * self.layer.depth;
                integers(&|out| hcompress::decode(packed, shape.0, rows, out), pixels)
            }
            Codec::Stored => Ok(Samples::Stored(packed.to_vec())),
            Codec::Gzip1 | Codec::Gzip2 => {
                let stored_bytes = if self.table.quantization.is_some() { 4 } else { own_bytes };
                self.unpack(packed, pixels, stored_bytes, codec == Codec::Gzip2)
            }
        }
    }

    /// Unpacks a gzip tile. Old writers stored short integers as 32-bit ones, so the width follows the length.
    fn unpack(
        &self,
        packed: &[u8],
        pixels: usize,
        sample_bytes: usize,
        sorted: bool,
    ) -> Result<Samples, String> {
        let widest = sample_bytes.max(4);
        let bytes = gzip::unpack(packed, pixels.checked_mul(widest).ok_or("its tiles are too large")?)?;
        let width = bytes.len() / pixels.max(1);
        if bytes.len() != pixels * width || !(width == sample_bytes || (width == 4 && sample_bytes < 4)) {
            return Err("a GZIP tile has the wrong size".to_owned());
        }
        let bytes = if sorted { gzip::unshuffle(&bytes, width) } else { bytes };
        let is_quantized = self.table.quantization.is_some() && self.tile.packing != Packing::Lossless;
        if is_quantized || width != sample_bytes {
            let (words, _) = bytes.as_chunks::<4>();
            return Ok(Samples::Integers(words.iter().map(|&word| i32::from_be_bytes(word)).collect()));
        }
        Ok(Samples::Stored(bytes))
    }
}

/// Integers as the image stores them.
fn store_integers(integers: &[i32], offset: i32, bitpix: Bitpix, out: &mut [u8]) {
    match bitpix {
        Bitpix::U8 => {
            for (out, &integer) in out.iter_mut().zip(integers) {
                *out = integer as u8;
            }
        }
        Bitpix::I16 => {
            for (out, &integer) in out.as_chunks_mut().0.iter_mut().zip(integers) {
                *out = (integer.wrapping_add(offset) as i16).to_be_bytes();
            }
        }
        _ => {
            for (out, &integer) in out.as_chunks_mut().0.iter_mut().zip(integers) {
                *out = integer.to_be_bytes();
            }
        }
    }
}

/// Floats from the tile's integers, of which `integers` are those from number `first` on.
fn store_floats(dequantizer: &Dequantizer, first: usize, integers: &[i32], bitpix: Bitpix, out: &mut [u8]) {
    if bitpix == Bitpix::F32 {
        let (out, _) = out.as_chunks_mut::<4>();
        dequantizer.each(first, integers, |n, value| out[n] = (value as f32).to_be_bytes());
    } else {
        let (out, _) = out.as_chunks_mut::<8>();
        dequantizer.each(first, integers, |n, value| out[n] = value.to_be_bytes());
    }
}
