//! New FITS files from arrays and cards: plain, gzip or with RICE-compressed tiles, never seen half-written.
//!
//! A file is written under a temporary name in its own directory and renamed when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::Array3;

use super::BLOCK_BYTES;
pub use super::column::{Column, ColumnValues};
use super::hdu::Bitpix;
use super::header::Header;
use super::rice;
use crate::error::{Classified, ErrorKind};
use crate::pixel::{Raster, SampleType, Shape};

/// Bytes handed to the operating system at once.
const WRITE_BYTES: usize = 1 << 20;

/// Keywords the writer derives from the content; a caller's cards of these names are dropped.
const STRUCTURE: [&str; 10] =
    ["SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "END"];

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The operating system refused.
    #[error("the file could not be written")]
    Io(#[from] io::Error),
    /// A table's columns have different numbers of rows.
    #[error("the columns of a table differ in length")]
    UnevenColumns,
    /// cfitsio refused; the status is its own number.
    #[error("compression failed with cfitsio status {status}")]
    Compression {
        /// cfitsio's error number.
        status: i32,
    },
}

impl Classified for CreateError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}

/// What an HDU holds.
#[derive(Debug)]
enum Content {
    Nothing,
    Image(Raster),
    Table { row_bytes: usize, rows: usize, bytes: Vec<u8> },
}

/// A FITS file in the making: HDUs in order, the first one the primary.
#[derive(Debug, Default)]
pub struct FitsWriter {
    hdus: Vec<(Header, Content)>,
}

impl FitsWriter {
    /// A file without HDUs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an image. Structural keywords (and `BZERO` for unsigned 16-bit samples, unless the header brings
    /// its own spelling of it) are written by us, the header's cards follow them in their order.
    #[must_use]
    pub fn image(mut self, header: Header, pixels: Raster) -> Self {
        self.hdus.push((header, Content::Image(pixels)));
        self
    }

    /// Appends an HDU of cards only; as the first HDU it is the dataless primary of a multi-extension file.
    #[must_use]
    pub fn cards_only(mut self, header: Header) -> Self {
        self.hdus.push((header, Content::Nothing));
        self
    }

    /// Appends a binary table (in front of it goes an empty primary if there is no HDU yet).
    ///
    /// # Errors
    /// [`CreateError::UnevenColumns`] when the columns have different numbers of rows.
    pub fn table(mut self, header: &Header, columns: &[Column]) -> Result<Self, CreateError> {
        if self.hdus.is_empty() {
            self = self.cards_only(Header::new());
        }
        let rows = columns.first().map_or(0, |column| column.values.rows());
        if columns.iter().any(|column| column.values.rows() != rows) {
            return Err(CreateError::UnevenColumns);
        }
        let mut described = Header::new();
        described.set_integer("TFIELDS", columns.len() as i64, "number of columns");
        for (number, column) in (1..).zip(columns) {
            described.set_text(&format!("TTYPE{number}"), column.name, "");
            described.set_text(&format!("TFORM{number}"), column.values.form().0, "");
            if !column.unit.is_empty() {
                described.set_text(&format!("TUNIT{number}"), column.unit, "");
            }
        }
        header.cards().for_each(|card| described.push(card));
        let row_bytes: usize = columns.iter().map(|column| column.values.form().1).sum();
        let mut bytes = Vec::with_capacity(row_bytes * rows);
        for row in 0..rows {
            for column in columns {
                column.values.push_bytes(row, &mut bytes);
            }
        }
        self.hdus.push((described, Content::Table { row_bytes, rows, bytes }));
        Ok(self)
    }

    /// Writes the file plain and says how many bytes it has.
    ///
    /// # Errors
    /// The operating system's error; nothing is left under `path` then, nor under the temporary name.
    pub fn write(&self, path: &Path) -> Result<u64, CreateError> {
        write_whole(path, |temporary| {
            let mut out = BufWriter::with_capacity(WRITE_BYTES, File::create(temporary)?);
            self.write_to(&mut out)?;
            Ok(out.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?.len())
        })
    }

    /// Writes the file as one gzip stream without time stamp or name, so that equal content gives equal bytes;
    /// says how many bytes it has.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_gzip(&self, path: &Path) -> Result<u64, CreateError> {
        write_whole(path, |temporary| {
            let out = BufWriter::with_capacity(WRITE_BYTES, File::create(temporary)?);
            let mut gzip = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
            self.write_to(&mut gzip)?;
            Ok(gzip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.metadata()?.len())
        })
    }

    /// Writes the file with every image as RICE-compressed tiles (FITS 4.0 section 10), one tile per row;
    /// float images are quantised with subtractive dithering. Says how many bytes it has.
    ///
    /// # Errors
    /// The operating system's or cfitsio's error; nothing is left under `path` then.
    pub fn write_rice(&self, path: &Path) -> Result<u64, CreateError> {
        let plain = beside(path, "plain");
        let written = self.write(&plain).and_then(|_| rice_copy(&plain, path));
        // The plain copy is only a means; failing to remove it must not hide the outcome.
        let _ = std::fs::remove_file(&plain);
        written
    }

    /// Writes all HDUs.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, (cards, content)) in self.hdus.iter().enumerate() {
            let header = structured(index == 0, self.hdus.len() > 1, cards, &content.structure());
            out.write_all(&header.to_block_bytes())?;
            let bytes = match content {
                Content::Nothing => 0,
                Content::Image(raster) => write_samples(out, raster)?,
                Content::Table { bytes, .. } => {
                    out.write_all(bytes)?;
                    bytes.len()
                }
            };
            out.write_all(&vec![0; bytes.next_multiple_of(BLOCK_BYTES) - bytes])?;
        }
        out.flush()
    }
}

/// Copies a FITS file with every image RICE-compressed, other HDUs as they are; says how many bytes it has.
/// The same source gives the same bytes: dithering starts from a fixed seed.
///
/// # Errors
/// The operating system's or cfitsio's error; nothing is left under `target` then.
pub fn rice_copy(source: &Path, target: &Path) -> Result<u64, CreateError> {
    write_whole(target, |temporary| {
        rice::compress(source, temporary)?;
        Ok(std::fs::metadata(temporary)?.len())
    })
}

/// Lets `fill` write under a temporary name beside `path` and renames the result.
fn write_whole(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<u64, CreateError>,
) -> Result<u64, CreateError> {
    let temporary = beside(path, "part");
    // A leftover of a killed run would make cfitsio refuse.
    let _ = std::fs::remove_file(&temporary);
    let bytes = fill(&temporary)
        .and_then(|bytes| std::fs::rename(&temporary, path).map(|()| bytes).map_err(CreateError::from));
    if bytes.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    bytes
}

/// A hidden sibling of `path`, of an extension no scan takes for an image.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{extension}"))
}

/// What the structural cards of an HDU say.
enum Structure {
    Nothing,
    Image(SampleType, Shape),
    Table { row_bytes: usize, rows: usize },
}

impl Content {
    fn structure(&self) -> Structure {
        match self {
            Self::Nothing => Structure::Nothing,
            Self::Image(raster) => Structure::Image(raster.sample_type(), raster.shape()),
            Self::Table { row_bytes, rows, .. } => Structure::Table { row_bytes: *row_bytes, rows: *rows },
        }
    }
}

/// The header of a file whose only HDU is an image, structural cards first.
pub(super) fn image_header(cards: &Header, sample_type: SampleType, shape: Shape) -> Header {
    structured(true, false, cards, &Structure::Image(sample_type, shape))
}

/// The header as written: structural cards in the order FITS 4.0 section 4.4.1 demands, then the caller's.
fn structured(primary: bool, extensions_follow: bool, cards: &Header, structure: &Structure) -> Header {
    let mut header = Header::new();
    let own = |keyword: &str| cards.comment(keyword).unwrap_or_default();
    match (primary, structure) {
        (true, _) => header.set_logical(
            "SIMPLE",
            true,
            &cards.comment("SIMPLE").unwrap_or_else(|| "conforms to the FITS standard".into()),
        ),
        (false, Structure::Table { .. }) => header.set_text("XTENSION", "BINTABLE", "binary table"),
        (false, _) => header.set_text("XTENSION", "IMAGE", "image extension"),
    }
    let (bitpix, axes): (Bitpix, Vec<usize>) = match *structure {
        Structure::Nothing => (Bitpix::U8, Vec::new()),
        Structure::Table { row_bytes, rows } => (Bitpix::U8, vec![row_bytes, rows]),
        Structure::Image(sample_type, shape) => (bitpix(sample_type), axes(shape)),
    };
    header.set_integer("BITPIX", bitpix.code(), &own("BITPIX"));
    header.set_integer("NAXIS", axes.len() as i64, &own("NAXIS"));
    for (number, length) in (1..).zip(&axes) {
        let keyword = format!("NAXIS{number}");
        header.set_integer(&keyword, *length as i64, &own(&keyword));
    }
    if !primary {
        header.set_integer("PCOUNT", 0, "");
        header.set_integer("GCOUNT", 1, "");
    }
    let unsigned_zero = match structure {
        Structure::Image(SampleType::U16, _) => Some((1 << 15, "unsigned 16-bit samples")),
        Structure::Image(SampleType::U32, _) => Some((1 << 31, "unsigned 32-bit samples")),
        _ => None,
    };
    if let Some((bzero, comment)) = unsigned_zero.filter(|_| !cards.contains("BZERO")) {
        header.set_integer("BZERO", bzero, comment);
        header.set_integer("BSCALE", 1, "");
    }
    if primary && extensions_follow && !cards.contains("EXTEND") {
        header.set_logical("EXTEND", true, "extensions follow");
    }
    cards
        .cards()
        .filter(|card| !STRUCTURE.contains(&card.keyword().as_str()))
        .for_each(|card| header.push(card));
    header
}

/// How samples of a type are stored.
pub(super) fn bitpix(sample_type: SampleType) -> Bitpix {
    match sample_type {
        SampleType::U8 => Bitpix::U8,
        SampleType::I16 | SampleType::U16 => Bitpix::I16,
        SampleType::I32 | SampleType::U32 => Bitpix::I32,
        SampleType::I64 => Bitpix::I64,
        SampleType::F32 => Bitpix::F32,
        SampleType::F64 => Bitpix::F64,
    }
}

/// `NAXISn` of a raster: columns, rows and, when there are several, planes.
fn axes(Shape { planes, rows, columns }: Shape) -> Vec<usize> {
    if planes == 1 { vec![columns, rows] } else { vec![columns, rows, planes] }
}

/// Writes samples big-endian and says how many bytes they took.
pub(super) fn write_samples(out: &mut dyn Write, raster: &Raster) -> io::Result<usize> {
    match raster {
        Raster::U8(samples) => write_array(out, samples, |sample| [sample]),
        Raster::I16(samples) => write_array(out, samples, i16::to_be_bytes),
        // Subtracting BZERO 32768 flips the top bit.
        Raster::U16(samples) => write_array(out, samples, |sample| (sample ^ 0x8000).to_be_bytes()),
        Raster::I32(samples) => write_array(out, samples, i32::to_be_bytes),
        Raster::U32(samples) => write_array(out, samples, |sample| (sample ^ (1 << 31)).to_be_bytes()),
        Raster::I64(samples) => write_array(out, samples, i64::to_be_bytes),
        Raster::F32(samples) => write_array(out, samples, f32::to_be_bytes),
        Raster::F64(samples) => write_array(out, samples, f64::to_be_bytes),
    }
}

fn write_array<T: Copy, const N: usize>(
    out: &mut dyn Write,
    samples: &Array3<T>,
    big_endian: impl Fn(T) -> [u8; N],
) -> io::Result<usize> {
    let standard = samples.as_standard_layout();
    let mut buffer = vec![[0; N]; WRITE_BYTES / N];
    for chunk in standard.as_slice().unwrap_or_default().chunks(WRITE_BYTES / N) {
        for (bytes, sample) in buffer.iter_mut().zip(chunk) {
            *bytes = big_endian(*sample);
        }
        out.write_all(buffer[..chunk.len()].as_flattened())?;
    }
    Ok(samples.len() * N)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array;

    fn ramp(rows: usize, columns: usize) -> Raster {
        Raster::U16(Array::from_shape_fn((1, rows, columns), |(_, y, x)| (y * 1000 + x * 7) as u16))
    }

    fn bytes_of(writer: &FitsWriter) -> Vec<u8> {
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn unsigned_samples_are_stored_big_endian_behind_bzero() {
        let samples = ndarray::arr3(&[[[0u16, 1, 32768, 65535]]]);
        let bytes = bytes_of(&FitsWriter::new().image(Header::new(), Raster::U16(samples)));
        assert_eq!(bytes.len(), 2 * BLOCK_BYTES);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.integer("BZERO"), Some(32768));
        assert_eq!((header.integer("NAXIS1"), header.integer("NAXIS2")), (Some(4), Some(1)));
        assert_eq!(bytes[BLOCK_BYTES..BLOCK_BYTES + 8], [0x80, 0, 0x80, 1, 0, 0, 0x7f, 0xff]);
        assert!(bytes[BLOCK_BYTES + 8..].iter().all(|&byte| byte == 0), "data are padded with zeros");
    }

    #[test]
    fn the_callers_spelling_of_structure_is_kept_where_it_may_be() {
        let mut cards = Header::new();
        cards.set_logical("SIMPLE", true, "C# FITS");
        cards.set_integer("NAXIS1", 99, "Dimensionality");
        cards.set_real("BZERO", 32768.0, "offset");
        cards.set_text("OBJECT", "M 42", "");
        let bytes = bytes_of(&FitsWriter::new().image(cards, ramp(2, 3)));
        let header = Header::parse(&bytes).unwrap();
        let keywords: Vec<_> = header.cards().map(|card| card.keyword()).collect();
        assert_eq!(keywords, ["SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO", "OBJECT"]);
        assert_eq!(header.comment("SIMPLE").as_deref(), Some("C# FITS"));
        assert_eq!(header.integer("NAXIS1"), Some(3));
    }

    #[test]
    fn a_table_gets_an_empty_primary_and_its_columns_described() {
        let columns = [
            Column { name: "id", unit: "", values: ColumnValues::I64(vec![7, -1]) },
            Column { name: "ra", unit: "deg", values: ColumnValues::F64(vec![1.5, 2.5]) },
            Column { name: "mag", unit: "mag", values: ColumnValues::F32(vec![20.0, 21.0]) },
        ];
        let bytes = bytes_of(&FitsWriter::new().table(&Header::new(), &columns).unwrap());
        assert_eq!(bytes.len(), 3 * BLOCK_BYTES);
        let header = Header::parse(&bytes[BLOCK_BYTES..]).unwrap();
        assert_eq!((header.integer("NAXIS1"), header.integer("NAXIS2")), (Some(20), Some(2)));
        assert_eq!(header.text("TFORM2").as_deref(), Some("1D"));
        assert_eq!(bytes[2 * BLOCK_BYTES + 20..2 * BLOCK_BYTES + 28], (-1i64).to_be_bytes());
    }

    #[test]
    fn uneven_columns_are_refused() {
        let columns = [
            Column { name: "a", unit: "", values: ColumnValues::I64(vec![7]) },
            Column { name: "b", unit: "", values: ColumnValues::I64(vec![]) },
        ];
        assert!(matches!(FitsWriter::new().table(&Header::new(), &columns), Err(CreateError::UnevenColumns)));
    }

    #[test]
    fn nothing_but_the_finished_file_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let writer = FitsWriter::new().image(Header::new(), ramp(30, 40));
        let path = directory.path().join("a.fits");
        assert_eq!(writer.write(&path).unwrap(), 2 * BLOCK_BYTES as u64);
        writer.write_gzip(&directory.path().join("a.fits.gz")).unwrap();
        writer.write_rice(&directory.path().join("a.fits.fz")).unwrap();
        assert!(writer.write(&directory.path().join("missing/a.fits")).is_err());
        let mut names: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["a.fits", "a.fits.fz", "a.fits.gz"]);
        assert_eq!(std::fs::read(&path).unwrap(), bytes_of(&writer));
    }

    #[test]
    fn compressed_floats_are_the_same_bytes_every_time() {
        let directory = tempfile::tempdir().unwrap();
        let noise = Array::from_shape_fn((1, 40, 50), |(_, y, x)| ((y * 31 + x * 17) % 101) as f32 / 10.0);
        let ids = [Column { name: "id", unit: "", values: ColumnValues::I64(vec![1, 2, 3]) }];
        let writer = FitsWriter::new()
            .cards_only(Header::new())
            .image(Header::new(), Raster::F32(noise.clone()))
            .image(Header::new(), Raster::F32(noise))
            .table(&Header::new(), &ids)
            .unwrap();
        let [first, second] = ["1.fits.fz", "2.fits.fz"].map(|name| {
            let path = directory.path().join(name);
            writer.write_rice(&path).unwrap();
            std::fs::read(path).unwrap()
        });
        assert!(first == second);
        // Both images, not only the first, start dithering from the fixed seed.
        let seed = format!("ZDITHER0= {:>20}", rice::DITHER_SEED);
        let seeded = first.chunks(80).filter(|card| card.starts_with(seed.as_bytes())).count();
        assert_eq!(seeded, 2);
        let extension = Header::parse(&first[BLOCK_BYTES..]).unwrap();
        assert_eq!(extension.text("ZCMPTYPE").as_deref(), Some("RICE_1"));
        assert_eq!(extension.text("ZQUANTIZ").as_deref(), Some("SUBTRACTIVE_DITHER_1"));
    }
}
