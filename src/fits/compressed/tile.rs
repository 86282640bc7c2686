//! One tile: from packed bytes to its part of a box of samples.

use super::codec::Codec;
use super::layer::{Layer, Tile};
use super::quantize::Dequantizer;
use super::table::{Packing, TileTable};
use super::{gzip, hcompress, plio, rice};
use crate::fits::image::Bitpix;
use crate::pixel::PixelBox;

/// One tile to be decoded into its part of the box.
pub(super) struct Job<'a> {
    pub(super) table: &'a TileTable,
    pub(super) layer: &'a Layer,
    pub(super) window: PixelBox,
    pub(super) tile: &'a Tile,
    /// Its row of the table.
    pub(super) levels: &'a [u8],
}

/// A decoded tile.
enum Samples {
    /// Integers, before offset and quantization.
    Integers(Vec<i32>),
    /// Samples as the image stores them.
    Stored(Vec<u8>),
}

impl Job<'_> {
    /// Decodes the tile and puts what the box has of it into its band of rows.
    pub(super) fn decode_into(&self, packed: &[u8], band: &mut [u8]) -> Result<(), String> {
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
