//! Where results lie: one folder for each job, all together within a number of bytes.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// There is no room for more results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for more results")]
pub struct ScratchFull;

/// The directory of all results.
#[derive(Debug)]
pub(super) struct Scratch {
    directory: PathBuf,
    most_bytes: u64,
    used: AtomicU64,
}

impl Scratch {
    /// The directory, created if need be; what lies in it counts.
    pub(super) fn open(directory: PathBuf, most_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let scratch = Self { directory, most_bytes, used: AtomicU64::new(0) };
        for name in scratch.folders()? {
            scratch.used.fetch_add(scratch.bytes_of(&name), Ordering::Relaxed);
        }
        Ok(scratch)
    }

    /// The names of all folders.
    pub(super) fn folders(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.directory)?;
        let named =
            |entry: io::Result<fs::DirEntry>| Some(entry.ok()?.file_name().to_string_lossy().into_owned());
        Ok(entries.filter_map(named).collect())
    }

    /// Where a result of a job is.
    pub(super) fn path(&self, job: &str, number: u32) -> PathBuf {
        self.directory.join(job).join(format!("result_{number}"))
    }

    /// Takes room for `bytes` more.
    pub(super) fn reserve(&self, bytes: u64) -> Result<(), ScratchFull> {
        let more = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.most_bytes);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map(|_| ())
            .map_err(|_| ScratchFull)
    }

    /// Gives room back that was not used after all.
    pub(super) fn release(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Bytes taken.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Removes the folder of a job and gives its room back.
    pub(super) fn remove(&self, job: &str) {
        let bytes = self.bytes_of(job);
        let path = self.directory.join(job);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Ok(()) => self.release(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, job, "results cannot be removed"),
        }
    }

    fn bytes_of(&self, job: &str) -> u64 {
        let Ok(entries) = fs::read_dir(self.directory.join(job)) else { return 0 };
        entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
    }
}
