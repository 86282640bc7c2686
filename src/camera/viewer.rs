//! One stream of one client: which pictures it gets and when.
//!
//! A viewer holds no queue. It takes the newest frame when it is ready for one, so a slow client loses frames
//! and never delays or ages what others see.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::camera::{Camera, Picture};
use super::condition::State;
use super::error::CameraError;
use super::frame::Frame;
use super::look::Look;
use super::pace::Pace;

/// Silence after which the last picture is sent again, so that proxies, clients and the detection of dead
/// clients have something to live on.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// What a client wants to watch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamRequest {
    /// Size and look of the pictures.
    pub look: Look,
    /// Pictures per second at most, 1 or more.
    pub fps: u32,
    /// Send a picture once more so soon after it when no other follows, for browsers that paint a picture only
    /// when the next one begins.
    pub repeat_after: Option<Duration>,
    /// Whom it goes to, where that is known.
    pub address: Option<IpAddr>,
}

/// A place in a camera's audience; dropping it gives the place back.
#[derive(Debug)]
pub struct Viewer {
    camera: Arc<Camera>,
    request: StreamRequest,
    live: watch::Receiver<Option<Arc<Frame>>>,
    pace: Pace,
    last_sent: Option<Instant>,
    repeated: bool,
}

/// Why a picture is due.
enum Due {
    Frame(Arc<Frame>),
    Repeat,
    Stop,
}

impl Camera {
    /// Joins the audience of this camera.
    ///
    /// # Errors
    /// [`CameraError::TooManyViewers`] when every place is taken.
    pub fn view(self: &Arc<Self>, request: StreamRequest) -> Result<Viewer, CameraError> {
        let live = self.join(request.look, request.address)?;
        let pace = Pace::new(f64::from(request.fps.max(1)));
        Ok(Viewer { camera: self.clone(), request, live, pace, last_sent: None, repeated: false })
    }
}

impl Viewer {
    /// The camera being watched.
    pub fn camera(&self) -> &Arc<Camera> {
        &self.camera
    }

    /// Waits for the next picture this client is due: the newest one at once, then at most `fps` a second, the
    /// last one again after a second of silence. `None` ends the stream: the camera is stopped, or is gone and
    /// set to end streams then.
    pub async fn next(&mut self) -> Option<Picture> {
        loop {
            let picture = match self.due().await {
                Due::Stop => return None,
                Due::Frame(frame) => {
                    let state = self.camera.state();
                    let scaled = self.camera.rendition(&frame, self.request.look).await;
                    scaled.map(|frame| Some(Picture { frame, state }))
                }
                Due::Repeat => self.camera.substitute(self.request.look).await,
            };
            self.last_sent = Some(Instant::now());
            match picture {
                Ok(picture) => return picture,
                // A frame that cannot be scaled is a frame lost; the next may do.
                Err(error) => tracing::debug!(camera = self.camera.name(), %error, "frame left out"),
            }
        }
    }

    async fn due(&mut self) -> Due {
        let stopped = self.camera.stopped();
        if self.last_sent.is_none() {
            let newest = self.live.borrow_and_update().clone();
            if let Some(frame) = newest {
                self.pace.admits(frame.captured.monotonic, Duration::ZERO);
                // A frame from before an outage is the policy's business.
                return if self.camera.state() == State::Offline { Due::Repeat } else { Due::Frame(frame) };
            }
        }
        let mut silent_since = self.last_sent.unwrap_or_else(Instant::now);
        loop {
            let patience = match self.request.repeat_after {
                Some(soon) if !self.repeated && self.last_sent.is_some() => soon.min(HEARTBEAT),
                _ => HEARTBEAT,
            };
            tokio::select! {
                biased;
                () = stopped.cancelled() => return Due::Stop,
                changed = self.live.changed() => {
                    if changed.is_err() {
                        return Due::Stop;
                    }
                    let Some(frame) = self.live.borrow_and_update().clone() else { continue };
                    silent_since = Instant::now();
                    if self.pace.admits(frame.captured.monotonic, self.camera.interval()) {
                        self.repeated = false;
                        return Due::Frame(frame);
                    }
                }
                () = tokio::time::sleep_until(silent_since + patience) => {
                    self.repeated = true;
                    return Due::Repeat;
                }
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.camera.leave(self.request.look, self.request.address);
    }
}
