//! Single pictures: of now, of the past, and what is shown when there is none.

use std::sync::Arc;
use std::time::Duration;

use super::{Camera, Picture, lock};
use crate::camera::audience::feed::Subject;
use crate::camera::condition::State;
use crate::camera::config::OfflinePolicy;
use crate::camera::error::CameraError;
use crate::camera::frame::{Frame, Moment};
use crate::camera::look::placeholder::Notice;
use crate::camera::look::{Look, overlay, scale};
use crate::camera::video::decode;
use crate::camera::video::ring::Numbered;

/// How long a request for the picture of now waits for one.
const WAIT: Duration = Duration::from_secs(3);

impl Camera {
    /// The picture of now. Waits for one when the newest is too old and the camera is not known to be gone;
    /// then the camera's offline policy decides.
    ///
    /// # Errors
    /// [`CameraError::NoSignal`] when the policy says so; failures of scaling.
    pub async fn newest(&self, look: Look) -> Result<Picture, CameraError> {
        self.audience.ask(self.clock.monotonic());
        match self.fresh().await {
            Some(frame) => {
                let state = self.state();
                Ok(Picture { frame: self.rendition(&frame, look).await?, state })
            }
            None => self.substitute(look).await?.ok_or(CameraError::NoSignal),
        }
    }

    /// The picture of the instant `ago` before `arrival` (monotonic), from memory.
    ///
    /// # Errors
    /// [`CameraError::NothingFromThen`]; failures of scaling.
    pub async fn past(&self, arrival: Duration, ago: Duration, look: Look) -> Result<Picture, CameraError> {
        self.audience.ask(self.clock.monotonic());
        let state = self.state();
        // An instant before the clock began is one before every frame.
        let target = arrival.checked_sub(ago);
        let frame = match self.coded_past(arrival, target, ago) {
            Some(group) => Some(self.decoded(group).await?),
            None => self.remembered(arrival, target, ago),
        };
        let frame = frame.ok_or(CameraError::NothingFromThen)?;
        Ok(Picture { frame: self.rendition(&frame, look).await?, state })
    }

    fn coded_past(
        &self,
        arrival: Duration,
        target: Option<Duration>,
        ago: Duration,
    ) -> Option<Vec<Numbered>> {
        self.video.with(|ring| {
            ring.expire(arrival);
            if ago.is_zero() { ring.newest_group() } else { ring.seek(target?) }
        })
    }

    fn remembered(&self, arrival: Duration, target: Option<Duration>, ago: Duration) -> Option<Arc<Frame>> {
        let mut ring = lock(&self.ring);
        ring.expire(arrival);
        if ago.is_zero() { ring.newest().cloned() } else { ring.seek(target?) }
    }

    /// The oldest picture in memory.
    ///
    /// # Errors
    /// [`CameraError::NothingFromThen`] when there is none; failures of scaling.
    pub async fn oldest(&self, look: Look) -> Result<Picture, CameraError> {
        let coded = self.video.with(|ring| ring.oldest_group());
        let frame = match coded {
            Some(group) => self.decoded(group).await?,
            None => lock(&self.ring).oldest().cloned().ok_or(CameraError::NothingFromThen)?,
        };
        Ok(Picture { frame: self.rendition(&frame, look).await?, state: self.state() })
    }

    /// A notice instead of a picture.
    ///
    /// # Errors
    /// Failures of drawing it.
    pub async fn placeholder(&self, look: Look) -> Result<Picture, CameraError> {
        Ok(Picture { frame: self.notice(None, look).await?, state: self.state() })
    }

    /// The frame as somebody wants to see it: its very bytes where it is so already.
    pub(in crate::camera) async fn rendition(
        &self,
        frame: &Arc<Frame>,
        look: Look,
    ) -> Result<Arc<Frame>, CameraError> {
        if frame.resolution == look.size && !look.stamped {
            return Ok(frame.clone());
        }
        let (fit, quality, camera) = (self.config.fit, self.config.quality, self.name());
        let work = || {
            let (frame, camera) = (frame.clone(), camera.to_owned());
            move || {
                let jpeg = if look.stamped {
                    overlay::stamped(&frame, &camera, look.size, fit, quality)?
                } else {
                    let picture = scale::decode_at(&frame.jpeg, frame.resolution, look.size, fit)?;
                    scale::encode(&picture, quality)?
                };
                Ok(Frame { resolution: look.size, jpeg, ..(*frame).clone() })
            }
        };
        self.feed.rendition(Subject::Frame(frame.sequence), look, work).await
    }

    /// The last picture of a group of coded ones.
    async fn decoded(&self, group: Vec<Numbered>) -> Result<Arc<Frame>, CameraError> {
        let sequence = group.last().map_or(0, |last| last.sequence);
        self.feed.rendition(Subject::Decoded(sequence), Look::UNKNOWN, || move || decode::last(&group)).await
    }

    /// What is shown while no frame comes: the last one while the camera only stalls, then what its policy
    /// says; `None` when that is to show nothing.
    pub(in crate::camera) async fn substitute(&self, look: Look) -> Result<Option<Picture>, CameraError> {
        let (state, last) = (self.state(), self.live.borrow().clone());
        let frame = match (state, last, self.config.offline) {
            (State::Live | State::Stalled, Some(frame), _) => self.rendition(&frame, look).await?,
            (_, last, OfflinePolicy::Last) => self.notice(last, look).await?,
            // Until it has failed, a camera is only not there yet: no reason to end a stream.
            (State::Connecting, _, OfflinePolicy::Close) | (_, _, OfflinePolicy::Placeholder) => {
                self.notice(None, look).await?
            }
            (_, _, OfflinePolicy::Error | OfflinePolicy::Close) => return Ok(None),
        };
        Ok(Some(Picture { frame, state }))
    }

    /// A notice that no frame comes, over `last` if given.
    async fn notice(&self, last: Option<Arc<Frame>>, look: Look) -> Result<Arc<Frame>, CameraError> {
        let now = Moment::now(&*self.clock);
        let silent_s =
            lock(&self.condition).last_frame().map(|at| now.monotonic.saturating_sub(at).as_secs());
        let subject = match &last {
            Some(frame) => Subject::Marked(frame.sequence, silent_s.unwrap_or_default()),
            None => Subject::Notice(silent_s),
        };
        let notice = Notice { camera: self.name().to_owned(), silent_s };
        let (fit, quality, size) = (self.config.fit, self.config.quality, look.size);
        let work = || {
            move || {
                let jpeg = match &last {
                    Some(frame) => notice.draw_over(frame, size, fit, quality)?,
                    None => notice.draw(size, quality)?,
                };
                Ok(Frame { sequence: 0, captured: now, resolution: size, jpeg })
            }
        };
        self.feed.rendition(subject, look, work).await
    }

    /// The newest frame if it is young enough, or the next one if it comes in time.
    async fn fresh(&self) -> Option<Arc<Frame>> {
        let mut live = self.live.subscribe();
        let newest = live.borrow_and_update().clone();
        let fresh_for = lock(&self.condition).fresh_for();
        if let Some(frame) = newest.filter(|frame| frame.age(self.clock.monotonic()) <= fresh_for) {
            return Some(frame);
        }
        if self.state() == State::Offline {
            return None;
        }
        let next = live.wait_for(|frame| {
            frame.as_ref().is_some_and(|frame| frame.age(self.clock.monotonic()) <= fresh_for)
        });
        tokio::select! {
            () = self.stopped.cancelled() => None,
            changed = tokio::time::timeout(WAIT, next) => changed.ok()?.ok()?.clone(),
        }
    }
}
