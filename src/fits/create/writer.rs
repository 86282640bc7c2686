//! HDUs of arrays and cards become the bytes of a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::column::Column;
use super::error::CreateError;
use super::replace::{beside, write_whole};
use super::rice::rice_copy;
use super::structure::{Structure, structured};
use crate::fits::BLOCK_BYTES;
use crate::fits::header::Header;
use crate::fits::samples::{WRITE_BYTES, write_samples};
use crate::pixel::Raster;

/// What an HDU holds.
#[derive(Debug)]
enum Content {
    Nothing,
    Image(Raster),
    Table { row_bytes: usize, rows: usize, bytes: Vec<u8> },
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
            described.set_text(&format!("TFORM{number}"), &column.values.form().0, "");
            if !column.unit.is_empty() {
                described.set_text(&format!("TUNIT{number}"), column.unit, "");
            }
        }
        header.cards().for_each(|card| described.push(card));
        let widths: Vec<usize> = columns.iter().map(|column| column.values.form().1).collect();
        let row_bytes: usize = widths.iter().sum();
        let mut bytes = Vec::with_capacity(row_bytes * rows);
        for row in 0..rows {
            for (column, width) in columns.iter().zip(&widths) {
                column.values.push_bytes(row, *width, &mut bytes);
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
        let _ = fs::remove_file(&plain);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::create::column::ColumnValues;
    use crate::fits::create::rice::DITHER_SEED;
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
        let mut names: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["a.fits", "a.fits.fz", "a.fits.gz"]);
        assert_eq!(fs::read(&path).unwrap(), bytes_of(&writer));
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
            fs::read(path).unwrap()
        });
        assert!(first == second);
        // Both images, not only the first, start dithering from the fixed seed.
        let seed = format!("ZDITHER0= {DITHER_SEED:>20}");
        let seeded = first.chunks(80).filter(|card| card.starts_with(seed.as_bytes())).count();
        assert_eq!(seeded, 2);
        let extension = Header::parse(&first[BLOCK_BYTES..]).unwrap();
        assert_eq!(extension.text("ZCMPTYPE").as_deref(), Some("RICE_1"));
        assert_eq!(extension.text("ZQUANTIZ").as_deref(), Some("SUBTRACTIVE_DITHER_1"));
    }
}
