//! The image settings of the profile: what a picture looks like when a request does not say.

use crate::protocol::nina::NinaConfig;
use crate::protocol::nina::sensor::PatternSetting;

/// The settings later pictures follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageSettings {
    /// The level the median is brought to, 0 to 1.
    pub stretch_factor: f64,
    /// Black point in units of 1.4826 MAD from the median; finite.
    pub black_clipping: f64,
    /// Stretch each colour by its own statistics.
    pub unlinked: bool,
    /// Show frames of colour cameras in colour.
    pub debayer: bool,
    /// The sensor layout.
    pub pattern: PatternSetting,
}

impl From<&NinaConfig> for ImageSettings {
    fn from(config: &NinaConfig) -> Self {
        Self {
            stretch_factor: config.stretch_factor,
            black_clipping: config.black_clipping,
            unlinked: config.unlinked,
            debayer: config.debayer,
            pattern: config.bayer_pattern,
        }
    }
}

/// A setting clients may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `stretch_factor`
    StretchFactor,
    /// `black_clipping`
    BlackClipping,
    /// `unlinked`
    Unlinked,
    /// `debayer`
    Debayer,
    /// `pattern`
    Pattern,
}

/// Path in the profile → setting.
const PATHS: [(&str, Setting); 5] = [
    ("ImageSettings-AutoStretchFactor", Setting::StretchFactor),
    ("ImageSettings-BlackClipping", Setting::BlackClipping),
    ("ImageSettings-UnlinkedStretch", Setting::Unlinked),
    ("ImageSettings-DebayerImage", Setting::Debayer),
    ("CameraSettings-BayerPattern", Setting::Pattern),
];

impl Setting {
    /// The setting at a path of the profile, such as `ImageSettings-BlackClipping`.
    pub fn at(path: &str) -> Option<Self> {
        PATHS.iter().find(|(known, _)| *known == path).map(|(_, setting)| *setting)
    }
}

/// The value is not one the setting can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid value")]
pub struct InvalidValue;

impl ImageSettings {
    /// The settings with one of them changed to the value written in `text`.
    ///
    /// # Errors
    /// When the text is no value of that setting.
    pub fn with(mut self, setting: Setting, text: &str) -> Result<Self, InvalidValue> {
        match setting {
            Setting::StretchFactor => {
                self.stretch_factor =
                    number(text).filter(|factor| (0.0..=1.0).contains(factor)).ok_or(InvalidValue)?;
            }
            Setting::BlackClipping => self.black_clipping = number(text).ok_or(InvalidValue)?,
            Setting::Unlinked => self.unlinked = truth(text).ok_or(InvalidValue)?,
            Setting::Debayer => self.debayer = truth(text).ok_or(InvalidValue)?,
            Setting::Pattern => {
                let word = text.trim().to_owned();
                self.pattern = PatternSetting::try_from(word).map_err(|_| InvalidValue)?;
            }
        }
        Ok(self)
    }
}

/// A finite number; clients in some countries send a decimal comma.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ImageSettings {
        ImageSettings::from(&NinaConfig::default())
    }

    #[test]
    fn values_are_read_and_out_of_place_ones_refused() {
        let with = |path, text| settings().with(Setting::at(path).unwrap(), text);
        let quarter = ImageSettings { stretch_factor: 0.25, ..settings() };
        assert_eq!(with("ImageSettings-AutoStretchFactor", "0.25"), Ok(quarter));
        assert_eq!(with("ImageSettings-AutoStretchFactor", "0,25"), Ok(quarter));
        let clipped = ImageSettings { black_clipping: -1.5, ..settings() };
        assert_eq!(with("ImageSettings-BlackClipping", "-1.5"), Ok(clipped));
        assert!(!with("ImageSettings-UnlinkedStretch", "False").unwrap().unlinked);
        assert!(!with("ImageSettings-DebayerImage", "false").unwrap().debayer);
        let grbg = with("CameraSettings-BayerPattern", "GRBG").unwrap().pattern;
        assert_eq!(grbg.to_string(), "GRBG");
        for (path, text) in [
            ("ImageSettings-AutoStretchFactor", "1.5"),
            ("ImageSettings-AutoStretchFactor", "NaN"),
            ("ImageSettings-BlackClipping", "inf"),
            ("ImageSettings-BlackClipping", ""),
            ("ImageSettings-UnlinkedStretch", "1"),
            ("CameraSettings-BayerPattern", "grbg"),
        ] {
            assert_eq!(with(path, text), Err(InvalidValue), "{path} {text}");
        }
        assert_eq!(Setting::at("imagesettings-blackclipping"), None);
    }
}
