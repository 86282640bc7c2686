//! Keeps one camera connected: waits for its frames, checks them, puts them in their places, and tries again,
//! later and later, when the source fails.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::camera::Camera;
use super::condition::State;
use super::error::SourceError;
use super::frame::Frame;
use super::normalise::{Normalised, Rejected, normalise};
use super::scale;
use super::source::{Capture, Source};
use crate::error::chain;

/// How often the state is looked at while nothing comes.
const TICK: Duration = Duration::from_secs(1);
/// Longest time a source may take to connect.
const CONNECT: Duration = Duration::from_secs(15);

/// Runs until the camera is stopped.
pub(super) async fn supervise(source: Box<dyn Source>, camera: Arc<Camera>) {
    let stopped = camera.stopped();
    let mut watcher = StateLog { camera: &camera, last: State::Connecting };
    loop {
        let failure = tokio::select! {
            () = stopped.cancelled() => return,
            failure = session(&*source, &camera, &mut watcher) => failure,
        };
        let delay = camera.failed(chance());
        watcher.look();
        tracing::warn!(
            camera = camera.name(),
            error = chain(&failure),
            retry_s = delay.as_secs_f64(),
            "camera lost"
        );
        tokio::select! {
            () = stopped.cancelled() => return,
            () = tokio::time::sleep(delay) => {}
        }
    }
}

/// From 0 to 1, another one each time: cameras that failed together are not called together.
fn chance() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}

/// One session, from connecting to its failure.
async fn session(source: &dyn Source, camera: &Camera, watcher: &mut StateLog<'_>) -> SourceError {
    let mut session = match tokio::time::timeout(CONNECT, source.connect()).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return error,
        Err(_) => return SourceError::NoPictures("it does not answer"),
    };
    let mut silence = Duration::ZERO;
    let mut next = session.next();
    loop {
        match tokio::time::timeout(TICK, &mut next).await {
            Ok(Ok(capture)) => {
                drop(next);
                next = session.next();
                silence = Duration::ZERO;
                take(camera, capture).await;
            }
            Ok(Err(error)) => return error,
            Err(_) => {
                silence += TICK;
                camera.expire();
                if silence >= camera.patience() {
                    return SourceError::NoPictures("it went silent");
                }
            }
        }
        watcher.look();
    }
}

/// Checks a picture and hands it to everybody.
async fn take(camera: &Camera, capture: Capture) {
    let checked = match normalise(&capture.jpeg) {
        Ok(normalised) => mend(camera, normalised).await,
        Err(rejected) => Err(rejected),
    };
    match checked {
        Ok(Normalised { jpeg, resolution, .. }) => {
            camera.publish(|sequence| Frame { sequence, captured: capture.captured, resolution, jpeg });
        }
        Err(reason) => {
            tracing::debug!(camera = camera.name(), %reason, "picture dropped");
            camera.reject();
        }
    }
}

/// Encodes unusual pictures again and makes sure that one without its end is whole.
async fn mend(camera: &Camera, picture: Normalised) -> Result<Normalised, Rejected> {
    let encode = picture.unusual && camera.config().normalise;
    if !encode && !picture.doubtful {
        return Ok(picture);
    }
    let (jpeg, quality) = (picture.jpeg.clone(), camera.config().quality);
    let mended = tokio::task::spawn_blocking(move || -> Result<Option<Bytes>, scale::WorkError> {
        let decoded = scale::decode(&jpeg)?;
        encode.then(|| scale::encode(&decoded, quality)).transpose()
    });
    match mended.await {
        Ok(Ok(mended)) => Ok(Normalised { jpeg: mended.unwrap_or(picture.jpeg), ..picture }),
        Ok(Err(_)) | Err(_) => Err(Rejected::Truncated),
    }
}

/// Says once when a camera's state changes.
struct StateLog<'a> {
    camera: &'a Camera,
    last: State,
}

impl StateLog<'_> {
    fn look(&mut self) {
        let state = self.camera.state();
        if state != self.last {
            tracing::info!(camera = self.camera.name(), from = %self.last, to = %state, "camera state");
            self.last = state;
            self.camera.count_change();
        }
    }
}
