//! An open FITS file: where its HDUs are and positional reads of its bytes. `docs/decisions/0001` says why
//! nothing is mapped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::card::CARD_BYTES;
use super::error::{FitsError, Result};
use super::file_bytes::{FileBytes, Opened};
use super::hdu::Hdu;
use super::header::Header;
use super::index::HduIndex;
use super::read_at::ReadAt;
use super::stamp::FileStamp;
use super::translation::{Translated, Translation};
use super::walk;
use crate::pixel::Limits;

/// A FITS file, plain, gzip or bzip2, with its HDUs located and its headers read. Cheap to share; every read says
/// where it reads, so threads do not disturb each other.
#[derive(Debug)]
pub struct FitsFile {
    path: PathBuf,
    bytes: FileBytes,
    is_unpacked: bool,
    stamp: FileStamp,
    hdus: Arc<[Hdu]>,
    limits: Limits,
}

impl FitsFile {
    /// Opens the file and reads all headers. Data that are missing at the end are no error here, only when they
    /// are asked for; see [`Self::ensure_complete`].
    ///
    /// # Errors
    /// When it cannot be read, is no FITS file, or its headers make no sense.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let Opened { bytes, stamp, start } = FileBytes::open(path, limits.unpacked_bytes)?;
        let hdus = walk::hdus(&bytes, start)?.into();
        let is_unpacked = !matches!(bytes, FileBytes::Disk(..));
        Ok(Self { path: path.to_owned(), bytes, is_unpacked, stamp, hdus, limits: *limits })
    }

    /// A file of another format as the FITS file it would be.
    ///
    /// # Errors
    /// When that makes no sense as FITS.
    pub fn translated(
        path: &Path,
        stamp: FileStamp,
        translation: Translation,
        limits: &Limits,
    ) -> Result<Self> {
        let translated = Translated::new(translation);
        let header = Header::parse(translated.header()).unwrap_or_default();
        let hdu = Hdu::describe(HduIndex(0), header, 0, translated.header().len() as u64)?;
        let (bytes, path) = (FileBytes::Translated(translated), path.to_owned());
        Ok(Self { path, bytes, is_unpacked: true, stamp, hdus: Arc::new([hdu]), limits: *limits })
    }

    /// The same file with every byte of it in memory, where reading needs no system call.
    ///
    /// # Errors
    /// When it cannot be read any more, or is no longer the one that was opened.
    pub fn to_memory(&self) -> Result<Self> {
        let mut bytes = vec![0; self.byte_len() as usize];
        self.read_exact_at(&mut bytes, 0)?;
        if !self.is_current() {
            return Err(FitsError::Io(io::Error::other("the file changed while it was read")));
        }
        Ok(Self {
            path: self.path.clone(),
            bytes: FileBytes::Memory(bytes),
            is_unpacked: self.is_unpacked,
            stamp: self.stamp,
            hdus: Arc::clone(&self.hdus),
            limits: self.limits,
        })
    }

    /// Size and time of the file when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// Whether the file under this path is still the one that was opened.
    pub fn is_current(&self) -> bool {
        FileStamp::of(&self.path).is_ok_and(|stamp| stamp == self.stamp)
    }

    /// As [`Self::is_current`], by what the system last heard of the file: a directory on another machine is not
    /// asked again, so nothing waits.
    pub fn was_current(&self) -> bool {
        FileStamp::last_heard_of(&self.path).is_some_and(|stamp| stamp == self.stamp)
    }

    /// Where the file is. For logs, never for answers.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name without directories, non-UTF-8 letters replaced.
    pub fn base_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// All HDUs in order; there is at least one.
    pub fn hdus(&self) -> &[Hdu] {
        &self.hdus
    }

    /// One HDU.
    ///
    /// # Errors
    /// [`FitsError::NoSuchHdu`].
    pub fn hdu(&self, index: HduIndex) -> Result<&Hdu> {
        self.hdus.get(index.0).ok_or(FitsError::NoSuchHdu(index))
    }

    /// The bounds this file was opened under.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Fails when data of any HDU reach past the end of the file, as in one that is still being written.
    ///
    /// # Errors
    /// [`FitsError::Truncated`].
    pub fn ensure_complete(&self) -> Result<()> {
        self.hdus.iter().try_for_each(|hdu| hdu.ensure_complete(self.byte_len()))
    }

    /// Bytes of the file, unpacked.
    pub fn byte_len(&self) -> u64 {
        self.bytes.byte_len()
    }

    /// Whether the file is something else on disk: packed as a whole, or of another format.
    pub fn is_unpacked(&self) -> bool {
        self.is_unpacked
    }

    /// All bytes, if they were read or unpacked into memory.
    pub(super) fn held(&self) -> Option<&[u8]> {
        match &self.bytes {
            FileBytes::Memory(bytes) => Some(bytes),
            FileBytes::Disk(..) | FileBytes::Translated(_) => None,
        }
    }

    /// Whether all bytes are in memory.
    pub fn is_in_memory(&self) -> bool {
        !matches!(self.bytes, FileBytes::Disk(..))
    }

    /// Memory this value holds: headers and, when they are in memory, all bytes. What a cache weighs it by.
    pub fn memory_bytes(&self) -> u64 {
        let headers: usize = self.hdus.iter().map(|hdu| 512 + 2 * CARD_BYTES * hdu.header.len()).sum();
        headers as u64 + self.bytes.memory_bytes()
    }

    /// Fills `buffer` from `offset` of the (unpacked) file.
    ///
    /// # Errors
    /// [`FitsError::Truncated`] when the file ends before, [`FitsError::Io`] otherwise.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.bytes.read_exact_at(buffer, offset)
    }
}

impl ReadAt for FitsFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.bytes.read_exact_at(buffer, offset)
    }

    fn byte_len(&self) -> u64 {
        self.bytes.byte_len()
    }
}

/// What of a file memory holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident<'a>(pub(super) &'a FitsFile);

impl ReadAt for Resident<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.0.bytes.read_resident_at(buffer, offset)
    }

    fn byte_len(&self) -> u64 {
        self.0.byte_len()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fits::testing::{Held, hdu};

    const IMAGE: &str = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3";

    #[test]
    fn a_replaced_file_is_noticed() {
        let held = Held::new(&hdu(IMAGE, &[7; 12]));
        let file = held.open();
        assert!(file.is_current());
        std::fs::write(&held.path, hdu(IMAGE, &[7; 3000])).unwrap();
        assert!(!file.is_current());
        std::fs::remove_file(&held.path).unwrap();
        assert!(!file.is_current());
    }

    #[test]
    fn names_that_are_no_utf8_or_look_like_commands_are_only_names() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        for name in [&b"a\xff.fits"[..], b"x.fits[1:2,1:2]", b"y.fits(z.fits)"] {
            let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
            fs::write(&path, hdu(IMAGE, &[7; 12])).unwrap();
            assert!(FitsFile::open(&path, &Limits::default()).is_ok());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
