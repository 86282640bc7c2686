//! A file of another format, seen as the FITS file it would be: its header is known at once, its data are decoded
//! when somebody asks for them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::BLOCK_BYTES;
use super::create::image_header;
use super::error::{FitsError, Result};
use super::header::Header;
use super::image::Bitpix;
use super::read_at::ReadAt;
use super::samples::write_samples;
use crate::error::Classified;
use crate::pixel::{BandError, Raster, SampleType, Shape};

/// What it takes to see an image as a FITS file.
pub struct Translation {
    /// What the other format says of it, as cards; structural ones are written by us.
    pub cards: Header,
    /// The type its samples will have.
    pub sample_type: SampleType,
    /// Its extent; row 0 is the first of the FITS image.
    pub shape: Shape,
    /// Reads the samples; called once.
    pub decode: Box<dyn Fn() -> Result<Raster, BandError> + Send + Sync>,
}

impl fmt::Debug for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translation").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// The bytes of that FITS file.
#[derive(Debug)]
pub(super) struct Translated {
    translation: Translation,
    /// Whole blocks.
    header: Vec<u8>,
    data_bytes: usize,
    data: OnceLock<Result<Vec<u8>, Arc<dyn Classified>>>,
}

/// The decoder gave other samples than it promised.
#[derive(Debug, thiserror::Error)]
#[error("the file holds another image than its header says")]
struct Contradiction;

impl Classified for Contradiction {
    fn kind(&self) -> crate::error::ErrorKind {
        crate::error::ErrorKind::BrokenFile
    }
}

impl Translated {
    pub(super) fn new(translation: Translation) -> Self {
        let Translation { cards, sample_type, shape, .. } = &translation;
        let header = image_header(cards, *sample_type, *shape).to_block_bytes();
        let data_bytes = shape.samples() * Bitpix::of(*sample_type).bytes();
        Self { translation, header, data_bytes, data: OnceLock::new() }
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    fn data(&self) -> Result<&[u8]> {
        let data = self.data.get_or_init(|| self.decode().map_err(Arc::from));
        data.as_deref().map_err(|error| FitsError::Translated(Arc::clone(error)))
    }

    fn decode(&self) -> Result<Vec<u8>, BandError> {
        let raster = (self.translation.decode)()?;
        if (raster.sample_type(), raster.shape()) != (self.translation.sample_type, self.translation.shape) {
            return Err(Contradiction.into());
        }
        let mut bytes = Vec::with_capacity(self.data_bytes);
        write_samples(&mut bytes, &raster).map_err(|error| BandError::from(FitsError::Io(error)))?;
        Ok(bytes)
    }
}

impl ReadAt for Translated {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let held = self.byte_len();
        let needed = offset.saturating_add(buffer.len() as u64);
        if needed > held {
            return Err(FitsError::Truncated { needed, held });
        }
        let offset = offset as usize;
        let from_header = self.header.get(offset..).unwrap_or_default();
        let (front, buffer) = buffer.split_at_mut(from_header.len().min(buffer.len()));
        front.copy_from_slice(&from_header[..front.len()]);
        if buffer.is_empty() {
            return Ok(());
        }
        let data = self.data()?;
        let from_data = data.get(offset.saturating_sub(self.header.len())..).unwrap_or_default();
        let (samples, padding) = buffer.split_at_mut(from_data.len().min(buffer.len()));
        samples.copy_from_slice(&from_data[..samples.len()]);
        padding.fill(0);
        Ok(())
    }

    fn byte_len(&self) -> u64 {
        (self.header.len() + self.data_bytes.next_multiple_of(BLOCK_BYTES)) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ndarray::arr3;

    use super::*;
    use crate::fits::{FileStamp, FitsFile, HduIndex, SixteenBitFrame, section};
    use crate::pixel::{Limits, PixelBox, Scanlines};

    static DECODED: AtomicUsize = AtomicUsize::new(0);

    fn translated(decode: fn() -> Result<Raster, BandError>) -> Result<FitsFile> {
        let mut cards = Header::new();
        cards.set_text("FILTER", "Ha", "");
        cards.set_integer("NAXIS1", 99, "a lie that is not believed");
        let translation = Translation {
            cards,
            sample_type: SampleType::U16,
            shape: Shape { planes: 1, rows: 2, columns: 2 },
            decode: Box::new(decode),
        };
        let stamp = FileStamp { bytes: 10, modified_ns: 0 };
        FitsFile::translated(Path::new("x.xisf"), stamp, translation, &Limits::default())
    }

    #[test]
    fn headers_are_there_before_and_samples_only_when_asked_for() {
        let file = translated(|| {
            DECODED.fetch_add(1, Ordering::Relaxed);
            Ok(Raster::U16(arr3(&[[[0, 1], [40_000, 65_535]]])))
        });
        let file = Arc::new(file.unwrap());
        assert!(file.ensure_complete().is_ok() && file.is_unpacked());
        assert_eq!(file.hdus()[0].header.text("FILTER").as_deref(), Some("Ha"));
        assert_eq!(file.byte_len(), 2 * 2880);
        assert_eq!(DECODED.load(Ordering::Relaxed), 0);
        let mut whole = vec![1; 2 * 2880];
        file.read_exact_at(&mut whole, 0).unwrap();
        assert!(whole.starts_with(b"SIMPLE  =") && whole[2888..].iter().all(|&byte| byte == 0));
        assert!(file.read_exact_at(&mut whole, 1).is_err());
        let values = section::physical(&file, HduIndex(0), 0, PixelBox::whole(2, 2)).unwrap();
        assert_eq!(values.as_slice().unwrap(), [0.0, 1.0, 40_000.0, 65_535.0]);
        let frame = SixteenBitFrame::open(file, HduIndex(0)).unwrap();
        let mut band = [0; 4];
        frame.read(0..2, &mut band).unwrap();
        assert_eq!(band, [0, 1, 40_000, 65_535]);
        assert_eq!(DECODED.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_decoder_that_breaks_its_promise_is_an_error_of_the_file() {
        let file = translated(|| Ok(Raster::U16(arr3(&[[[0]]])))).unwrap();
        let asked = file.read_exact_at(&mut [0; 2], 2880);
        assert!(matches!(&asked, Err(FitsError::Translated(_))), "{asked:?}");
    }
}
