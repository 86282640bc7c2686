//! What a job does, and where it puts what it made.

use std::fmt::Debug;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::scratch::ScratchFull;
use super::{JobError, Jobs};
use crate::catalogue::{CatalogueError, Job, JobFailure, JobId, JobResult};

/// What jobs of one kind do. Stopped by dropping the future.
pub trait Task: Debug + Send + Sync {
    /// Does it, and puts every result into the outbox.
    fn perform(&self, job: Job, outbox: Outbox) -> BoxFuture<'_, Result<(), JobFailure>>;
}

/// Why a result cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// All room for results is taken.
    #[error(transparent)]
    Full(#[from] ScratchFull),
    /// The file cannot be written.
    #[error("the result cannot be written")]
    Io(#[from] std::io::Error),
    /// The catalogue cannot be written.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// What makes the bytes failed.
    #[error("the result cannot be made: {0}")]
    Source(String),
    /// The writing panicked.
    #[error("internal error")]
    Panicked(#[source] tokio::task::JoinError),
}

impl From<OutboxError> for JobError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Catalogue(error) => Self::Catalogue(error),
            other => Self::Scratch(std::io::Error::other(other)),
        }
    }
}

/// Takes the results of one job.
#[derive(Clone, Debug)]
pub struct Outbox {
    pub(super) jobs: Jobs,
    pub(super) job: JobId,
}

impl Outbox {
    /// Keeps a result of known length. `part` gives its bytes from an offset on, at most so many, on the blocking
    /// pool; an error it returns ends the result.
    ///
    /// # Errors
    /// When there is no room, the file cannot be written, or `part` fails.
    pub async fn put<E: std::error::Error>(
        &self,
        result: JobResult,
        part: impl Fn(u64, usize) -> Result<bytes::Bytes, E> + Send + 'static,
    ) -> Result<(), OutboxError> {
        let inner = &self.jobs.0;
        let path = inner.scratch.path(self.job.as_str(), result.number);
        let length = result.bytes;
        inner.scratch.reserve(self.job.as_str(), length)?;
        let room = Room { outbox: self.clone(), bytes: length, path, is_kept: false };
        let wanted = CancellationToken::new();
        let unwanted = wanted.clone();
        // The pool does not know when nobody waits any more: the job was stopped, or took too long.
        let _unless_done = wanted.drop_guard();
        let write = move || room.fill(part, &unwanted);
        tokio::task::spawn_blocking(write).await.map_err(OutboxError::Panicked).and_then(|done| done)?;
        Ok(inner.catalogue.put_job_result(&self.job, &result).await?)
    }
}

/// How much of a result is written at once.
const PART_BYTES: usize = 1 << 20;

/// Room for one result and its file; both are given back unless the result is whole.
struct Room {
    outbox: Outbox,
    bytes: u64,
    path: PathBuf,
    is_kept: bool,
}

impl Room {
    fn fill<E: std::error::Error>(
        mut self,
        part: impl Fn(u64, usize) -> Result<bytes::Bytes, E>,
        unwanted: &CancellationToken,
    ) -> Result<(), OutboxError> {
        let ended = |why: &str| OutboxError::Source(why.to_owned());
        if unwanted.is_cancelled() {
            return Err(ended("it is not wanted any more"));
        }
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::create(&self.path)?;
        let mut offset = 0;
        while offset < self.bytes {
            if unwanted.is_cancelled() {
                return Err(ended("it is not wanted any more"));
            }
            let bytes = part(offset, PART_BYTES).map_err(|error| OutboxError::Source(error.to_string()))?;
            if bytes.is_empty() {
                return Err(ended("it ended early"));
            }
            file.write_all(&bytes)?;
            offset += bytes.len() as u64;
        }
        // A result that is announced survives the death of the process, not of the machine.
        file.flush()?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !self.is_kept {
            // Often it was not even made.
            let _ = fs::remove_file(&self.path);
            self.outbox.jobs.0.scratch.release(self.outbox.job.as_str(), self.bytes);
        }
    }
}
