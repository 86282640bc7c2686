//! The `[nina]` section of the settings.

use std::net::{AddrParseError, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::sensor::PatternSetting;

/// `[nina]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the settings file")]
pub struct NinaConfig {
    /// Directories of frames, watched recursively.
    pub directories: Vec<PathBuf>,
    /// Stretch: the level the median is brought to, 0 to 1.
    pub stretch_factor: f64,
    /// Stretch: black point in units of 1.4826 MAD from the median.
    pub black_clipping: f64,
    /// Stretch each colour channel by its own statistics.
    pub unlinked: bool,
    /// Debayer frames of colour cameras when a client leaves all processing to us.
    pub debayer: bool,
    /// Which sensor layout colours are interpolated by.
    pub bayer_pattern: PatternSetting,
    /// Whether errors show in the HTTP status.
    pub status_line: StatusLine,
    /// Whether pages of other origins may read the answers.
    pub cross_origin: bool,
    /// How many events `/event-history` tells of: the newest.
    pub events_shown: usize,
    /// Clients that may listen on the websocket at the same time.
    pub listeners: usize,
    /// Messages a slow listener may be behind before it loses the oldest.
    pub listener_queue: usize,
    /// Seconds between two pings to a listener; one that leaves three unanswered is taken for gone.
    pub ping_seconds: f64,
    /// Whether clients may put a prefix before the names of files.
    pub rename: bool,
    /// Bytes an uploaded file may have.
    pub upload_bytes: u64,
    /// Where the companion routes of Touch-N-Stars answer; empty: nowhere.
    pub companion_listen: String,
}

impl Default for NinaConfig {
    fn default() -> Self {
        Self {
            directories: Vec::new(),
            stretch_factor: 0.2,
            black_clipping: -2.8,
            unlinked: true,
            debayer: true,
            bayer_pattern: PatternSetting::Auto,
            status_line: StatusLine::Documented,
            cross_origin: true,
            events_shown: 1000,
            listeners: 256,
            listener_queue: 256,
            ping_seconds: 20.0,
            rename: false,
            upload_bytes: 512 << 20,
            companion_listen: String::new(),
        }
    }
}

impl NinaConfig {
    /// Where the companion routes answer, if anywhere.
    ///
    /// # Errors
    /// When the setting is no address with a port.
    pub fn companion_address(&self) -> Result<Option<SocketAddr>, AddrParseError> {
        let text = self.companion_listen.as_str();
        if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
    }

    /// How long between two pings; a number that is no duration counts as the default.
    pub fn ping_interval(&self) -> Duration {
        let seconds = Duration::try_from_secs_f64(self.ping_seconds).unwrap_or(Duration::from_secs(20));
        seconds.max(Duration::from_millis(1))
    }
}

/// What the HTTP status line of a handled N.I.N.A. error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusLine {
    /// The body's `StatusCode`, as the published API description documents.
    Documented,
    /// Always 200, as the plugin itself does.
    Plugin,
}
