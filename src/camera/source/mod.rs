//! What gives pictures, and the table from the scheme of a URL to it.
//!
//! A source is opened from a camera's settings alone; it connects when the supervisor says so, again and again,
//! and gives pictures or coded video until it fails.

mod address;
mod fetch;
mod folder;
mod gallery;
mod http;
mod parts;
mod pattern;
mod program;
mod rtsp;
mod steady;
mod strips;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use address::SourceUrl;
pub use gallery::{Answer, Gallery, GalleryError, Hanging, Still};
pub use pattern::read_stamp;

use super::config::CameraConfig;
use super::error::{CameraError, SourceError};
use super::frame::Moment;
use super::resolution::Resolution;
use super::video::coded::EncodedFrame;
use crate::clock::Clock;

/// Every kind of source: one line here, one file beside this one.
const SCHEMES: [(&str, Constructor); 9] = [
    ("test", pattern::open),
    ("file", folder::open),
    ("http", http::open),
    ("https", http::open),
    ("rtsp", rtsp::open),
    ("v4l2", program::open_device),
    ("ffmpeg", program::open_arguments),
    ("nina", gallery::open_newest),
    ("archive", gallery::open_show),
];

type Constructor = fn(&SourceUrl<'_>, &Surroundings) -> Result<Box<dyn Source>, CameraError>;

/// What sources are given of the world.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) clock: Arc<dyn Clock>,
    /// The frames of the night and the archives, where the service has them.
    pub(super) gallery: Option<Arc<dyn Gallery>>,
}

/// Something that can be connected to, again and again, and then gives pictures.
pub(super) trait Source: Send + Sync {
    /// Connects. The supervisor calls it again, later and later, when it fails or when a session ends.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>>;

    /// What is known of its pictures before the first one.
    fn expected(&self) -> Expected {
        Expected::default()
    }

    /// Whether it cannot do without the program `ffmpeg`.
    fn needs_ffmpeg(&self) -> bool {
        false
    }
}

/// What a source says of pictures to come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Expected {
    /// Their size.
    pub(super) resolution: Option<Resolution>,
    /// The time between two of them.
    pub(super) interval: Option<Duration>,
}

/// A connection that gives pictures until it fails. Dropping it disconnects.
pub(super) trait Session: Send {
    /// Waits for what comes next. An error ends the session.
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>>;
}

/// What a source gives.
#[derive(Clone, Debug)]
pub(super) enum Capture {
    /// A picture as it came, not yet checked.
    Picture {
        /// When its capture began, as near as the source can tell.
        captured: Moment,
        /// What should be a JPEG picture.
        jpeg: Bytes,
    },
    /// A piece of video that has to be decoded first.
    Coded(EncodedFrame),
}

/// Opens the source a camera's `url` names.
///
/// # Errors
/// [`CameraError::Url`] for an unknown scheme and for what the source says of the rest.
pub(super) fn open(
    config: &CameraConfig,
    surroundings: &Surroundings,
) -> Result<Box<dyn Source>, CameraError> {
    let known = || SCHEMES.map(|(scheme, _)| format!("{scheme}:")).join(", ");
    let fault = |reason: String| CameraError::Url { camera: config.name.clone(), reason, cause: None };
    let url = config.url.as_str();
    if url.contains(char::is_control) {
        return Err(fault("its url has a line break or another control character".to_owned()));
    }
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| fault(format!("its url has no scheme; known are {}", known())))?;
    let (_, constructor) = SCHEMES
        .iter()
        .find(|(known, _)| *known == scheme)
        .ok_or_else(|| fault(format!("no source for {scheme}: urls; known are {}", known())))?;
    constructor(&SourceUrl { config, rest }, surroundings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// Opens a camera's url among nothing else.
    pub(super) fn opened(url: &str) -> Result<Box<dyn Source>, CameraError> {
        let surroundings = Surroundings { clock: SystemClock::start(), gallery: None };
        open(&CameraConfig::new("dome", url), &surroundings)
    }

    pub(super) fn refusal(url: &str) -> String {
        opened(url).err().map(|error| error.to_string()).unwrap_or_default()
    }

    const KNOWN: &str = "known are test:, file:, http:, https:, rtsp:, v4l2:, ffmpeg:, nina:, archive:";

    #[test]
    fn an_unknown_scheme_is_named_together_with_the_known_ones() {
        assert_eq!(
            refusal("gopher://user:secret@host/"),
            format!("cameras: \"dome\": no source for gopher: urls; {KNOWN}")
        );
        assert_eq!(refusal("video0"), format!("cameras: \"dome\": its url has no scheme; {KNOWN}"));
    }

    #[test]
    fn urls_that_would_be_something_else_to_a_program_are_refused_or_stay_what_they_are() {
        for (url, words) in [
            ("concat:/etc/passwd|/etc/shadow", "no source for concat: urls"),
            ("pipe:0", "no source for pipe: urls"),
            ("subfile,,start,0,end,9,,:/etc/passwd", "no source for subfile,,start,0,end,9,,: urls"),
            ("http://camera/\r\nX-Evil: 1", "control character"),
            ("rtsp://camera/\n", "control character"),
            ("http://", "no camera can be reached"),
            ("http:///path", "no camera can be reached"),
            ("http:file:///etc/passwd", "no camera can be reached"),
            ("rtsp:-i /etc/passwd", "no camera can be reached"),
            ("v4l2:-i", "needs the path of a device"),
            ("v4l2:/etc/passwd", "needs the path of a device"),
            ("v4l2:/dev/../etc/passwd", "needs the path of a device"),
            ("v4l2:/dev/video0?format=mjpeg,-y", "is no format"),
        ] {
            let refusal = refusal(url);
            assert!(refusal.contains(words), "{url}: {refusal}");
        }
    }

    #[test]
    fn a_refusal_never_repeats_credentials() {
        for url in ["http://user:secret@/", "rtsp://user:secret@:99999/x", "rtsp://user:secret@host:0x/"] {
            let error = opened(url).err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
            assert!(!error.is_empty() && !error.contains("secret"), "{url}: {error}");
        }
    }
}
