//! When a file changed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What tells a changed file from the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// Size on disk.
    pub bytes: u64,
    /// Time of the last modification, nanoseconds since 1970.
    pub modified_ns: i64,
}

impl FileStamp {
    /// The stamp of the file at `path` now.
    ///
    /// # Errors
    /// What the system says when the file cannot be asked.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from_metadata(&fs::metadata(path)?))
    }

    /// The stamp of the file at `path` without asking another machine (`AT_STATX_DONT_SYNC`).
    #[cfg(target_os = "linux")]
    pub(super) fn last_heard_of(path: &Path) -> Option<Self> {
        use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

        let wanted = StatxFlags::SIZE | StatxFlags::MTIME;
        let heard = statx(CWD, path, AtFlags::STATX_DONT_SYNC, wanted).ok()?;
        let modified = heard.stx_mtime;
        Some(Self {
            bytes: heard.stx_size,
            modified_ns: nanoseconds(modified.tv_sec, modified.tv_nsec.into()),
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn last_heard_of(path: &Path) -> Option<Self> {
        Self::of(path).ok()
    }

    /// The modification time; one before 1970 counts as 1970.
    pub fn modified(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(self.modified_ns).unwrap_or(0))
    }

    pub(super) fn from_metadata(metadata: &fs::Metadata) -> Self {
        Self { bytes: metadata.len(), modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()) }
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
