//! `nina:` and `archive:` cameras: frames of the telescope as if a camera looked at them.
//!
//! The frames themselves are elsewhere; whoever starts the cameras hands in a [`Gallery`] that knows them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::MissedTickBehavior;

use super::address::SourceUrl;
use super::{Capture, Expected, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::camera::resolution::Resolution;
use crate::clock::Clock;
use crate::sky::Region;

/// A picture stands still; it is shown again this often, so that viewers, the ring and the state of the camera
/// see a camera that works.
const SHOWN_EVERY: Duration = Duration::from_secs(1);
/// Seconds per picture of a slide show.
const DEFAULT_SECONDS: f64 = 10.0;
const DEFAULT_SIZE: Resolution = Resolution::new(1280, 960);

/// Frames that can hang on a wall and be looked at by a camera.
pub trait Gallery: fmt::Debug + Send + Sync {
    /// The newest frame of the night, no larger than `within`; `None` while there is none. `known` is the number
    /// of the picture the caller has; it is not made again.
    fn newest(&self, within: Resolution, known: Option<u64>) -> BoxFuture<'_, Answer>;

    /// The frame behind the one with number `after` of what `hanging` chooses; the first when `after` is `None`
    /// or was the last.
    fn following<'g>(&'g self, hanging: &'g Hanging, after: Option<u64>) -> BoxFuture<'g, Answer>;
}

/// What a gallery gives.
pub type Answer = Result<Option<Still>, GalleryError>;

/// A frame as a picture.
#[derive(Clone, Debug)]
pub struct Still {
    /// Its number: another one for another picture, be it another frame or the same one shown in another way.
    pub number: u64,
    /// The picture; `None` when the caller has it already.
    pub jpeg: Option<Bytes>,
}

/// Which frames of an archive are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Hanging {
    /// The archive.
    pub archive: String,
    /// The dataset in it.
    pub dataset: String,
    /// Only frames through this filter.
    pub filter: Option<String>,
    /// Only frames that show some of this part of the sky.
    pub place: Option<Region>,
    /// No larger than this.
    pub within: Resolution,
}

/// Why a frame cannot be shown, in words for the log.
#[derive(Debug, thiserror::Error)]
#[error("the frame cannot be shown")]
pub struct GalleryError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Reads `nina:?size=1280x960`.
pub(super) fn open_newest(
    url: &SourceUrl<'_>,
    surroundings: &Surroundings,
) -> Result<Box<dyn Source>, CameraError> {
    if !url.path().is_empty() {
        return Err(url.fault("a nina: url has nothing before its options"));
    }
    let mut within = DEFAULT_SIZE;
    for (key, value) in url.options() {
        match key {
            "size" => within = size(*url, value)?,
            _ => return Err(url.unknown_option(key, "size")),
        }
    }
    Ok(wall(Show::Newest(within), SHOWN_EVERY, surroundings))
}

/// Reads `archive:DB/DATASET?seconds=10&filter=r&circle=37.6,0.1,0.5&size=1280x960`.
pub(super) fn open_show(
    url: &SourceUrl<'_>,
    surroundings: &Surroundings,
) -> Result<Box<dyn Source>, CameraError> {
    let named = url
        .path()
        .split_once('/')
        .filter(|(archive, dataset)| !archive.is_empty() && !dataset.is_empty() && !dataset.contains('/'));
    let (archive, dataset) =
        named.ok_or_else(|| url.fault("an archive: url is written archive:DB/DATASET?seconds=10"))?;
    let (mut seconds, mut filter, mut place, mut within) = (DEFAULT_SECONDS, None, None, DEFAULT_SIZE);
    for (key, value) in url.options() {
        match key {
            "seconds" => seconds = url.seconds(key, value)?,
            "filter" => filter = Some(value.to_owned()),
            "circle" => place = Some(circle(*url, value)?),
            "size" => within = size(*url, value)?,
            _ => return Err(url.unknown_option(key, "seconds, filter, circle, size")),
        }
    }
    let hanging = Hanging { archive: archive.to_owned(), dataset: dataset.to_owned(), filter, place, within };
    Ok(wall(Show::Archive(hanging), Duration::from_secs_f64(seconds), surroundings))
}

fn size(url: SourceUrl<'_>, value: &str) -> Result<Resolution, CameraError> {
    value.parse().map_err(|error| url.fault(format!("size={value}: {error}")))
}

/// Right ascension, declination and radius in degrees.
fn circle(url: SourceUrl<'_>, value: &str) -> Result<Region, CameraError> {
    let numbers: Vec<f64> = value.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let [ra_deg, dec_deg, radius_deg] = numbers[..] else {
        return Err(url.fault(format!("circle={value} is not written RA,DEC,RADIUS in degrees")));
    };
    Region::circle(ra_deg, dec_deg, radius_deg).map_err(|error| url.fault(format!("circle={value}: {error}")))
}

fn wall(show: Show, every: Duration, surroundings: &Surroundings) -> Box<dyn Source> {
    let Surroundings { clock, gallery } = surroundings.clone();
    Box::new(Wall { show, every, gallery, clock })
}

/// What hangs on the wall.
#[derive(Clone, Debug)]
enum Show {
    Newest(Resolution),
    Archive(Hanging),
}

struct Wall {
    show: Show,
    /// Time until the next frame is looked for.
    every: Duration,
    gallery: Option<Arc<dyn Gallery>>,
    clock: Arc<dyn Clock>,
}

impl Source for Wall {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let gallery =
                self.gallery.clone().ok_or(SourceError::NoPictures("there are no frames to show here"))?;
            let mut beat = tokio::time::interval(SHOWN_EVERY.min(self.every));
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (show, every, clock) = (self.show.clone(), self.every, self.clock.clone());
            Ok(Box::new(Looking { show, every, gallery, clock, beat, seen: None, failures: 0 })
                as Box<dyn Session>)
        })
    }

    fn expected(&self) -> Expected {
        Expected { resolution: None, interval: Some(SHOWN_EVERY.min(self.every)) }
    }
}

/// Somebody stands before the wall.
struct Looking {
    show: Show,
    every: Duration,
    gallery: Arc<dyn Gallery>,
    clock: Arc<dyn Clock>,
    beat: tokio::time::Interval,
    /// The picture being shown, and since when.
    seen: Option<(u64, Bytes, Duration)>,
    failures: u32,
}

impl Looking {
    async fn look(&mut self, now: Duration) -> Result<(), SourceError> {
        // The beat before it would be late counts as in time.
        let due = self.every.saturating_sub(self.beat.period() / 2);
        if self.seen.as_ref().is_some_and(|(_, _, since)| now.saturating_sub(*since) < due) {
            return Ok(());
        }
        let known = self.seen.as_ref().map(|(number, _, _)| *number);
        let answer = match &self.show {
            Show::Newest(within) => self.gallery.newest(*within, known).await,
            Show::Archive(hanging) => self.gallery.following(hanging, known).await,
        };
        match answer {
            Ok(Some(Still { number, jpeg: Some(jpeg) })) => {
                self.seen = Some((number, jpeg, now));
                self.failures = 0;
            }
            Ok(Some(Still { jpeg: None, .. })) => {}
            Ok(None) => return Err(SourceError::NoPictures("there is no frame to show yet")),
            // One frame that cannot be shown does not end the show.
            Err(error) if self.failures < 3 && self.seen.is_some() => {
                self.failures += 1;
                tracing::debug!(error = crate::error::chain(&error), "frame left out");
            }
            Err(error) => return Err(SourceError::Encode(Box::new(error))),
        }
        Ok(())
    }
}

impl Session for Looking {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(async move {
            self.beat.tick().await;
            let captured = Moment::now(&*self.clock);
            self.look(captured.monotonic).await?;
            let seen = self.seen.as_ref().ok_or(SourceError::NoPictures("there is no frame to show yet"))?;
            Ok(Capture::Picture { captured, jpeg: seen.1.clone() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::super::tests::refusal;
    use super::*;
    use crate::camera::config::CameraConfig;
    use crate::clock::SystemClock;

    #[derive(Debug)]
    struct ThreeFrames;

    impl Gallery for ThreeFrames {
        fn newest(&self, _: Resolution, known: Option<u64>) -> BoxFuture<'_, Answer> {
            let jpeg = known.is_none().then(|| Bytes::from_static(b"newest"));
            Box::pin(async move { Ok(Some(Still { number: 7, jpeg })) })
        }

        fn following<'g>(&'g self, _: &'g Hanging, after: Option<u64>) -> BoxFuture<'g, Answer> {
            let number = after.map_or(0, |after| (after + 1) % 3);
            let jpeg = Some(Bytes::from(number.to_string()));
            Box::pin(async move { Ok(Some(Still { number, jpeg })) })
        }
    }

    async fn shown(url: &str, pictures: usize) -> Vec<Bytes> {
        let surroundings = Surroundings { clock: SystemClock::start(), gallery: Some(Arc::new(ThreeFrames)) };
        let source = open(&CameraConfig::new("wall", url), &surroundings).unwrap();
        let mut session = source.connect().await.unwrap();
        let mut shown = Vec::new();
        while shown.len() < pictures {
            let Capture::Picture { jpeg, .. } = session.next().await.unwrap() else { panic!("a picture") };
            shown.push(jpeg);
        }
        shown
    }

    #[tokio::test]
    async fn a_show_goes_round_and_the_newest_frame_stays() {
        assert_eq!(shown("archive:db/calexp?seconds=0.1", 5).await, ["0", "1", "2", "0", "1"]);
        assert_eq!(shown("nina:", 2).await, ["newest", "newest"]);
    }

    #[test]
    fn wrong_urls_are_refused_in_words() {
        assert!(refusal("archive:db").contains("archive:DB/DATASET"));
        assert!(refusal("archive:db/calexp?seconds=0").contains("seconds=0 is not"));
        for circle in ["", "1,2", "1,2,x", "1,2,3,4", "1,95,1", "1,2,0", "NaN,2,1"] {
            let refusal = refusal(&format!("archive:db/calexp?circle={circle}"));
            assert!(refusal.contains(&format!("circle={circle}")), "{circle}: {refusal}");
        }
        assert!(refusal("nina:latest").contains("nothing before its options"));
        assert!(refusal("nina:?width=3").contains("known are size"));
    }
}
