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
    /// Whether the kernel is asked to announce changes; if not, every directory is polled.
    pub notify: bool,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { settle_seconds: 1.0, poll_seconds: 30.0, notify: true }
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
    /// The telescope of its images where their headers name none.
    #[serde(default)]
    pub facility: Option<String>,
    /// The instrument of its images where their headers name none.
    #[serde(default)]
    pub instrument: Option<String>,
    /// What its filters let through; without any, those of SDSS for the SDSS schemes.
    #[serde(default)]
    pub bands: Vec<BandConfig>,
    /// What it holds.
    #[serde(default)]
    pub datasets: Vec<DatasetConfig>,
}

/// `[[archives.bands]]`: the wavelengths a filter lets through.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandConfig {
    /// Name of the filter, in any case.
    pub filter: String,
    /// The shortest wavelength.
    pub from_nm: f64,
    /// The longest wavelength.
    pub to_nm: f64,
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
    /// How far its images are reduced, 0 (raw from the instrument) to 4 (results of an analysis), in the words of
    /// ObsCore; without it by the usual names.
    #[serde(default)]
    pub calibration_level: Option<CalibrationLevel>,
    /// What its images are more precisely than images, for instance `lsst.calexp`.
    #[serde(default)]
    pub subtype: Option<String>,
}

/// A calibration level of ObsCore 1.1 §4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct CalibrationLevel(u8);

impl TryFrom<u8> for CalibrationLevel {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Self, Self::Error> {
        if level <= 4 { Ok(Self(level)) } else { Err("a calibration level is a number from 0 to 4") }
    }
}

impl DatasetConfig {
    /// How far its images are reduced: as set, else coadds 3, `raw` 1 and other exposures of a survey 2; files that
    /// are only numbered, 1.
    pub fn calibration_level(&self) -> u8 {
        let usual = match self.science_id {
            ScienceIdScheme::SdssCoadd => 3,
            ScienceIdScheme::SdssCcd if !self.name.eq_ignore_ascii_case("raw") => 2,
            ScienceIdScheme::SdssCcd | ScienceIdScheme::Sequence => 1,
        };
        self.calibration_level.map_or(usual, |level| level.0)
    }
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
            "calibration_level = 5",
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
