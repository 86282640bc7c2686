//! The files of a source, as the file system has them now.

use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::source::Source;
use crate::fits::FileStamp;

/// What lies in the directories of a source.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Files the source may read by path, each once.
    pub(super) files: Vec<(PathBuf, FileStamp)>,
    /// Directories that are not there.
    pub(super) absent: Vec<PathBuf>,
    /// Folders that could not be listed.
    pub(super) problems: Vec<String>,
}

impl Walk {
    /// Lists every directory of the source, in its folders of any depth, through links, by path. Files are asked for
    /// their stamps with all threads of the pool it runs on.
    pub(super) fn over(source: &Source) -> Self {
        let mut walk = Self::default();
        for directory in &source.directories {
            if directory.is_dir() {
                walk.list(source, directory);
            } else {
                walk.absent.push(directory.clone());
            }
        }
        if source.directories.len() > 1 {
            walk.files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            walk.files.dedup_by(|a, b| a.0 == b.0);
        }
        walk
    }

    fn list(&mut self, source: &Source, directory: &Path) {
        let mut paths = Vec::new();
        for entry in WalkDir::new(directory).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && source.reads(entry.path()) => {
                    paths.push(entry.into_path());
                }
                Ok(_) => {}
                Err(error) if error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => {}
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        // A file that vanished since is simply not there.
        let stamped = |path: PathBuf| FileStamp::of(&path).ok().map(|stamp| (path, stamp));
        self.files.par_extend(paths.into_par_iter().filter_map(stamped));
    }

    /// Whether a file met before and not met now is gone for good: it does not exist any more, or the source
    /// does not hold such files any more. Not when its directory is absent or could not be listed.
    pub(super) fn is_gone(&self, source: &Source, path: &Path) -> bool {
        if self.absent.iter().any(|directory| path.starts_with(directory)) {
            return false;
        }
        let is_held =
            source.reads(path) && source.directories.iter().any(|directory| path.starts_with(directory));
        !is_held || is_missing(path)
    }
}

/// Whether there is certainly no such file.
pub(super) fn is_missing(path: &Path) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    std::fs::metadata(path).is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}
