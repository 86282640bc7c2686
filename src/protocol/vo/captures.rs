//! The captures of the night as one more archive: frames that carry a WCS are found, described and cut like any
//! other image.

use std::path::PathBuf;

use super::bands::IMAGING;
use super::config::VoConfig;
use crate::catalogue::{ArchiveId, Dataset, NINA_ARCHIVE, NINA_DATASET, ScienceIdScheme};
use crate::ingest::{ArchiveConfig, BandConfig, CardNames, DatasetConfig};

/// The authority of captures when no archive and no setting names one.
const NO_AUTHORITY: &str = "unregistered";

/// The archives of the settings and, when there are directories with captures, the captures after them.
pub fn and_archives(
    archives: &[ArchiveConfig],
    directories: &[PathBuf],
    settings: &VoConfig,
) -> Vec<ArchiveConfig> {
    let captures = directories.first().and_then(|directory| captures(archives, directory.clone(), settings));
    archives.iter().cloned().chain(captures).collect()
}

fn captures(archives: &[ArchiveConfig], directory: PathBuf, settings: &VoConfig) -> Option<ArchiveConfig> {
    let first = archives.first().map(|archive| archive.authority.clone());
    let authority = Some(settings.authority.clone()).filter(|authority| !authority.is_empty()).or(first);
    let usual = IMAGING.iter().map(|(filter, from_nm, to_nm)| BandConfig {
        filter: (*filter).to_owned(),
        from_nm: *from_nm,
        to_nm: *to_nm,
    });
    Some(ArchiveConfig {
        id: ArchiveId::try_from(NINA_ARCHIVE).ok()?,
        authority: authority.unwrap_or_else(|| NO_AUTHORITY.to_owned()),
        facility: None,
        instrument: None,
        // Of two bands of one filter the first counts.
        bands: settings.bands.iter().cloned().chain(usual).collect(),
        datasets: vec![DatasetConfig {
            name: Dataset::try_from(NINA_DATASET).ok()?,
            directory,
            science_id: ScienceIdScheme::Sequence,
            file_name: None,
            cards: CardNames::default(),
            calibration_level: None,
            subtype: None,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_an_archive_when_there_are_any() {
        let settings = VoConfig::default();
        assert!(and_archives(&[], &[], &settings).is_empty());
        let archives = and_archives(&[], &["captures".into()], &settings);
        assert_eq!(archives[0].id.as_str(), "nina");
        assert_eq!(archives[0].authority, "unregistered");
        let named = VoConfig { authority: "my.org".to_owned(), ..VoConfig::default() };
        assert_eq!(and_archives(&[], &["captures".into()], &named)[0].authority, "my.org");
    }
}
