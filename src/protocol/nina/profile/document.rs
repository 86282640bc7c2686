//! The profile as a document: real values where this gateway has them, the capture program's defaults elsewhere.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use super::ImageSettings;
use crate::catalogue::HistoryEntry;
use crate::protocol::nina::json::LocalTime;

/// The name of the one profile.
const NAME: &str = "Trifocal";

/// Its id: clients only compare it.
const ID: &str = "7f1f0cda-0000-4000-8000-000000000001";

/// The sections of a profile of the capture program, beside those written out below.
const OTHER_SECTIONS: [&str; 16] = [
    "ApplicationSettings",
    "ColorSchemaSettings",
    "DomeSettings",
    "FlatWizardSettings",
    "MeridianFlipSettings",
    "PlanetariumSettings",
    "RotatorSettings",
    "FlatDeviceSettings",
    "SequenceSettings",
    "SwitchSettings",
    "WeatherDataSettings",
    "SafetyMonitorSettings",
    "AlpacaSettings",
    "ImageHistorySettings",
    "FocuserSettings",
    "PlateSolveSettings",
];

/// Sections written out in [`active`].
const OWN_SECTIONS: [&str; 9] = [
    "AstrometrySettings",
    "CameraSettings",
    "FilterWheelSettings",
    "FramingAssistantSettings",
    "GuiderSettings",
    "ImageFileSettings",
    "ImageSettings",
    "SnapShotControlSettings",
    "TelescopeSettings",
];

/// Whether a profile has a section of that name.
pub(super) fn has_section(name: &str) -> bool {
    OTHER_SECTIONS.contains(&name) || OWN_SECTIONS.contains(&name)
}

/// The profile as one of a list.
pub(super) fn listed(used: DateTime<FixedOffset>) -> Value {
    json!({
        "IsActive": true,
        "Name": NAME,
        "Description": "The image gateway",
        "Id": ID,
        "Location": "",
        "LastUsed": LocalTime(used),
    })
}

/// The profile in full. The sensor is as large as the newest frame, which decides the sizes some clients ask for.
pub(super) fn active(
    settings: &ImageSettings,
    newest: Option<&HistoryEntry>,
    used: DateTime<FixedOffset>,
) -> Value {
    let (columns, rows) = newest.map_or((0, 0), |entry| (entry.frame.facts.columns, entry.frame.facts.rows));
    let saved = newest.map(|entry| &entry.saved);
    let telescope = newest.and_then(|entry| entry.frame.facts.telescope.as_deref()).unwrap_or_default();
    let focal_length = saved.and_then(|saved| saved.focal_length_mm).unwrap_or(0.0);
    let gain = saved.and_then(|saved| saved.gain).unwrap_or(-1);
    let offset = saved.and_then(|saved| saved.offset).unwrap_or(-1);
    let mut document = json!({
        "Name": NAME,
        "Description": "The image gateway",
        "Id": ID,
        "LastUsed": LocalTime(used),
        "AstrometrySettings": {"Latitude": 0, "Longitude": 0, "Elevation": 0, "HorizonFilePath": ""},
        "CameraSettings": {
            "Id": "No_Device", "PixelSize": 3.8, "BitDepth": 16, "BayerPattern": settings.pattern.to_string(),
            "Gain": gain, "Offset": offset, "Temperature": 0, "CoolingDuration": 0, "WarmingDuration": 0,
        },
        "FilterWheelSettings": {"Id": "No_Device", "FilterWheelFilters": []},
        "FramingAssistantSettings": {
            "CameraHeight": rows, "CameraWidth": columns, "FieldOfView": 3, "LastSelectedImageSource": "NASA",
        },
        "GuiderSettings": {
            "GuiderName": "No_Guider", "PHD2ServerUrl": "localhost", "PHD2ServerPort": 4400, "PHD2Path": "",
        },
        "ImageFileSettings": {
            "FilePath": "", "FilePattern": "$$DATETIME$$_$$FILTER$$_$$SENSORTEMP$$_$$EXPOSURETIME$$s_$$FRAMENR$$",
            "FilePatternDARK": "", "FilePatternBIAS": "", "FilePatternFLAT": "", "FileType": "FITS",
            "TIFFCompressionType": "NONE", "XISFCompressionType": "NONE", "XISFChecksumType": "SHA256",
            "XISFByteShuffling": false, "FITSCompressionType": "NONE", "FITSAddFzExtension": false,
            "FITSUseLegacyWriter": true,
        },
        "ImageSettings": {
            "AnnotateImage": false, "DebayerImage": settings.debayer, "DebayeredHFR": true,
            "UnlinkedStretch": settings.unlinked, "AnnotateUnlimitedStars": false,
            "AutoStretchFactor": settings.stretch_factor, "BlackClipping": settings.black_clipping,
            "StarSensitivity": "High", "NoiseReduction": "None", "DetectStars": true, "AutoStretch": true,
        },
        "SnapShotControlSettings": {"ExposureDuration": 1, "Gain": gain, "Save": false, "Loop": false},
        "TelescopeSettings": {
            "Id": "No_Device", "Name": telescope, "FocalLength": focal_length, "FocalRatio": 0,
        },
    });
    if let Value::Object(sections) = &mut document {
        for name in OTHER_SECTIONS {
            sections.insert(name.to_owned(), json!({"Id": "No_Device"}));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::nina::NinaConfig;

    #[test]
    fn every_section_is_there_and_shows_the_settings() {
        let mut settings = ImageSettings::from(&NinaConfig::default());
        settings.black_clipping = -1.5;
        let used = DateTime::parse_from_rfc3339("2026-01-31T22:04:05+01:00").unwrap();
        let document = active(&settings, None, used);
        for name in OTHER_SECTIONS.iter().chain(&OWN_SECTIONS) {
            assert!(document[name].is_object() && has_section(name), "{name}");
        }
        assert_eq!(document["ImageSettings"]["BlackClipping"], -1.5);
        assert_eq!(document["CameraSettings"]["BayerPattern"], "Auto");
        assert_eq!(document["LastUsed"], "2026-01-31T22:04:05+01:00");
    }
}
