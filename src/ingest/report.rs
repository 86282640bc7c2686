//! What a scan found, and how it tells while it is at it.

use std::path::PathBuf;

use crate::catalogue::{FrameId, Origin};

/// A file that is a frame now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    /// The file.
    pub path: PathBuf,
    /// Its frame.
    pub frame: FrameId,
}

/// A file that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedFile {
    /// The file.
    pub path: PathBuf,
    /// Why, in one line.
    pub reason: String,
}

/// What one pass over a source did to the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanReport {
    /// The source.
    pub origin: Origin,
    /// New frames, in the order they were added: for the history the order of its entries.
    pub added: Vec<ReadFile>,
    /// Frames whose file changed, came back or has a new name.
    pub changed: Vec<ReadFile>,
    /// Files that are gone.
    pub removed: Vec<PathBuf>,
    /// Files read by this scan that cannot be shown.
    pub rejected: Vec<RejectedFile>,
    /// Files rejected before that did not change since.
    pub still_rejected: Vec<RejectedFile>,
    /// Files that are as they were.
    pub unchanged: u64,
    /// Files left alone because someone may still be writing them.
    pub unsettled: Vec<PathBuf>,
    /// Directories of the source that are not there; what is known of their files is kept.
    pub absent: Vec<PathBuf>,
    /// Folders that could not be listed.
    pub problems: Vec<String>,
}

impl ScanReport {
    /// A report of nothing.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            added: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            rejected: Vec::new(),
            still_rejected: Vec::new(),
            unchanged: 0,
            unsettled: Vec::new(),
            absent: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Whether the catalogue is not as it was.
    pub fn is_change(&self) -> bool {
        !(self.added.is_empty()
            && self.changed.is_empty()
            && self.removed.is_empty()
            && self.rejected.is_empty())
    }
}

/// Who wants to know how far a scan is.
pub trait Progress: Send + Sync {
    /// So many files are to be read.
    fn planned(&self, files: u64);
    /// So many more files are read and safely in the catalogue.
    fn advanced(&self, files: u64);
}

/// Nobody wants to know.
impl Progress for () {
    fn planned(&self, _: u64) {}
    fn advanced(&self, _: u64) {}
}
