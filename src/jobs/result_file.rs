//! The file of a result, to be read piece by piece.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

/// An open result; it can be read to its end even when its job is destroyed meanwhile.
#[derive(Clone, Debug)]
pub struct ResultFile {
    file: Arc<File>,
    modified: SystemTime,
}

impl ResultFile {
    /// Opens the file at `path`.
    pub(super) async fn open(path: PathBuf) -> io::Result<Self> {
        let open = move || {
            let file = File::open(path)?;
            let modified = file.metadata()?.modified()?;
            Ok(Self { file: Arc::new(file), modified })
        };
        tokio::task::spawn_blocking(open).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// When it was made.
    pub fn modified(&self) -> SystemTime {
        self.modified
    }

    /// A range of its bytes, read on the blocking pool.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn read(self, range: Range<u64>) -> io::Result<Bytes> {
        let read = move || {
            let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
            self.file.read_exact_at(&mut bytes, range.start)?;
            Ok(Bytes::from(bytes))
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
