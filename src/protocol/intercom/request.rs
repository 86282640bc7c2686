//! From what a client wrote to what it gets: which camera, which size, one picture or a stream, now or then.

use std::sync::Arc;
use std::time::Duration;

use super::config::{IntercomConfig, ResolutionPolicy};
use super::error::Failure;
use super::params::{Parts, SnapshotParameters};
use crate::camera::{Camera, Cameras, LONGEST_SIDE, Look, Moment, Resolution};

/// How far back `time` reaches, unless the settings say more.
const MEMORY_S: f64 = 30.0;
/// Largest picture from memory.
const MEMORY_SIZE: Resolution = Resolution::new(1280, 960);

/// A snapshot request that can be answered.
#[derive(Clone, Debug)]
pub(super) struct SnapshotRequest {
    pub(super) camera: Arc<Camera>,
    pub(super) look: Look,
    pub(super) wanted: Wanted,
    pub(super) parts: Parts,
}

/// Which pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    /// The picture of now.
    Newest,
    /// One from memory, so long ago.
    Past(Duration),
    /// All of them, at most so many a second.
    Stream(u32),
}

impl SnapshotRequest {
    /// Checks the parameters against what there is: source, size, rate, time, in this order.
    pub(super) fn resolve(
        asked: &SnapshotParameters,
        cameras: &Cameras,
        config: &IntercomConfig,
        arrival: Moment,
    ) -> Result<Self, Failure> {
        let camera = camera(asked.source.as_deref(), cameras)?;
        let size = Resolution::new(asked.width, asked.height);
        let listed = cameras.resolutions();
        let size = match asked.time {
            Some(_) => memory_size(size, &listed, config.resolutions)?,
            None => listed_size(size, &listed, config.resolutions)?,
        };
        let wanted = match (asked.time, asked.fps) {
            (Some(time), _) => {
                let reach = f64::from(camera.config().buffer_seconds);
                let reach = if config.extended_memory { reach.max(MEMORY_S) } else { MEMORY_S };
                Wanted::Past(time_ago(time, arrival, reach).ok_or(Failure::Invalid("time"))?)
            }
            (None, None | Some(0)) => Wanted::Newest,
            (None, Some(fps)) => {
                let fps = u32::try_from(fps).ok().filter(|fps| *fps <= config.fps_max);
                Wanted::Stream(fps.ok_or(Failure::Invalid("fps"))?)
            }
        };
        let stamped = asked.timestamp.unwrap_or(camera.config().timestamp);
        Ok(Self { camera: camera.clone(), look: Look { size, stamped }, wanted, parts: asked.parts })
    }
}

/// The camera with this id, or the one that answers without.
pub(super) fn camera<'c>(source: Option<&str>, cameras: &'c Cameras) -> Result<&'c Arc<Camera>, Failure> {
    match source {
        Some(id) => cameras.find(id).ok_or(Failure::Invalid("source")),
        None => cameras.default_camera().ok_or(Failure::NoData(None)),
    }
}

/// The size that is sent for the one asked for.
fn listed_size(
    asked: Resolution,
    listed: &[Resolution],
    policy: ResolutionPolicy,
) -> Result<Resolution, Failure> {
    if listed.contains(&asked) {
        return Ok(asked);
    }
    match policy {
        ResolutionPolicy::Any if asked.width.max(asked.height) <= LONGEST_SIDE => Ok(asked),
        ResolutionPolicy::Nearest => nearest(asked, listed).ok_or(Failure::Invalid("width")),
        ResolutionPolicy::Any | ResolutionPolicy::Strict => {
            let known_width = listed.iter().any(|size| size.width == asked.width);
            Err(Failure::Invalid(if known_width { "height" } else { "width" }))
        }
    }
}

/// The smallest listed size that covers the one asked for, or the biggest there is. `listed` ascends by area.
pub(super) fn nearest(asked: Resolution, listed: &[Resolution]) -> Option<Resolution> {
    listed.iter().find(|size| size.covers(asked)).or(listed.last()).copied()
}

/// As [`listed_size`], for pictures from memory: above 1280 x 960 every size is brought down to the largest
/// listed one of the same shape below that.
fn memory_size(
    asked: Resolution,
    listed: &[Resolution],
    policy: ResolutionPolicy,
) -> Result<Resolution, Failure> {
    if MEMORY_SIZE.covers(asked) {
        return listed_size(asked, listed, policy);
    }
    let same_shape = |size: &Resolution| (size.aspect() - asked.aspect()).abs() < 1e-3;
    let below = listed.iter().rev().find(|size| MEMORY_SIZE.covers(**size) && same_shape(size));
    Ok(below.copied().unwrap_or(MEMORY_SIZE))
}

/// How long before the arrival of the request the picture was taken: `time` is 0 or negative, or, as older
/// devices had it, a Unix time. `None` when that is not within `reach` seconds.
pub(super) fn time_ago(time: f64, arrival: Moment, reach: f64) -> Option<Duration> {
    let ago = if time > 0.0 { arrival.utc.timestamp_micros() as f64 / 1e6 - time } else { 0.0 - time };
    (0.0..=reach).contains(&ago).then(|| Duration::from_secs_f64(ago))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::camera::{FULL_HD, STANDARD};

    fn listed() -> Vec<Resolution> {
        STANDARD.into_iter().chain([FULL_HD]).collect()
    }

    fn size(width: u32, height: u32) -> Resolution {
        Resolution::new(width, height)
    }

    #[test]
    fn a_size_that_is_not_listed_blames_the_side_that_is_wrong() {
        let strict = |w, h| listed_size(size(w, h), &listed(), ResolutionPolicy::Strict);
        assert_eq!(strict(640, 480), Ok(size(640, 480)));
        assert_eq!(strict(641, 480), Err(Failure::Invalid("width")));
        assert_eq!(strict(80, 80), Err(Failure::Invalid("width")));
        assert_eq!(strict(640, 481), Err(Failure::Invalid("height")));
        assert_eq!(strict(1280, 800), Err(Failure::Invalid("height")));
    }

    #[test]
    fn other_policies_find_a_size() {
        let nearest = |w, h| listed_size(size(w, h), &listed(), ResolutionPolicy::Nearest);
        assert_eq!(nearest(80, 80), Ok(size(160, 120)));
        assert_eq!(nearest(641, 480), Ok(size(800, 600)));
        assert_eq!(nearest(5000, 5000), Ok(FULL_HD));
        let any = |w, h| listed_size(size(w, h), &listed(), ResolutionPolicy::Any);
        assert_eq!(any(80, 80), Ok(size(80, 80)));
        assert_eq!(any(9000, 80), Err(Failure::Invalid("width")));
    }

    #[test]
    fn pictures_from_memory_are_clamped_and_keep_their_shape() {
        let memory = |w, h| memory_size(size(w, h), &listed(), ResolutionPolicy::Strict);
        assert_eq!(memory(1920, 1080), Ok(size(1280, 720)));
        assert_eq!(memory(2560, 1920), Ok(size(1280, 960)));
        assert_eq!(memory(5000, 4000), Ok(size(1280, 960)), "no listed size has this shape");
        assert_eq!(memory(1281, 100), Ok(size(1280, 960)));
        assert_eq!(memory(1280, 960), Ok(size(1280, 960)));
        assert_eq!(memory(1280, 961), Ok(size(1280, 960)));
        assert_eq!(memory(80, 80), Err(Failure::Invalid("width")));
    }

    #[test]
    fn every_row_of_the_time_table() {
        let now = 1_700_000_000.0;
        let utc = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let arrival = Moment { monotonic: Duration::from_secs(500), utc };
        for (time, ago) in [
            (-30.0, Some(30.0)),
            (-29.999, Some(29.999)),
            (-0.5, Some(0.5)),
            (0.0, Some(0.0)),
            (-30.001, None),
            (1.0, None),
            (now - 10.0, Some(10.0)),
            (now - 30.0, Some(30.0)),
            (now - 31.0, None),
            (now + 1.0, None),
        ] {
            assert_eq!(time_ago(time, arrival, 30.0), ago.map(Duration::from_secs_f64), "time={time}");
        }
        assert_eq!(time_ago(-45.0, arrival, 60.0), Some(Duration::from_secs(45)));
    }
}
