//! What gives pictures, and the table from the scheme of a URL to it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::MissedTickBehavior;

use super::error::{CameraError, SourceError};
use super::frame::Moment;
use super::resolution::Resolution;
use super::{file, pattern};
use crate::clock::Clock;

/// Every kind of source: one line here, one file beside this one.
const SCHEMES: [(&str, Constructor); 2] = [("test", pattern::open), ("file", file::open)];

type Constructor = fn(&SourceUrl<'_>, Arc<dyn Clock>) -> Result<Box<dyn Source>, CameraError>;

/// Something that can be connected to, again and again, and then gives pictures.
pub(super) trait Source: Send + Sync {
    /// Connects. The supervisor calls it again, later and later, when it fails or when a session ends.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>>;

    /// What is known of its pictures before the first one.
    fn expected(&self) -> Expected {
        Expected::default()
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
    /// Waits for the next picture. An error ends the session.
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>>;
}

/// A picture as it came, not yet checked.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    /// When its capture began, as near as the source can tell.
    pub captured: Moment,
    /// What should be a JPEG picture.
    pub jpeg: Bytes,
}

/// Opens the source a camera's `url` names.
///
/// # Errors
/// [`CameraError::Url`] for an unknown scheme and for what the source says of the rest.
pub(super) fn open(camera: &str, url: &str, clock: Arc<dyn Clock>) -> Result<Box<dyn Source>, CameraError> {
    let known = || SCHEMES.map(|(scheme, _)| format!("{scheme}:")).join(", ");
    let fault = |reason: String| CameraError::Url { camera: camera.to_owned(), reason, cause: None };
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| fault(format!("its url has no scheme; known are {}", known())))?;
    let (_, constructor) = SCHEMES
        .iter()
        .find(|(known, _)| *known == scheme)
        .ok_or_else(|| fault(format!("no source for {scheme}: urls; known are {}", known())))?;
    constructor(&SourceUrl { camera, rest }, clock)
}

/// The part of a camera's URL behind the scheme, with the camera's name for error messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceUrl<'a> {
    pub(super) camera: &'a str,
    pub(super) rest: &'a str,
}

impl<'a> SourceUrl<'a> {
    /// What stands before the question mark.
    pub(super) fn path(self) -> &'a str {
        self.rest.split_once('?').map_or(self.rest, |(path, _)| path)
    }

    /// The `key=value` pairs behind the question mark; values are taken as they stand.
    pub(super) fn options(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    pub(super) fn fault(self, reason: impl Into<String>) -> CameraError {
        CameraError::Url { camera: self.camera.to_owned(), reason: reason.into(), cause: None }
    }

    pub(super) fn unknown_option(self, key: &str, known: &str) -> CameraError {
        self.fault(format!("its url has an unknown option \"{key}\"; known are {known}"))
    }

    /// A rate option, frames per second.
    pub(super) fn fps(self, value: &str) -> Result<f64, CameraError> {
        value
            .parse()
            .ok()
            .filter(|fps| (0.1..=120.0).contains(fps))
            .ok_or_else(|| self.fault(format!("fps={value} is not a rate from 0.1 to 120")))
    }
}

/// Pictures that are made or read by blocking work, one at each beat of a clock.
pub(super) trait Film: Send + 'static {
    /// The picture for this moment. Runs on the blocking pool.
    fn next(&mut self, at: Moment) -> Result<Bytes, SourceError>;
}

/// A session that asks a [`Film`] for a picture at a steady rate. A beat that is missed is left out.
pub(super) struct Projector<F> {
    film: Option<F>,
    beat: tokio::time::Interval,
    clock: Arc<dyn Clock>,
}

impl<F: Film> Projector<F> {
    pub(super) fn new(film: F, fps: f64, clock: Arc<dyn Clock>) -> Self {
        let mut beat = tokio::time::interval(Duration::from_secs_f64(fps.recip()));
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { film: Some(film), beat, clock }
    }

    async fn project(&mut self) -> Result<Capture, SourceError> {
        self.beat.tick().await;
        let captured = Moment::now(&*self.clock);
        let mut film = self.film.take().ok_or(SourceError::NoPictures("the source ended"))?;
        let (film, jpeg) = tokio::task::spawn_blocking(move || {
            let jpeg = film.next(captured);
            (film, jpeg)
        })
        .await
        .map_err(|_| SourceError::NoPictures("the source failed"))?;
        self.film = Some(film);
        Ok(Capture { captured, jpeg: jpeg? })
    }
}

impl<F: Film> Session for Projector<F> {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(self.project())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn refusal(url: &str) -> String {
        open("dome", url, SystemClock::start()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_unknown_scheme_is_named_together_with_the_known_ones() {
        assert_eq!(
            refusal("gopher://user:secret@host/"),
            "cameras: \"dome\": no source for gopher: urls; known are test:, file:"
        );
        assert_eq!(refusal("video0"), "cameras: \"dome\": its url has no scheme; known are test:, file:");
    }

    #[test]
    fn options_stand_behind_the_question_mark() {
        let url = SourceUrl { camera: "c", rest: "/a/b?fps=2&&x&y=1=2" };
        assert_eq!(url.path(), "/a/b");
        assert_eq!(url.options().collect::<Vec<_>>(), [("fps", "2"), ("x", ""), ("y", "1=2")]);
        assert_eq!(SourceUrl { camera: "c", rest: "" }.options().count(), 0);
    }

    #[test]
    fn a_rate_must_be_a_rate() {
        let url = SourceUrl { camera: "c", rest: "" };
        assert!((url.fps("12.5").unwrap() - 12.5).abs() < 1e-9);
        for value in ["", "0", "-1", "NaN", "inf", "1e9", "ten"] {
            assert!(url.fps(value).is_err(), "{value}");
        }
    }
}
