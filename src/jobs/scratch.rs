//! Where results lie: one folder for each job, all together within a number of bytes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// There is no room for more results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for more results")]
pub struct ScratchFull;

/// The directory of all results.
#[derive(Debug)]
pub(super) struct Scratch {
    directory: PathBuf,
    most_bytes: u64,
    taken: Mutex<Taken>,
}

/// Room that is taken, written or not.
#[derive(Debug, Default)]
struct Taken {
    bytes: u64,
    by_job: HashMap<String, u64>,
}

impl Taken {
    fn add(&mut self, job: &str, bytes: u64) {
        self.bytes += bytes;
        *self.by_job.entry(job.to_owned()).or_default() += bytes;
    }

    /// Nothing happens where the job's room was given back with its folder.
    fn subtract(&mut self, job: &str, bytes: u64) {
        let Some(of_job) = self.by_job.get_mut(job) else { return };
        let bytes = bytes.min(*of_job);
        *of_job -= bytes;
        self.bytes -= bytes;
    }
}

impl Scratch {
    /// The directory, created if need be; what lies in it counts.
    pub(super) fn open(directory: PathBuf, most_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let scratch = Self { directory, most_bytes, taken: Mutex::default() };
        for name in scratch.folders()? {
            let bytes = scratch.bytes_of(&name);
            scratch.taken().add(&name, bytes);
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

    /// Takes room for `bytes` more of a job.
    pub(super) fn reserve(&self, job: &str, bytes: u64) -> Result<(), ScratchFull> {
        let mut taken = self.taken();
        match taken.bytes.checked_add(bytes) {
            Some(sum) if sum <= self.most_bytes => {
                taken.add(job, bytes);
                Ok(())
            }
            _ => Err(ScratchFull),
        }
    }

    /// Gives room of a job back that was not used after all.
    pub(super) fn release(&self, job: &str, bytes: u64) {
        self.taken().subtract(job, bytes);
    }

    /// Bytes taken.
    pub(super) fn used(&self) -> u64 {
        self.taken().bytes
    }

    /// Bytes that may be taken.
    pub(super) fn most(&self) -> u64 {
        self.most_bytes
    }

    /// Removes the folder of a job and gives all its room back.
    pub(super) fn remove(&self, job: &str) {
        let path = self.directory.join(job);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, job, "results cannot be removed");
            }
            _ => {
                let mut taken = self.taken();
                let bytes = taken.by_job.remove(job).unwrap_or_default();
                taken.bytes -= bytes;
            }
        }
    }

    fn bytes_of(&self, job: &str) -> u64 {
        let Ok(entries) = fs::read_dir(self.directory.join(job)) else { return 0 };
        entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
