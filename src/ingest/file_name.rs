//! What file names tell: the data id of an archive image, and the tokens of N.I.N.A.'s default pattern.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use regex::Regex;
use serde::Deserialize;

use crate::catalogue::ScienceIdScheme;

/// The parts of a data id a pattern may name.
const GROUPS: [&str; 8] = ["run", "camcol", "field", "filter", "tract", "patch_x", "patch_y", "sequence"];

/// A regular expression whose named groups (`run`, `camcol`, `field`, `filter`, `tract`, `patch_x`, `patch_y`,
/// `sequence`) find the parts of a data id. It is tried on the file name, then on the path below the directory of
/// the dataset with `/` between folders.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FileNamePattern(Regex);

/// Header keywords that tell parts of a data id, where they are not the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct CardNames(BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, String>> for CardNames {
    type Error = PatternError;

    fn try_from(names: BTreeMap<String, String>) -> Result<Self, PatternError> {
        match names.keys().find(|part| !GROUPS.contains(&part.as_str()) && *part != "patch") {
            Some(unknown) => Err(PatternError::UnknownGroup(unknown.clone())),
            None => Ok(Self(names)),
        }
    }
}

impl CardNames {
    /// The keyword that tells a part.
    pub fn of(&self, part: &str) -> Option<&str> {
        self.0.get(part).map(String::as_str)
    }
}

impl fmt::Display for CardNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(part, keyword)| write!(f, " {part}={keyword}"))
    }
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// Not a regular expression.
    #[error("the file name pattern is not a regular expression: {0}")]
    Syntax(#[from] regex::Error),
    /// A group that is no part of a data id.
    #[error(
        "'{0}' is no part of a data id; known are run, camcol, field, filter, tract, patch_x, patch_y, sequence"
    )]
    UnknownGroup(String),
    /// No group at all.
    #[error("the file name pattern names no part of a data id")]
    NoGroup,
}

impl TryFrom<String> for FileNamePattern {
    type Error = PatternError;

    fn try_from(pattern: String) -> Result<Self, PatternError> {
        let regex = Regex::new(&pattern)?;
        let mut groups = regex.capture_names().flatten().peekable();
        if groups.peek().is_none() {
            return Err(PatternError::NoGroup);
        }
        if let Some(unknown) = groups.find(|name| !GROUPS.contains(name)) {
            return Err(PatternError::UnknownGroup(unknown.to_owned()));
        }
        Ok(Self(regex))
    }
}

impl FileNamePattern {
    /// The names the pipelines of a scheme give their files.
    ///
    /// # Panics
    /// Never: the expressions are tested.
    pub fn usual(scheme: ScienceIdScheme) -> Self {
        let pattern = match scheme {
            // fpC-003325-z1-0171.fit.gz, calexp-005646-r4-0694.fits
            ScienceIdScheme::SdssCcd => r"(?<run>\d+)-(?<filter>[ugriz])(?<camcol>\d)-(?<field>\d+)",
            // deepCoadd-i-0-225,1.fits, deepCoadd/i/0/225,1.fits
            ScienceIdScheme::SdssCoadd => {
                r"(?:^|[-_/])(?<filter>[ugriz])[-_/](?<tract>\d+)[-_/](?<patch_x>\d+),(?<patch_y>\d+)"
            }
            // frame_0042.fits
            ScienceIdScheme::Sequence => r"(?<sequence>\d+)(?:\.[A-Za-z]+)+$",
        };
        Self(Regex::new(pattern).expect("the usual patterns are tested"))
    }

    /// The expression as given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parts found in the file name or else in the path below the dataset's directory.
    pub fn parts<'a>(&self, relative_path: &'a str) -> HashMap<&str, &'a str> {
        let file_name = relative_path.rsplit('/').next().unwrap_or(relative_path);
        let found = self.0.captures(file_name).or_else(|| self.0.captures(relative_path));
        let Some(found) = found else { return HashMap::new() };
        let group = |name| found.name(name).map(|part| (name, part.as_str()));
        self.0.capture_names().flatten().filter_map(group).collect()
    }
}

/// What N.I.N.A.'s default pattern `…/IMAGETYPE/DATETIME_FILTER_SENSORTEMP_EXPOSURETIMEs_FRAMENR` tells. The
/// last resort for files without these cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NinaFileName {
    /// Name of the folder the file is in: the image type.
    pub folder: Option<String>,
    /// Start of the exposure on the observatory's clock.
    pub started: Option<NaiveDateTime>,
    /// Filter.
    pub filter: Option<String>,
    /// Sensor temperature in degrees Celsius.
    pub temperature_c: Option<f64>,
    /// Exposure in seconds.
    pub exposure_s: Option<f64>,
}

static NINA_DEFAULT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?<time>\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)_(?<filter>[^_]*)_(?<temperature>-?\d+\.\d+)?_(?<exposure>\d+\.\d+)s_\d+",
    )
    .expect("tested")
});

impl NinaFileName {
    /// Reads the name of the folder, and the file name if it follows the pattern.
    pub fn read(path: &str) -> Self {
        let mut folders = path.rsplit('/');
        let name = folders.next().unwrap_or_default();
        let folder = folders.next().filter(|folder| !folder.is_empty()).map(str::to_owned);
        let Some(found) = NINA_DEFAULT.captures(name) else { return Self { folder, ..Self::default() } };
        let text = |group| found.name(group).map(|part| part.as_str()).filter(|text| !text.is_empty());
        Self {
            folder,
            started: text("time").and_then(|t| NaiveDateTime::parse_from_str(t, "%Y-%m-%d_%H-%M-%S").ok()),
            filter: text("filter").map(str::to_owned),
            temperature_c: text("temperature").and_then(|t| t.parse().ok()),
            exposure_s: text("exposure").and_then(|t| t.parse().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_tell_their_parts() {
        let ccd = FileNamePattern::usual(ScienceIdScheme::SdssCcd);
        for name in ["3325/1/fpC-003325-z1-0171.fit.gz", "calexp-3325-z1-171.fits"] {
            let parts = ccd.parts(name);
            assert_eq!((parts["filter"], parts["camcol"]), ("z", "1"), "{name}");
            assert_eq!(parts["run"].parse::<u32>().unwrap(), 3325);
            assert_eq!(parts["field"].parse::<u32>().unwrap(), 171);
        }
        let coadd = FileNamePattern::usual(ScienceIdScheme::SdssCoadd);
        for name in ["deepCoadd/i/0/225,1.fits", "deepCoadd-i-0-225,1.fits.fz", "i/0/225,1.fits"] {
            let parts = coadd.parts(name);
            let found = ["filter", "tract", "patch_x", "patch_y"].map(|group| parts[group]);
            assert_eq!(found, ["i", "0", "225", "1"], "{name}");
        }
        let sequence = FileNamePattern::usual(ScienceIdScheme::Sequence);
        assert_eq!(sequence.parts("night/frame2_0042.fits.gz")["sequence"], "0042");
        assert!(sequence.parts("night-7/horsehead.fits").is_empty());
        assert!(ccd.parts("horsehead.fits").is_empty());
    }

    #[test]
    fn default_nina_names_tell_their_tokens() {
        let name = NinaFileName::read("/n/2026-01-31/LIGHT/2026-01-31_22-02-04_Ha_-10.00_120.00s_0007.fits");
        assert_eq!(name.folder.as_deref(), Some("LIGHT"));
        assert_eq!(name.started.unwrap().to_string(), "2026-01-31 22:02:04");
        assert_eq!(name.filter.as_deref(), Some("Ha"));
        assert_eq!((name.temperature_c, name.exposure_s), (Some(-10.0), Some(120.0)));
        let unknown = NinaFileName::read("BIAS/2026-01-31_22-02-04___0.00s_0007.fits");
        assert_eq!((unknown.filter, unknown.temperature_c, unknown.exposure_s), (None, None, Some(0.0)));
        assert_eq!(NinaFileName::read("m13.fits"), NinaFileName::default());
    }
}
