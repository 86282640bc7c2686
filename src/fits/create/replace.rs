//! A file appears under its name when it is whole, or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::CreateError;

/// Lets `fill` write under a temporary name beside `path` and renames the result.
pub(super) fn write_whole(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<u64, CreateError>,
) -> Result<u64, CreateError> {
    let temporary = beside(path, "part");
    // A leftover of a killed run would make cfitsio refuse.
    let _ = fs::remove_file(&temporary);
    let bytes = fill(&temporary)
        .and_then(|bytes| fs::rename(&temporary, path).map(|()| bytes).map_err(CreateError::from));
    if bytes.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    bytes
}

/// A hidden sibling of `path`, of an extension no scan takes for an image.
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{extension}"))
}
