//! Where files are and how their headers are read.

use std::path::{Path, PathBuf};

use super::{ArchiveConfig, CardNames, DatasetConfig, FileNamePattern};
use crate::catalogue::{Origin, ScienceIdScheme};
use crate::image_file::{is_named_like_an_image, is_named_like_fits};

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
const RULES_VERSION: u32 = 3;

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

    /// Whether a file of this name may belong to the source: captures may be of any format, archives are FITS. What
    /// the file really is, its content decides.
    pub fn reads(&self, path: &Path) -> bool {
        match self.reading {
            Reading::History => is_named_like_an_image(path),
            Reading::Image { .. } => is_named_like_fits(path),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_start_below_their_directory() {
        let source = Source::nina(&["/captures".into(), "/more".into()]);
        assert_eq!(source.relative(Path::new("/more/LIGHT/a.fits")), "LIGHT/a.fits");
    }
}
