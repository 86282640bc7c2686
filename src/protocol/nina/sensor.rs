//! Sensor layouts by the names and numbers of the capture program.

use std::fmt;

use serde::Deserialize;

use crate::pixel::BayerPattern;

/// What lies before a sensor's pixels. Only mosaics of red, green and blue can be turned into colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorType {
    /// Nothing.
    Monochrome,
    /// Colours without a mosaic.
    Color,
    /// Cyan, magenta, yellow and green.
    Cmyg,
    /// The same in another order.
    Cmyg2,
    /// With unfiltered pixels.
    Lrgb,
    /// Red, green and blue.
    Mosaic(BayerPattern),
}

/// Name, number and layout, as the capture program counts them.
const SENSOR_TYPES: [(&str, &str, SensorType); 13] = [
    ("Monochrome", "0", SensorType::Monochrome),
    ("Color", "1", SensorType::Color),
    ("RGGB", "2", SensorType::Mosaic(BayerPattern::Rggb)),
    ("CMYG", "3", SensorType::Cmyg),
    ("CMYG2", "4", SensorType::Cmyg2),
    ("LRGB", "5", SensorType::Lrgb),
    ("BGGR", "20", SensorType::Mosaic(BayerPattern::Bggr)),
    ("GBRG", "21", SensorType::Mosaic(BayerPattern::Gbrg)),
    ("GRBG", "22", SensorType::Mosaic(BayerPattern::Grbg)),
    ("GRGB", "23", SensorType::Mosaic(BayerPattern::Grgb)),
    ("GBGR", "24", SensorType::Mosaic(BayerPattern::Gbgr)),
    ("RGBG", "25", SensorType::Mosaic(BayerPattern::Rgbg)),
    ("BGRG", "26", SensorType::Mosaic(BayerPattern::Bgrg)),
];

impl SensorType {
    /// The layout of that name, in exactly this spelling, or number.
    pub fn by_word(word: &str) -> Option<Self> {
        let found = SENSOR_TYPES.iter().find(|(name, number, _)| [*name, *number].contains(&word));
        found.map(|(.., layout)| *layout)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = SENSOR_TYPES.iter().find(|(.., layout)| *layout == self);
        found.map_or("Monochrome", |(name, ..)| name)
    }
}

/// Which layout colours are interpolated by when a request names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PatternSetting {
    /// The frame's own.
    #[default]
    Auto,
    /// None: pictures stay grey.
    None,
    /// Always this one.
    Always(SensorType),
}

/// The word names no sensor layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no sensor layout; Auto, None, Monochrome, RGGB, GRBG and the like are")]
pub struct UnknownPattern(String);

impl TryFrom<String> for PatternSetting {
    type Error = UnknownPattern;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "Auto" => Ok(Self::Auto),
            "None" => Ok(Self::None),
            name => SensorType::by_word(name).map(Self::Always).ok_or(UnknownPattern(word)),
        }
    }
}

impl fmt::Display for PatternSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "Auto",
            Self::None => "None",
            Self::Always(layout) => layout.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_known_by_exact_name_or_number() {
        for (name, number, layout) in SENSOR_TYPES {
            assert_eq!(SensorType::by_word(name), Some(layout));
            assert_eq!(SensorType::by_word(number), Some(layout));
            assert_eq!(layout.name(), name);
        }
        for word in ["rggb", "", "6", "RGGB ", "Auto"] {
            assert_eq!(SensorType::by_word(word), None, "{word}");
        }
    }

    #[test]
    fn settings_read_back_as_they_are_written() {
        for word in ["Auto", "None", "Monochrome", "GRBG", "CMYG2"] {
            assert_eq!(PatternSetting::try_from(word.to_owned()).unwrap().to_string(), word);
        }
        assert!(PatternSetting::try_from("auto".to_owned()).is_err());
    }
}
