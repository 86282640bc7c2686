//! The sections of the settings that say where files are.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{CardNames, FileNamePattern};
use crate::catalogue::{ArchiveId, Dataset, ScienceIdScheme};

/// `[ingest]`: how directories are watched.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// A file is read when its size and time have rested this long.
    pub settle_seconds: f64,
    /// How often a directory that cannot notify, or is not there, is looked at again.
    pub poll_seconds: f64,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { settle_seconds: 1.0, poll_seconds: 30.0 }
    }
}

impl IngestConfig {
    /// How long a file must rest; a number that is no duration counts as the default.
    pub fn settle(&self) -> Duration {
        Duration::try_from_secs_f64(self.settle_seconds).unwrap_or(Duration::from_secs(1))
    }

    /// How long between two looks; a number that is no duration counts as the default.
    pub fn poll(&self) -> Duration {
        Duration::try_from_secs_f64(self.poll_seconds).unwrap_or(Duration::from_secs(30))
    }
}

/// `[[archives]]`: one FITS archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveConfig {
    /// Its id in requests.
    pub id: ArchiveId,
    /// The naming authority of its dataset identifiers.
    pub authority: String,
    /// What it holds.
    #[serde(default)]
    pub datasets: Vec<DatasetConfig>,
}

/// `[[archives.datasets]]`: one directory of an archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// Its name in requests, in any case.
    pub name: Dataset,
    /// Where its files are, in folders of any depth.
    pub directory: PathBuf,
    /// How an image is numbered.
    pub science_id: ScienceIdScheme,
    /// How file names tell the data id; without it the usual names of the scheme.
    pub file_name: Option<FileNamePattern>,
    /// Which header cards tell the parts of the data id that file names do not; without it the usual ones.
    #[serde(default)]
    pub cards: CardNames,
}

#[cfg(test)]
mod tests {
    use config::{Config, File, FileFormat};

    use super::*;

    fn read(text: &str) -> Result<ArchiveConfig, config::ConfigError> {
        let source = File::from_str(text, FileFormat::Toml);
        Config::builder().add_source(source).build()?.try_deserialize()
    }

    #[test]
    fn an_archive_reads_with_every_key() {
        let archive = read(
            "id = 'DC_W13_Stripe82'\nauthority = 'example.org'\n[[datasets]]\nname = 'calexp'\n\
             directory = '/a/calexp'\nscience_id = 'sdss-ccd'\nfile_name = '(?<run>\\d+)-(?<field>\\d+)'\n\
             cards = { run = 'RUNID' }\n",
        )
        .unwrap();
        assert_eq!(archive.id.as_str(), "DC_W13_Stripe82");
        assert_eq!(archive.datasets[0].science_id, ScienceIdScheme::SdssCcd);
        assert_eq!(archive.datasets[0].cards.of("run"), Some("RUNID"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let dataset = |line: &str| {
            format!(
                "id = 'A'\nauthority = 'x'\n[[datasets]]\nname = 'raw'\ndirectory = 'd'\n\
                 science_id = 'sequence'\n{line}\n"
            )
        };
        assert!(read(&dataset("")).is_ok());
        for line in [
            "file_name = '('",
            "file_name = '(?<rum>\\d+)'",
            "file_name = 'no groups'",
            "folder = 'x'",
            "cards = { rum = 'RUN' }",
        ] {
            assert!(read(&dataset(line)).is_err(), "{line}");
        }
        assert!(read("id = 'a b'\nauthority = 'x'").is_err());
        let scheme = dataset("").replace("sequence", "sdss");
        assert!(read(&scheme).unwrap_err().to_string().contains("sdss-coadd"));
    }
}
