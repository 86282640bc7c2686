//! Frames pushed by a client: into a folder of their own, then read like any other file.
//!
//! A file is written under a hidden name, and takes its real one when all of it is on disk: whoever watches the
//! folder never meets half a frame, and what was acknowledged outlives a power failure.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::scan::{ScanError, Scanner};
use super::source::Source;
use crate::catalogue::{FrameId, KnownState};
use crate::error::{Classified, ErrorKind};
use crate::image_file::is_named_like_an_image;

/// Uploads under way at the same time; each takes a file and a few kilobytes.
const AT_ONCE: usize = 8;

/// Ending of the hidden names.
const UNFINISHED: &str = "part";

/// Why an upload was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The name is no plain name of an image file.
    #[error("Invalid file name")]
    Name,
    /// A file of that name was uploaded before.
    #[error("File already exists")]
    Exists,
    /// More bytes than allowed.
    #[error("File too large")]
    TooLarge,
    /// As many uploads are under way as there may be.
    #[error("Too many uploads at the same time")]
    Busy,
    /// The bytes are no frame that can be shown.
    #[error("Not a frame that can be read")]
    NotAFrame,
    /// The disk does not take it.
    #[error("the file cannot be written")]
    Write(#[source] io::Error),
    /// The file cannot be read into the catalogue.
    #[error(transparent)]
    Scan(#[from] ScanError),
}

impl Classified for UploadError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Name | Self::Exists | Self::NotAFrame => ErrorKind::InvalidInput,
            Self::TooLarge => ErrorKind::TooLarge,
            Self::Busy => ErrorKind::Busy,
            Self::Write(_) => ErrorKind::Internal,
            Self::Scan(error) => error.kind(),
        }
    }
}

/// Where uploads go.
#[derive(Debug)]
pub struct Uploads {
    scanner: Arc<Scanner>,
    source: Source,
    directory: PathBuf,
    largest_bytes: u64,
    places: Arc<Semaphore>,
    begun: AtomicU64,
}

impl Uploads {
    /// Uploads into `directory`, which must be one of `source`; makes it, and removes what a killed process left
    /// unfinished in it.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(
        scanner: Arc<Scanner>,
        source: Source,
        directory: &Path,
        largest_bytes: u64,
    ) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        for entry in std::fs::read_dir(directory)?.flatten() {
            if entry.path().extension().is_some_and(|ending| ending == UNFINISHED) {
                std::fs::remove_file(entry.path())?;
            }
        }
        let places = Arc::new(Semaphore::new(AT_ONCE));
        // Paths are compared with those the scanner finds.
        let directory = std::path::absolute(directory)?;
        Ok(Self { scanner, source, directory, largest_bytes, places, begun: AtomicU64::new(0) })
    }

    /// Begins an upload under the name `name`.
    ///
    /// # Errors
    /// When the name cannot be used or too many uploads are under way.
    pub async fn begin(&self, name: &str) -> Result<Upload<'_>, UploadError> {
        let is_plain = name.len() <= 200 && !name.contains(['/', '\\']) && !name.contains(char::is_control);
        if !is_plain || !is_named_like_an_image(Path::new(name)) {
            return Err(UploadError::Name);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| UploadError::Busy)?;
        let path = self.directory.join(name);
        if path.exists() {
            return Err(UploadError::Exists);
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let unfinished = Unfinished(self.directory.join(format!(".{number}.{UNFINISHED}")));
        let file = File::create(&unfinished.0).await.map_err(UploadError::Write)?;
        Ok(Upload { uploads: self, path, unfinished, file, bytes: 0, _place: place })
    }
}

/// A file that goes unless it is finished.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a finished upload there is nothing under this name any more.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An upload under way; dropped, it never happened.
#[derive(Debug)]
pub struct Upload<'a> {
    uploads: &'a Uploads,
    path: PathBuf,
    unfinished: Unfinished,
    file: File,
    bytes: u64,
    _place: OwnedSemaphorePermit,
}

impl Upload<'_> {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they are too many or the disk does not take them.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.uploads.largest_bytes {
            return Err(UploadError::TooLarge);
        }
        self.file.write_all(bytes).await.map_err(UploadError::Write)
    }

    /// All bytes are there: gives the file its name and reads it into the catalogue. What is no frame is removed.
    ///
    /// # Errors
    /// When the name was taken meanwhile, or the file is no frame.
    pub async fn finish(mut self) -> Result<FrameId, UploadError> {
        self.file.flush().await.map_err(UploadError::Write)?;
        self.file.sync_all().await.map_err(UploadError::Write)?;
        // Unlike renaming, linking never replaces a file.
        tokio::fs::hard_link(&self.unfinished.0, &self.path).await.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => UploadError::Exists,
            _ => UploadError::Write(error),
        })?;
        let Uploads { scanner, source, .. } = self.uploads;
        let paths = std::slice::from_ref(&self.path);
        scanner.scan_files(source, paths).await?;
        let known =
            scanner.catalogue.known_file(&source.origin, &self.path).await.map_err(ScanError::from)?;
        match known {
            Some(known) if known.state == KnownState::Ok => Ok(known.frame),
            _ => {
                tokio::fs::remove_file(&self.path).await.map_err(UploadError::Write)?;
                scanner.scan_files(source, paths).await?;
                Err(UploadError::NotAFrame)
            }
        }
    }
}
