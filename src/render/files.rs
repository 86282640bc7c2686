//! Files kept open with their headers parsed, so that a cutout costs reads and nothing else.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use moka::sync::Cache;

use super::Error;
use crate::fits::{FitsFile, HduIndex};
use crate::image_file;
use crate::pixel::Limits;
use crate::sky::{Wcs, WcsError};

/// An open FITS file with the WCS of its images, each parsed when first asked for.
#[derive(Debug)]
pub struct OpenFile {
    /// The file.
    pub fits: Arc<FitsFile>,
    /// One for each HDU.
    wcs: Arc<[OnceLock<SharedWcs>]>,
    /// How many small cutouts were made of it.
    cutouts: AtomicU32,
}

/// A WCS, or why there is none.
type SharedWcs = Result<Arc<Wcs>, Arc<WcsError>>;

impl OpenFile {
    fn open(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let fits = image_file::open(path, limits)?;
        let wcs = fits.hdus().iter().map(|_| OnceLock::new()).collect();
        Ok(Self { fits: Arc::new(fits), wcs, cutouts: AtomicU32::new(0) })
    }

    /// The same file with its bytes in memory.
    fn to_memory(&self) -> Result<Self, Error> {
        let fits = Arc::new(self.fits.to_memory()?);
        Ok(Self { fits, wcs: Arc::clone(&self.wcs), cutouts: AtomicU32::new(0) })
    }

    /// Every byte of the file, unpacked if it is packed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn bytes(&self) -> Result<Bytes, Error> {
        let mut bytes = vec![0; self.fits.byte_len() as usize];
        self.fits.read_exact_at(&mut bytes, 0)?;
        Ok(bytes.into())
    }

    /// A range of those bytes, read on the blocking pool.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(self: Arc<Self>, range: Range<u64>) -> Result<Bytes, Error> {
        let read = move || {
            let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
            self.fits.read_exact_at(&mut bytes, range.start)?;
            Ok(Bytes::from(bytes))
        };
        tokio::task::spawn_blocking(read).await.map_err(Error::Panicked)?
    }

    /// The WCS of an HDU, or of the primary when the HDU says `INHERIT = T` and has none of its own.
    ///
    /// # Errors
    /// Why there is none: no celestial axes, a projection we do not know, a singular matrix.
    pub fn wcs(&self, hdu: HduIndex) -> SharedWcs {
        let parse = || {
            let header = &self.fits.hdus()[hdu.0].header;
            match Wcs::parse(header.raw_bytes()) {
                Err(WcsError::NoCelestialAxes) if hdu.0 > 0 && header.logical("INHERIT") == Some(true) => {
                    self.wcs(HduIndex(0))
                }
                parsed => parsed.map(Arc::new).map_err(Arc::new),
            }
        };
        self.wcs
            .get(hdu.0)
            .map_or(Err(Arc::new(WcsError::NoCelestialAxes)), |slot| slot.get_or_init(parse).clone())
    }
}

/// The open files, bounded in number and in the memory that unpacked ones take; the least recently used is closed
/// first.
#[derive(Clone, Debug)]
pub struct Files {
    open: Cache<PathBuf, Arc<OpenFile>>,
    memory_bytes: u64,
    limits: Limits,
}

/// Small cutouts of one file after which it earns a place in memory, where the rows of one cost a tenth.
const CUTOUTS_WORTH_MEMORY: u32 = 32;
/// The part of the memory one such file may take.
const LARGEST_SHARE: u64 = 8;

impl Files {
    /// Keeps up to `files` files open that together take up to `memory_bytes`.
    pub fn new(files: u64, memory_bytes: u64, limits: Limits) -> Self {
        // Every file weighs at least its share of the memory, so that their number is bounded, too.
        let share = memory_bytes / files.max(1);
        let weigh = move |_: &PathBuf, file: &Arc<OpenFile>| {
            u32::try_from(file.fits.memory_bytes().max(share)).unwrap_or(u32::MAX)
        };
        let open = Cache::builder().max_capacity(memory_bytes).weigher(weigh).build();
        Self { open, memory_bytes, limits }
    }

    /// Counts a small cutout of `file`; whether it is time to [hold](Self::hold) it.
    pub fn earns_memory(&self, file: &OpenFile) -> bool {
        let made = file.cutouts.fetch_add(1, Ordering::Relaxed) + 1;
        made.is_multiple_of(CUTOUTS_WORTH_MEMORY)
            && !file.fits.is_in_memory()
            && file.fits.byte_len() <= self.memory_bytes / LARGEST_SHARE
    }

    /// Keeps every byte of `file` in memory, for as long as nothing else needs the room more. Blocks.
    ///
    /// # Errors
    /// When it cannot be read or changed meanwhile.
    pub fn hold(&self, file: &OpenFile) -> Result<(), Error> {
        self.open.insert(file.fits.path().to_owned(), Arc::new(file.to_memory()?));
        Ok(())
    }

    /// Memory the open files take, counting each at its share at least.
    pub fn memory_bytes(&self) -> u64 {
        self.open.weighted_size()
    }

    /// The file at `path` if it is open and, as far as the system knows without asking, unchanged. Does not block.
    pub fn at_hand(&self, path: &Path) -> Option<Arc<OpenFile>> {
        self.open.get(path).filter(|file| file.fits.was_current())
    }

    /// The file at `path`, opened anew if it changed on disk since it was opened. Blocks.
    ///
    /// # Errors
    /// When the file is gone or is not FITS.
    pub fn open(&self, path: &Path) -> Result<Arc<OpenFile>, Error> {
        if let Some(file) = self.open.get(path) {
            if file.fits.is_current() {
                return Ok(file);
            }
            self.open.invalidate(path);
        }
        let opened = self.open.try_get_with_by_ref(path, || OpenFile::open(path, &self.limits).map(Arc::new));
        Ok(opened?)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::fits::Header;
    use crate::fits::create::FitsWriter;
    use crate::pixel::Raster;

    fn written(path: &Path, value: u16) {
        let pixels = Raster::U16(Array3::from_elem((1, 8, 8), value));
        FitsWriter::new().image(Header::new(), pixels).write(path).unwrap();
    }

    #[test]
    fn file_that_is_cut_often_is_held_in_memory_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.fits");
        written(&path, 7);
        let files = Files::new(16, 1 << 20, Limits::default());
        assert!(files.at_hand(&path).is_none(), "nothing is open yet");
        let file = files.open(&path).unwrap();
        let earned = (0..CUTOUTS_WORTH_MEMORY).filter(|_| files.earns_memory(&file)).count();
        assert_eq!(earned, 1, "once, at the last of them");
        files.hold(&file).unwrap();
        let held = files.at_hand(&path).unwrap();
        assert!(held.fits.is_in_memory());
        assert_eq!(held.bytes().unwrap(), std::fs::read(&path).unwrap());
        std::fs::write(&path, b"SIMPLE  = something shorter").unwrap();
        assert!(files.at_hand(&path).is_none(), "the file is another one now");
    }

    #[test]
    fn file_too_large_for_its_share_stays_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.fits");
        written(&path, 7);
        let files = Files::new(1, std::fs::metadata(&path).unwrap().len(), Limits::default());
        let file = files.open(&path).unwrap();
        assert!((0..3 * CUTOUTS_WORTH_MEMORY).all(|_| !files.earns_memory(&file)));
    }
}
