//! Where files are and how their headers are read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{ArchiveConfig, CardNames, DatasetConfig, FileNamePattern};
use crate::catalogue::{Origin, ScienceIdScheme};

/// Endings of files that are read, in lower case; `.gz` and `.fz` may follow.
const FITS_ENDINGS: [&str; 3] = ["fits", "fit", "fts"];

/// One origin of frames: directories and the rules to read what is in them.
#[derive(Clone, Debug)]
pub struct Source {
    /// What its frames belong to.
    pub origin: Origin,
    /// Absolute paths of its directories.
    pub directories: Vec<PathBuf>,
    /// How a header becomes a row.
    pub reading: Reading,
}

/// How a header becomes a row.
#[derive(Clone, Debug)]
pub enum Reading {
    /// As an entry of the N.I.N.A. history.
    History,
    /// As an image of an archive.
    Image {
        /// How it is numbered.
        scheme: ScienceIdScheme,
        /// How its file name tells the data id.
        pattern: FileNamePattern,
        /// Which cards tell what the name does not.
        cards: CardNames,
    },
}

/// Raised whenever reading a header fills other columns than before: the next scan reads every file again.
const RULES_VERSION: u32 = 1;

impl Source {
    /// The captures of N.I.N.A. in some directories.
    pub fn nina(directories: &[PathBuf]) -> Self {
        let directories = directories.iter().map(|path| absolute(path)).collect();
        Self { origin: Origin::Nina, directories, reading: Reading::History }
    }

    /// One dataset of an archive.
    pub fn dataset(archive: &ArchiveConfig, dataset: &DatasetConfig) -> Self {
        let scheme = dataset.science_id;
        let pattern = dataset.file_name.clone().unwrap_or_else(|| FileNamePattern::usual(scheme));
        Self {
            origin: Origin::Archive { db: archive.id.clone(), dataset: dataset.name.clone() },
            directories: vec![absolute(&dataset.directory)],
            reading: Reading::Image { scheme, pattern, cards: dataset.cards.clone() },
        }
    }

    /// Every source of a configuration: the captures, if there are directories, then each dataset.
    pub fn all(nina_directories: &[PathBuf], archives: &[ArchiveConfig]) -> Vec<Self> {
        let nina = (!nina_directories.is_empty()).then(|| Self::nina(nina_directories));
        let datasets = archives
            .iter()
            .flat_map(|archive| archive.datasets.iter().map(move |dataset| Self::dataset(archive, dataset)));
        nina.into_iter().chain(datasets).collect()
    }

    /// The rules as text: when they differ from those of the last scan, every file is read again.
    pub fn rules(&self) -> String {
        match &self.reading {
            Reading::History => format!("{RULES_VERSION} history"),
            Reading::Image { scheme, pattern, cards } => {
                format!("{RULES_VERSION} image {scheme} {}{cards}", pattern.as_str())
            }
        }
    }

    /// The part of a path below the directory it belongs to, with `/` between folders.
    pub fn relative(&self, path: &Path) -> String {
        let below = self.directories.iter().find_map(|directory| path.strip_prefix(directory).ok());
        below.unwrap_or(path).to_string_lossy().into_owned()
    }
}

/// The path from the root, without asking the file system: links stay as the operator wrote them.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether a file is read at all, by its ending: `.fits`, `.fit` or `.fts` in any case, plain, `.gz` or `.fz`.
/// Hidden files and those still under a temporary name are not.
pub fn is_fits_name(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return false };
    let name = name.to_ascii_lowercase();
    let (base, packed) = match name.strip_suffix(".gz") {
        Some(base) => (base, false),
        None => name.strip_suffix(".fz").map_or((name.as_str(), false), |base| (base, true)),
    };
    let ending = base.rsplit_once('.').map(|(_, ending)| ending);
    let named = packed || ending.is_some_and(|ending| FITS_ENDINGS.contains(&ending));
    named && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_files_are_known_by_their_ending() {
        for name in ["a.fits", "A.FIT", "b.fts", "c.fits.gz", "d.FITS.fz", "e.fz", "x.y.fit"] {
            assert!(is_fits_name(Path::new(name)), "{name}");
        }
        for name in ["a.jpg", "fits", "a.gz", ".a.fits", "a.fits.part", "a.fits~", "a.fits.tmp"] {
            assert!(!is_fits_name(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn relative_paths_start_below_their_directory() {
        let source = Source::nina(&["/captures".into(), "/more".into()]);
        assert_eq!(source.relative(Path::new("/more/LIGHT/a.fits")), "LIGHT/a.fits");
    }
}
