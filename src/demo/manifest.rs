//! What a demo directory should hold and whether it does: a small text file, finished last.
//!
//! It is begun before the first file, so that a killed run of the same version is taken up where it stopped, while
//! files of an older version or another scale are made anew.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Scale;

/// Name of the manifest in the demo's directory.
const NAME: &str = "demo.manifest";
/// Changes whenever the bytes of any file change.
pub(super) const VERSION: u32 = 1;

/// The first line: what the files were made by and for.
fn title(scale: Scale) -> String {
    format!("trifocal demo {VERSION} {scale:?}")
}

/// The state of a demo directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not ours, or of another version or scale: nothing in it can be kept.
    Foreign,
    /// A run of this version was cut short; whatever has its final name is whole.
    Begun,
    /// Finished; the files and their sizes in bytes.
    Finished(BTreeMap<String, u64>),
}

/// Reads the manifest.
pub(super) fn read(directory: &Path, scale: Scale) -> State {
    let Ok(text) = std::fs::read_to_string(path(directory)) else { return State::Foreign };
    let mut lines = text.lines();
    if lines.next() != Some(title(scale).as_str()) {
        return State::Foreign;
    }
    let mut files = BTreeMap::new();
    for line in lines {
        if line == "complete" {
            return State::Finished(files);
        }
        let entry = line.split_once(' ').and_then(|(bytes, name)| Some((name, bytes.parse().ok()?)));
        if let Some((name, bytes)) = entry {
            files.insert(name.to_owned(), bytes);
        }
    }
    State::Begun
}

/// Notes that files of this version and scale are being made.
pub(super) fn begin(directory: &Path, scale: Scale) -> io::Result<()> {
    replace(directory, &format!("{}\n", title(scale)))
}

/// Notes that all files are there.
pub(super) fn finish(directory: &Path, scale: Scale, files: &BTreeMap<String, u64>) -> io::Result<()> {
    let lines: String =
        files.iter().flat_map(|(name, bytes)| [bytes.to_string(), format!(" {name}\n")]).collect();
    replace(directory, &format!("{}\n{lines}complete\n", title(scale)))
}

fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

fn replace(directory: &Path, text: &str) -> io::Result<()> {
    let temporary = directory.join(format!(".{NAME}.part"));
    std::fs::File::create(&temporary)?.write_all(text.as_bytes())?;
    std::fs::rename(temporary, path(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finished_manifest_of_this_scale_counts() {
        let directory = tempfile::tempdir().unwrap();
        let state = |scale| read(directory.path(), scale);
        assert_eq!(state(Scale::Small), State::Foreign);
        begin(directory.path(), Scale::Small).unwrap();
        assert_eq!(state(Scale::Small), State::Begun);
        assert_eq!(state(Scale::Full), State::Foreign);
        let files = BTreeMap::from([("raw/a b.fit".to_owned(), 2880)]);
        finish(directory.path(), Scale::Small, &files).unwrap();
        assert_eq!(state(Scale::Small), State::Finished(files));
    }
}
