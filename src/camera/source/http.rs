//! `http:` and `https:` cameras: a stream of pictures when the camera answers with one, else a picture that is
//! asked for again and again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use tokio::time::MissedTickBehavior;

use super::address::SourceUrl;
use super::fetch::Fetcher;
use super::parts::PictureReader;
use super::{Capture, Expected, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::clock::Clock;

/// Longest single picture.
const LONGEST_BYTES: usize = 32 << 20;
/// Longest time a single picture may take.
const PICTURE: Duration = Duration::from_secs(10);
/// Failures in a row after which polling starts anew, with the supervisor's patience.
const MOST_FAILURES: u32 = 3;

/// Reads `http:` and `https:` URLs. The whole of them is the camera's own.
pub(super) fn open(url: &SourceUrl<'_>, surroundings: &Surroundings) -> Result<Box<dyn Source>, CameraError> {
    let (address, credentials) = url.network()?;
    let trusting = !url.config.verify_certificate;
    let fetcher = Fetcher::new(address, credentials, trusting)
        .map_err(|_| url.fault("TLS cannot be set up for its url"))?;
    Ok(Box::new(HttpCamera {
        fetcher: Arc::new(fetcher),
        pause: Duration::from_secs_f64(url.config.poll_seconds),
        clock: surroundings.clock.clone(),
    }))
}

struct HttpCamera {
    fetcher: Arc<Fetcher>,
    pause: Duration,
    clock: Arc<dyn Clock>,
}

impl Source for HttpCamera {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let answer = self.fetcher.get().await?;
            let clock = self.clock.clone();
            Ok(match Kind::of(&answer)? {
                Kind::Stream => {
                    let body = answer.into_body();
                    Box::new(Stream { body, reader: PictureReader::new(), clock }) as Box<dyn Session>
                }
                Kind::Picture => {
                    let mut beat = tokio::time::interval(self.pause);
                    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    let first = Some(answer);
                    Box::new(Polling { fetcher: self.fetcher.clone(), first, beat, clock, failures: 0 })
                }
            })
        })
    }

    fn expected(&self) -> Expected {
        // Until pictures tell: a camera that is polled gives one per pause, and a stream is faster than that.
        Expected { resolution: None, interval: Some(self.pause) }
    }
}

/// What a camera answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stream,
    Picture,
}

impl Kind {
    /// By the media type; pages and documents are refused, anything unknown is searched for pictures.
    fn of(answer: &Response<Incoming>) -> Result<Self, SourceError> {
        let media_type =
            answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        Self::of_media_type(media_type)
    }

    fn of_media_type(media_type: &str) -> Result<Self, SourceError> {
        let essence = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match essence.split_once('/').map_or((essence.as_str(), ""), |parts| parts) {
            ("image", _) => Ok(Self::Picture),
            ("text", _) => Err(SourceError::NoPictures("it answers with a page of text, not with pictures")),
            ("application", "json" | "xml" | "xhtml+xml") => {
                Err(SourceError::NoPictures("it answers with a document, not with pictures"))
            }
            _ => Ok(Self::Stream),
        }
    }
}

/// An endless answer.
struct Stream {
    body: Incoming,
    reader: PictureReader,
    clock: Arc<dyn Clock>,
}

impl Session for Stream {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(async move {
            loop {
                if let Some(picture) = self.reader.next_picture(Moment::now(&*self.clock)) {
                    return Ok(picture);
                }
                if self.reader.is_noise() {
                    return Err(SourceError::NoPictures("it sends much, but no pictures"));
                }
                match self.body.frame().await {
                    Some(Ok(frame)) => {
                        if let Some(bytes) = frame.data_ref() {
                            self.reader.extend(bytes, Moment::now(&*self.clock));
                        }
                    }
                    Some(Err(error)) => return Err(SourceError::Network(Box::new(error))),
                    None => return Err(SourceError::NoPictures("it ended the stream")),
                }
            }
        })
    }
}

/// One answer per picture.
struct Polling {
    fetcher: Arc<Fetcher>,
    first: Option<Response<Incoming>>,
    beat: tokio::time::Interval,
    clock: Arc<dyn Clock>,
    failures: u32,
}

impl Polling {
    async fn picture(&mut self) -> Result<Capture, SourceError> {
        let captured = Moment::now(&*self.clock);
        let answer = match self.first.take() {
            Some(answer) => answer,
            None => self.fetcher.get().await?,
        };
        if Kind::of(&answer)? != Kind::Picture {
            return Err(SourceError::NoPictures("it answers with something else than before"));
        }
        let jpeg = tokio::time::timeout(PICTURE, whole(answer))
            .await
            .map_err(|_| SourceError::NoPictures("its picture does not end"))??;
        Ok(Capture::Picture { captured, jpeg })
    }
}

impl Session for Polling {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(async move {
            loop {
                self.beat.tick().await;
                match self.picture().await {
                    Ok(picture) => {
                        self.failures = 0;
                        return Ok(picture);
                    }
                    Err(error) => {
                        self.failures += 1;
                        if self.failures >= MOST_FAILURES {
                            return Err(error);
                        }
                    }
                }
            }
        })
    }
}

/// The body of an answer, if it is not longer than a picture may be.
async fn whole(answer: Response<Incoming>) -> Result<Bytes, SourceError> {
    const TOO_LONG: SourceError = SourceError::NoPictures("its picture is longer than a picture may be");
    let mut body = answer.into_body();
    if body.size_hint().lower() > LONGEST_BYTES as u64 {
        return Err(TOO_LONG);
    }
    let mut bytes = Vec::with_capacity(body.size_hint().lower() as usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| SourceError::Network(Box::new(error)))?;
        let data = frame.data_ref().map(|data| &data[..]).unwrap_or_default();
        if bytes.len() + data.len() > LONGEST_BYTES {
            return Err(TOO_LONG);
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_tells_streams_from_pictures_from_pages() {
        for (media_type, kind) in [
            ("multipart/x-mixed-replace; boundary=--x", Some(Kind::Stream)),
            ("multipart/mixed", Some(Kind::Stream)),
            ("MULTIPART/x-mixed-replace", Some(Kind::Stream)),
            ("video/x-motion-jpeg", Some(Kind::Stream)),
            ("application/octet-stream", Some(Kind::Stream)),
            ("", Some(Kind::Stream)),
            ("image/jpeg", Some(Kind::Picture)),
            ("image/jpg;charset=utf-8", Some(Kind::Picture)),
            ("text/html; charset=utf-8", None),
            ("application/json", None),
        ] {
            assert_eq!(Kind::of_media_type(media_type).ok(), kind, "{media_type}");
        }
    }
}
