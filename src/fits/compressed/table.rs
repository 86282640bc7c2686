//! The binary table a compressed image is stored in, checked before anything is decoded. FITS 4.0 sections 7.3
//! and 10.1.

use super::super::file::FitsFile;
use super::super::hdu::{Bitpix, axes, bitpix};
use super::super::header::Header;
use super::quantize::Quantization;
use crate::pixel::Limits;

/// Why a table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fits) enum TableFault {
    /// Its header cannot be believed.
    Malformed(String),
    /// It is sound, but of a kind nothing here reads.
    Unsupported(String),
}

impl<T: Into<String>> From<T> for TableFault {
    fn from(what: T) -> Self {
        Self::Malformed(what.into())
    }
}

/// How tiles are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// Rice coding of differences, in blocks, of 1, 2 or 4 byte integers.
    Rice { block: usize, bytes: usize },
    /// gzip, bytes in order.
    Gzip1,
    /// gzip, all first bytes, then all second bytes, ….
    Gzip2,
    /// IRAF pixel lists.
    Plio,
    /// Haar transform with quadtree coding.
    Hcompress,
    /// Nothing.
    Stored,
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Where it starts in a row.
    offset: usize,
    /// What it holds: the letter of its `TFORM`.
    letter: u8,
    /// For a variable-length column (`P` or `Q`) the letter of its elements.
    element: Option<u8>,
}

/// Where a tile's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// From the start of the heap.
    pub(super) offset: u64,
    /// How many.
    pub(super) bytes: u64,
}

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
    heap_offset: u64,
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
        let bitpix = bitpix(header, "ZBITPIX")?;
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
        let codec = codec(header)?;
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

    /// Reads heap bytes of a table whose data start at `data_offset`.
    pub(super) fn read_heap(
        &self,
        file: &FitsFile,
        data_offset: u64,
        extent: Extent,
    ) -> super::super::error::Result<Vec<u8>> {
        let start = data_offset + self.heap_offset + extent.offset;
        let (needed, held) = (start.saturating_add(extent.bytes), file.byte_len());
        if needed > held {
            return Err(super::super::FitsError::Truncated { needed, held });
        }
        let mut bytes = vec![0; extent.bytes as usize];
        file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
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

impl Column {
    /// The descriptor of a variable-length cell: element count and offset become bytes; `None` for none.
    fn extent(&self, row: &[u8]) -> Result<Option<Extent>, String> {
        let element_bytes =
            self.element.and_then(width).ok_or("tiles are not in a variable-length column")?;
        let pair = if self.letter == b'P' {
            big_endian::<4>(row, self.offset)
                .zip(big_endian::<4>(row, self.offset + 4))
                .map(|(n, at)| (i64::from(i32::from_be_bytes(n)), i64::from(i32::from_be_bytes(at))))
        } else {
            big_endian::<8>(row, self.offset)
                .zip(big_endian::<8>(row, self.offset + 8))
                .map(|(n, at)| (i64::from_be_bytes(n), i64::from_be_bytes(at)))
        };
        let (elements, offset) = pair.ok_or("a row is shorter than its columns")?;
        if elements == 0 {
            return Ok(None);
        }
        let bytes = u64::try_from(elements).ok().and_then(|n| n.checked_mul(element_bytes as u64));
        let extent = bytes.zip(u64::try_from(offset).ok()).map(|(bytes, offset)| Extent { offset, bytes });
        extent.map(Some).ok_or_else(|| "a tile descriptor is negative".to_owned())
    }

    /// The number in a fixed-width cell.
    fn real(&self, row: &[u8]) -> Option<f64> {
        match self.letter {
            b'D' => big_endian(row, self.offset).map(f64::from_be_bytes),
            b'E' => big_endian(row, self.offset).map(|b| f64::from(f32::from_be_bytes(b))),
            b'J' => big_endian(row, self.offset).map(|b| f64::from(i32::from_be_bytes(b))),
            b'K' => big_endian(row, self.offset).map(|b| i64::from_be_bytes(b) as f64),
            b'I' => big_endian(row, self.offset).map(|b| f64::from(i16::from_be_bytes(b))),
            _ => None,
        }
    }
}

fn big_endian<const N: usize>(row: &[u8], at: usize) -> Option<[u8; N]> {
    row.get(at..at + N)?.try_into().ok()
}

fn count(header: &Header, keyword: &str) -> Result<usize, String> {
    let value = header.integer(keyword).and_then(|value| usize::try_from(value).ok());
    value.ok_or_else(|| format!("{keyword} is missing or negative"))
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

/// `ZCMPTYPE` with the parameters under `ZNAMEn` and `ZVALn`.
fn codec(header: &Header) -> Result<Codec, TableFault> {
    let unsupported = |what: &str| Err(TableFault::Unsupported(what.to_owned()));
    let parameter = |wanted: &str, otherwise: i64| {
        let numbers = 1..=99_u8;
        let found = numbers
            .map_while(|n| header.text(&format!("ZNAME{n}")).map(|name| (n, name)))
            .find(|(_, name)| name.trim() == wanted);
        found.and_then(|(n, _)| header.integer(&format!("ZVAL{n}"))).unwrap_or(otherwise)
    };
    if header.contains("ZMASKCMP") {
        return unsupported("a compressed null mask");
    }
    match header.text("ZCMPTYPE").as_deref().map(str::trim) {
        Some("RICE_1" | "RICE_ONE") => match (parameter("BLOCKSIZE", 32), parameter("BYTEPIX", 4)) {
            (block @ 1..=65_536, bytes @ (1 | 2 | 4)) => {
                Ok(Codec::Rice { block: block as usize, bytes: bytes as usize })
            }
            (block, bytes) => Err(format!("BLOCKSIZE {block}, BYTEPIX {bytes}").into()),
        },
        Some("GZIP_1") => Ok(Codec::Gzip1),
        Some("GZIP_2") => Ok(Codec::Gzip2),
        Some("PLIO_1") => Ok(Codec::Plio),
        Some("HCOMPRESS_1") if parameter("SMOOTH", 0) != 0 => unsupported("HCOMPRESS_1 with smoothing"),
        Some("HCOMPRESS_1") => Ok(Codec::Hcompress),
        Some("NOCOMPRESS") => Ok(Codec::Stored),
        Some(other) => unsupported(&format!("ZCMPTYPE {other}")),
        None => Err("ZCMPTYPE is missing".into()),
    }
}

/// The named columns and where they are; their widths must fit the row.
fn columns(header: &Header, row_bytes: usize) -> Result<Vec<(String, Column)>, String> {
    let fields = count(header, "TFIELDS")?;
    if fields > 999 {
        return Err(format!("TFIELDS = {fields}"));
    }
    let mut found = Vec::with_capacity(fields);
    let mut offset = 0_usize;
    for n in 1..=fields {
        let form = header.text(&format!("TFORM{n}")).ok_or_else(|| format!("TFORM{n} is missing"))?;
        let (cell_bytes, letter, element) =
            form_of(form.trim()).ok_or_else(|| format!("TFORM{n} = {form}"))?;
        let name = header.text(&format!("TTYPE{n}")).unwrap_or_default();
        found.push((name.trim().to_ascii_uppercase(), Column { offset, letter, element }));
        offset = offset
            .checked_add(cell_bytes)
            .filter(|&end| end <= row_bytes)
            .ok_or("columns wider than the row")?;
    }
    Ok(found)
}

/// Bytes of a cell, its letter, and the element letter of a variable-length form such as `1PB(120)`.
fn form_of(form: &str) -> Option<(usize, u8, Option<u8>)> {
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let repeat: usize = if digits == 0 { 1 } else { form[..digits].parse().ok()? };
    let mut letters = form[digits..].bytes();
    let letter = letters.next()?;
    let element = matches!(letter, b'P' | b'Q').then(|| letters.next()).flatten();
    let cell = match letter {
        b'X' => repeat.div_ceil(8),
        _ => repeat.checked_mul(width(letter)?)?,
    };
    Some((cell, letter, element))
}

/// Bytes of one element.
fn width(letter: u8) -> Option<usize> {
    Some(match letter {
        b'L' | b'B' | b'A' => 1,
        b'I' => 2,
        b'J' | b'E' => 4,
        b'K' | b'D' | b'C' | b'P' => 8,
        b'M' | b'Q' => 16,
        _ => return None,
    })
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

    #[test]
    fn forms_have_their_widths() {
        assert_eq!(form_of("1PB(120)"), Some((8, b'P', Some(b'B'))));
        assert_eq!(form_of("QI"), Some((16, b'Q', Some(b'I'))));
        assert_eq!(form_of("17X"), Some((3, b'X', None)));
        assert_eq!(form_of("1D"), Some((8, b'D', None)));
        assert_eq!(form_of("5"), None);
        assert_eq!(form_of("1Z"), None);
    }
}
