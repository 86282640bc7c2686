//! The `[[cameras]]` sections of the settings.

use std::time::Duration;

use serde::Deserialize;

use super::error::CameraError;
use super::look::fit::Fit;
use super::resolution::Resolution;
use super::ring::RingLimits;
use super::url::CameraUrl;
use crate::access::Secret;

/// One camera. Only `name` and `url` are required.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the settings file")]
pub struct CameraConfig {
    /// What the camera is called in requests, logs and metrics: letters, digits, `-`, `_`, `.`, at most 64.
    pub name: String,
    /// Where its pictures come from: `test:?size=1280x960&fps=25`, `file:/folder?fps=5`, `http://camera/stream`.
    pub url: CameraUrl,
    /// Name for a camera that asks for one, if it is not in the URL.
    #[serde(default)]
    pub username: String,
    /// Password that goes with it.
    #[serde(default)]
    pub password: Secret,
    /// Whether the certificate of an `https:` camera must be one the system trusts.
    #[serde(default = "yes")]
    pub verify_certificate: bool,
    /// Seconds between two pictures of an `http:` camera that gives single ones.
    #[serde(default = "poll_seconds")]
    pub poll_seconds: f64,
    /// Input arguments of an `ffmpeg:` camera, one per entry; no shell reads them.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Pictures left out after connecting; the first ones of USB cameras are dark.
    #[serde(default)]
    pub skip_frames: u32,
    /// Whether it is connected all the time (needed for pictures of the past) or while somebody asks.
    #[serde(default)]
    pub connect: Connect,
    /// Seconds an `on_demand` camera stays connected after the last request.
    #[serde(default = "linger_seconds")]
    pub linger_seconds: u32,
    /// Other ids it answers to. Left out, the first camera is also `internal` and the second `external`.
    #[serde(default)]
    pub aliases: Option<Vec<String>>,
    /// Answers requests that name no source. Left out everywhere, the first camera does.
    #[serde(default)]
    pub default: bool,
    /// Seconds of pictures kept in memory.
    #[serde(default = "buffer_seconds")]
    pub buffer_seconds: u32,
    /// Memory for these pictures, MiB. Short of it, older pictures are thinned out before time is lost.
    #[serde(default = "buffer_mib")]
    pub buffer_mib: u32,
    /// Pictures per second kept of what is older than two seconds.
    #[serde(default = "buffer_fps")]
    pub buffer_fps: f64,
    /// How pictures are kept: `auto` (as they came, unless they are larger than 1920 x 1200), `original`, `reduced`
    /// (within 1280 x 960, the most a client gets of the past; costs a scale and an encode per picture kept).
    #[serde(default)]
    pub buffer_pictures: Memory,
    /// Write the camera's name and the time into every picture; clients may also ask for it.
    #[serde(default)]
    pub timestamp: bool,
    /// Look for motion and tell clients of it.
    #[serde(default)]
    pub motion: bool,
    /// Part of the picture that must change for a motion, 0 to 1.
    #[serde(default = "motion_part")]
    pub motion_part: f64,
    /// JPEG quality of pictures that have to be scaled, 1 to 100.
    #[serde(default = "quality")]
    pub quality: u8,
    /// How a picture is placed into a size of another shape: `auto`, `letterbox`, `crop`, `stretch`.
    #[serde(default)]
    pub fit: Fit,
    /// What is shown when the camera is gone: `placeholder`, `last`, `error`, `close`.
    #[serde(default)]
    pub offline: OfflinePolicy,
    /// Sizes offered beside the usual ones, such as `"1024x768"`.
    #[serde(default)]
    pub resolutions: Vec<Resolution>,
    /// Encode pictures again that are progressive, CMYK, 4:1:1 or 4:4:0; many decoders fail on them.
    #[serde(default = "yes")]
    pub normalise: bool,
    /// Streams served at the same time.
    #[serde(default = "max_viewers")]
    pub max_viewers: usize,
    /// Of these, streams to one address; 0 sets no bound.
    #[serde(default)]
    pub max_viewers_per_address: usize,
    /// Sizes other than the camera's own that are streamed at the same time.
    #[serde(default = "max_sizes")]
    pub max_sizes: usize,
}

/// How pictures are kept in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// As they came, unless they are very big.
    #[default]
    Auto,
    /// As they came.
    Original,
    /// As small as they are given out.
    Reduced,
}

/// When a camera is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connect {
    /// From start to stop.
    #[default]
    Always,
    /// While somebody watches or asks, and some seconds more. Its memory begins when it is connected.
    OnDemand,
}

/// What a viewer gets of a camera that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfflinePolicy {
    /// A notice of the size asked for; streams go on.
    #[default]
    Placeholder,
    /// The last picture with one line over it; streams go on.
    Last,
    /// An error; streams end.
    Error,
    /// An error for single pictures, silence and the end for streams.
    Close,
}

fn buffer_seconds() -> u32 {
    30
}

fn buffer_mib() -> u32 {
    128
}

fn buffer_fps() -> f64 {
    10.0
}

fn motion_part() -> f64 {
    0.01
}

fn quality() -> u8 {
    80
}

fn yes() -> bool {
    true
}

fn poll_seconds() -> f64 {
    1.0
}

fn linger_seconds() -> u32 {
    30
}

fn max_viewers() -> usize {
    1000
}

fn max_sizes() -> usize {
    8
}

impl CameraConfig {
    /// A camera with the usual settings.
    pub fn new(name: &str, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            url: url.into(),
            username: String::new(),
            password: Secret::default(),
            verify_certificate: yes(),
            poll_seconds: poll_seconds(),
            arguments: Vec::new(),
            skip_frames: 0,
            connect: Connect::default(),
            linger_seconds: linger_seconds(),
            aliases: None,
            default: false,
            buffer_seconds: buffer_seconds(),
            buffer_mib: buffer_mib(),
            buffer_fps: buffer_fps(),
            buffer_pictures: Memory::default(),
            timestamp: false,
            motion: false,
            motion_part: motion_part(),
            quality: quality(),
            fit: Fit::default(),
            offline: OfflinePolicy::default(),
            resolutions: Vec::new(),
            normalise: yes(),
            max_viewers: max_viewers(),
            max_viewers_per_address: 0,
            max_sizes: max_sizes(),
        }
    }

    /// What the ring may hold, when all rings together get `share` (0 to 1) of what they ask for.
    pub(super) fn ring_limits(&self, share: f64) -> RingLimits {
        RingLimits {
            span: Duration::from_secs(u64::from(self.buffer_seconds)),
            bytes: (f64::from(self.buffer_mib) * share * f64::from(1 << 20)) as usize,
            fps: self.buffer_fps,
        }
    }

    /// How long it stays connected for nobody, if it is not always.
    pub(super) fn linger(&self) -> Duration {
        Duration::from_secs(u64::from(self.linger_seconds))
    }

    /// A complaint about this section.
    pub(super) fn fault(&self, reason: &str) -> CameraError {
        CameraError::Config(format!("\"{}\": {reason}", self.name))
    }

    /// Whether every number is in its range.
    pub(super) fn check(&self) -> Result<(), CameraError> {
        let fault = |reason: &str| Err(self.fault(reason));
        if !(1..=100).contains(&self.quality) {
            return fault("quality must be 1 to 100");
        }
        if self.buffer_seconds > 3600 {
            return fault("buffer_seconds must be at most 3600");
        }
        if !(0.1..=120.0).contains(&self.buffer_fps) {
            return fault("buffer_fps must be 0.1 to 120");
        }
        if self.linger_seconds == 0 {
            return fault("linger_seconds must be at least 1");
        }
        if !(0.0..=1.0).contains(&self.motion_part) {
            return fault("motion_part must be 0 to 1");
        }
        if !(0.05..=3600.0).contains(&self.poll_seconds) {
            return fault("poll_seconds must be 0.05 to 3600");
        }
        if self.buffer_mib == 0 || self.max_viewers == 0 {
            return fault("buffer_mib and max_viewers must be at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let broken = |change: fn(&mut CameraConfig)| {
            let mut camera = CameraConfig::new("dome", "test:");
            change(&mut camera);
            camera.check().unwrap_err().to_string()
        };
        assert!(broken(|c| c.quality = 0).contains("\"dome\": quality"));
        assert!(broken(|c| c.buffer_fps = f64::NAN).contains("buffer_fps"));
        assert!(broken(|c| c.buffer_mib = 0).contains("buffer_mib"));
        assert!(broken(|c| c.buffer_seconds = 9999).contains("buffer_seconds"));
    }

    #[test]
    fn a_section_has_defaults_and_refuses_unknown_keys() {
        let read = |text: &str| serde_json::from_str::<CameraConfig>(text);
        assert_eq!(read(r#"{"name":"dome","url":"test:"}"#).unwrap(), CameraConfig::new("dome", "test:"));
        let full =
            read(r#"{"name":"d","url":"test:","fit":"crop","offline":"last","resolutions":["1024x768"]}"#)
                .unwrap();
        assert_eq!((full.fit, full.offline), (Fit::Crop, OfflinePolicy::Last));
        assert_eq!(full.resolutions, [Resolution::new(1024, 768)]);
        assert!(read(r#"{"name":"d","url":"test:","colour":1}"#).unwrap_err().to_string().contains("colour"));
        assert!(read(r#"{"name":"d"}"#).is_err());
    }
}
