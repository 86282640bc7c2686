//! The binary table a compressed image is stored in, checked before anything is decoded. FITS 4.0 sections 7.3
//! and 10.1.

use super::codec::Codec;
use super::column::{Column, Extent, columns, count};
use super::fault::TableFault;
use super::quantize::Quantization;
use crate::fits::header::Header;
use crate::fits::image::{Bitpix, axes};
use crate::pixel::Limits;

/// The checked structure.
#[derive(Debug)]
pub(in crate::fits) struct TileTable {
    pub(super) codec: Codec,
    /// Type of the image's samples.
    pub(super) bitpix: Bitpix,
    /// Axes of the image.
    pub(super) axes: Vec<usize>,
    /// Axes of a tile, none longer than the image's.
    pub(super) tile: Vec<usize>,
    /// How floats were made integers; `None` for integers and for floats kept whole.
    pub(super) quantization: Option<Quantization>,
    /// What to add to decoded integers (−32768 for unsigned 16-bit pixel lists, else 0).
    pub(super) offset: i32,
    pub(super) row_bytes: usize,
    /// Where the heap starts, from the start of the table's data.
    pub(super) heap_offset: u64,
    heap_bytes: u64,
    packed: Option<Column>,
    gzipped: Option<Column>,
    plain: Option<Column>,
    scale: Option<Column>,
    zero: Option<Column>,
    blank: Option<Column>,
}

impl TileTable {
    /// Reads and checks the structure of the table under `header`, whose data take `data_bytes`.
    pub(in crate::fits) fn parse(
        header: &Header,
        data_bytes: u64,
        limits: &Limits,
    ) -> Result<Self, TableFault> {
        let axes = axes(header, "ZNAXIS")?;
        let bitpix = Bitpix::read(header, "ZBITPIX")?;
        let tile = tile_axes(header, &axes)?;
        let tile_pixels = tile.iter().try_fold(1_u64, |n, &axis| n.checked_mul(axis as u64));
        if tile_pixels.is_none_or(|pixels| pixels > limits.image_pixels.min(i32::MAX as u64)) {
            return Err("its tiles are too large".into());
        }
        let row_bytes = count(header, "NAXIS1")?;
        let rows = count(header, "NAXIS2")?;
        let tiles =
            axes.iter().zip(&tile).try_fold(1_usize, |n, (axis, tile)| n.checked_mul(axis.div_ceil(*tile)));
        if tiles.is_none_or(|tiles| tiles > rows) {
            return Err(format!("{rows} rows do not hold its tiles").into());
        }
        let table_bytes = (row_bytes as u64).checked_mul(rows as u64).ok_or("the table is too large")?;
        let heap_offset = match header.integer("THEAP") {
            Some(offset) => u64::try_from(offset).map_err(|_| "THEAP is negative")?.max(table_bytes),
            None => table_bytes,
        };
        let heap_bytes = data_bytes.checked_sub(heap_offset).ok_or("the heap starts behind the data")?;
        let named = columns(header, row_bytes)?;
        let column = |name: &str| named.iter().find(|(column, _)| column == name).map(|(_, column)| *column);
        let (scale, zero, blank) = (column("ZSCALE"), column("ZZERO"), column("ZBLANK"));
        let is_scaled = scale.is_some() || header.contains("ZSCALE");
        let quantization = (bitpix.is_float() && is_scaled).then(|| Quantization::of(header)).transpose()?;
        let codec = Codec::read(header)?;
        let is_unsigned_list =
            codec == Codec::Plio && bitpix == Bitpix::I16 && header.real("BZERO") == Some(32768.0);
        Ok(Self {
            codec,
            bitpix,
            tile,
            axes,
            quantization,
            offset: if is_unsigned_list { -32768 } else { 0 },
            row_bytes,
            heap_offset,
            heap_bytes,
            packed: column("COMPRESSED_DATA"),
            gzipped: column("GZIP_COMPRESSED_DATA"),
            plain: column("UNCOMPRESSED_DATA"),
            scale,
            zero,
            blank,
        })
    }

    /// Tiles along each axis.
    pub(super) fn grid(&self) -> impl Iterator<Item = usize> + '_ {
        self.axes.iter().zip(&self.tile).map(|(axis, tile)| axis.div_ceil(*tile))
    }

    /// Which bytes a row's tile has and how they are packed; `None` when the row holds nothing.
    pub(super) fn packed_tile(&self, row: &[u8]) -> Result<Option<(Packing, Extent)>, String> {
        let choices = [
            (self.packed, Packing::Coded(self.codec)),
            (self.gzipped, Packing::Lossless),
            (self.plain, Packing::Plain),
        ];
        for (column, packing) in choices {
            let Some(extent) = column.map(|column| column.extent(row)).transpose()?.flatten() else {
                continue;
            };
            if extent.offset.checked_add(extent.bytes).is_none_or(|end| end > self.heap_bytes) {
                return Err("a tile lies outside the heap".to_owned());
            }
            return Ok(Some((packing, extent)));
        }
        Ok(None)
    }

    /// Scale, zero point and null of a row's tile, columns before keywords.
    pub(super) fn levels(&self, row: &[u8], quantization: &Quantization) -> (f64, f64, Option<i64>) {
        let real =
            |column: Option<Column>, otherwise: f64| column.and_then(|c| c.real(row)).unwrap_or(otherwise);
        let blank = self.blank.and_then(|column| column.real(row)).map(|blank| blank as i64);
        (
            real(self.scale, quantization.scale),
            real(self.zero, quantization.zero),
            blank.or(quantization.blank),
        )
    }
}

/// How one tile is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// By the image's codec.
    Coded(Codec),
    /// gzip of the image's own samples: what writers fall back to when floats do not quantize.
    Lossless,
    /// The image's own samples.
    Plain,
}

/// `ZTILEn`, by default whole rows, cut to the image.
fn tile_axes(header: &Header, axes: &[usize]) -> Result<Vec<usize>, String> {
    axes.iter()
        .enumerate()
        .map(|(n, &axis)| {
            let keyword = format!("ZTILE{}", n + 1);
            match header.integer(&keyword) {
                None => Ok(if n == 0 { axis } else { 1 }),
                Some(length) if length >= 1 => Ok(usize::try_from(length).unwrap_or(axis).min(axis)),
                Some(length) => Err(format!("{keyword} = {length}")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::card::text_card;

    fn header(changed: &[(&str, i64)]) -> Header {
        let mut header = Header::from_cards(
            [
                "NAXIS1  = 8",
                "NAXIS2  = 30",
                "TFIELDS = 1",
                "TTYPE1  = 'COMPRESSED_DATA'",
                "TFORM1  = '1PB(9)'",
                "ZBITPIX = 16",
                "ZNAXIS  = 2",
                "ZNAXIS1 = 40",
                "ZNAXIS2 = 30",
                "ZTILE1  = 40",
                "ZTILE2  = 1",
                "ZCMPTYPE= 'RICE_1'",
            ]
            .map(text_card),
        );
        for (keyword, value) in changed {
            header.set_integer(keyword, *value, "");
        }
        header
    }

    #[test]
    fn a_sound_table_is_accepted_and_each_lie_refused() {
        let parse = |changed: &[(&str, i64)]| TileTable::parse(&header(changed), 1000, &Limits::default());
        assert!(parse(&[]).is_ok());
        assert!(parse(&[("ZTILE1", 1_000_000)]).is_ok(), "a tile longer than the image is cut to it");
        let lies: [&[(&str, i64)]; 8] = [
            &[("ZTILE1", 0)],
            &[("ZTILE2", -1)],
            &[("NAXIS2", 29)],
            &[("NAXIS1", 7)],
            &[("NAXIS1", 400)],
            &[("ZBITPIX", 7)],
            &[("TFIELDS", 2)],
            &[("THEAP", 2000)],
        ];
        for lie in lies {
            assert!(parse(lie).is_err(), "{lie:?}");
        }
    }

    #[test]
    fn what_is_sound_but_unknown_is_unsupported() {
        for card in ["ZCMPTYPE= 'ZSTD_9'", "ZMASKCMP= 'RICE_1'"] {
            let mut header = header(&[]);
            header.remove(&card[..8]);
            header.push(text_card(card));
            let parsed = TileTable::parse(&header, 1000, &Limits::default());
            assert!(matches!(parsed, Err(TableFault::Unsupported(_))), "{card}");
        }
    }

    #[test]
    fn descriptors_outside_the_heap_are_refused() {
        let table = TileTable::parse(&header(&[]), 1000, &Limits::default()).unwrap();
        let row = |n: i32, at: i32| [n.to_be_bytes(), at.to_be_bytes()].concat();
        assert_eq!(table.heap_bytes, 760);
        assert!(table.packed_tile(&row(760, 0)).unwrap().is_some());
        assert!(table.packed_tile(&row(0, 0)).unwrap().is_none());
        for (n, at) in [(761, 0), (1, 760), (-1, 0), (1, -1), (i32::MAX, i32::MAX)] {
            assert!(table.packed_tile(&row(n, at)).is_err(), "{n} {at}");
        }
    }
}
