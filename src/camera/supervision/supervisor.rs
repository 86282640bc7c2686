//! Keeps one camera connected: waits for what it sends, checks it, puts it in its places, and tries again, later
//! and later, when the source fails.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use super::chores::Chores;
use super::decoding::decode_live;
use crate::camera::camera::Camera;
use crate::camera::condition::State;
use crate::camera::error::SourceError;
use crate::camera::frame::{Frame, Moment};
use crate::camera::jpeg::normalise::{Normalised, Rejected, normalise};
use crate::camera::look::scale;
use crate::camera::source::{Capture, Source};
use crate::error::chain;

/// How often the state is looked at while nothing comes.
const TICK: Duration = Duration::from_secs(1);
/// Longest time a source may take to connect.
const CONNECT: Duration = Duration::from_secs(15);

/// Runs until the camera is stopped.
pub(in crate::camera) async fn supervise(source: Box<dyn Source>, camera: Arc<Camera>) {
    let stopped = camera.stopped();
    let mut watcher = StateLog { camera: &camera, last: State::Connecting };
    let mut chores = Chores::of(&camera);
    loop {
        let one_session = async {
            camera.until_wanted().await;
            session(&*source, &camera, &mut watcher, &mut chores).await
        };
        let outcome = tokio::select! {
            () = stopped.cancelled() => return,
            outcome = one_session => outcome,
        };
        let Err(failure) = outcome else {
            tracing::info!(camera = camera.name(), "camera left alone: nobody asks for it");
            continue;
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

/// One session, from connecting to its failure, or until nobody wants the camera any more.
async fn session(
    source: &dyn Source,
    camera: &Arc<Camera>,
    watcher: &mut StateLog<'_>,
    chores: &mut Chores,
) -> Result<(), SourceError> {
    let mut session = tokio::time::timeout(CONNECT, source.connect())
        .await
        .map_err(|_| SourceError::NoPictures("it does not answer"))??;
    let mut to_skip = camera.config().skip_frames;
    // Started with the first coded picture, ended with the session.
    let mut decoding: Option<AbortOnDropHandle<()>> = None;
    let (mut has_begun, mut silence) = (false, Duration::ZERO);
    let mut next = session.next();
    loop {
        if let Ok(capture) = tokio::time::timeout(TICK, &mut next).await {
            let capture = capture?;
            drop(next);
            next = session.next();
            (has_begun, silence) = (true, Duration::ZERO);
            match capture {
                Capture::Picture { .. } if to_skip > 0 => to_skip -= 1,
                Capture::Picture { captured, jpeg } => take(camera, captured, jpeg, chores).await,
                Capture::Coded(coded) => {
                    camera.take_coded(coded);
                    decoding.get_or_insert_with(|| {
                        AbortOnDropHandle::new(tokio::spawn(decode_live(camera.clone())))
                    });
                }
            }
        } else {
            silence += TICK;
            camera.expire();
            if silence >= camera.patience() {
                let why = if has_begun { "it went silent" } else { "it is connected and sends no picture" };
                return Err(SourceError::NoPictures(why));
            }
        }
        watcher.look();
        if !camera.is_wanted() {
            return Ok(());
        }
    }
}

/// Checks a picture and hands it to everybody.
async fn take(camera: &Arc<Camera>, captured: Moment, jpeg: Bytes, chores: &mut Chores) {
    let checked = match normalise(&jpeg) {
        Ok(normalised) => mend(camera, normalised).await,
        Err(rejected) => Err(rejected),
    };
    match checked {
        Ok(Normalised { jpeg, resolution, .. }) => {
            let frame = camera.receive(|sequence| Frame { sequence, captured, resolution, jpeg });
            // Remembered first: whoever has seen a picture may ask for it again.
            chores.start(camera, &frame);
            camera.show(frame);
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
            self.camera.count_change(state);
        }
    }
}
