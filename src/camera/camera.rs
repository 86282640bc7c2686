//! One camera: its newest frame, its memory, and every way to ask for a picture of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::condition::{Condition, State};
use super::config::{CameraConfig, OfflinePolicy};
use super::error::CameraError;
use super::feed::{Feed, Subject};
use super::frame::{Frame, Moment};
use super::health::{CameraHealth, Counters};
use super::placeholder::Notice;
use super::resolution::Resolution;
use super::ring::Ring;
use super::scale;
use super::source::Expected;
use super::viewer::{StreamRequest, Viewer};
use crate::clock::Clock;

/// How long a request for the picture of now waits for one.
const WAIT: Duration = Duration::from_secs(3);
/// Sizes, beside the source's own, that may be streamed at the same time.
const MOST_VARIANTS: usize = 8;

/// A picture for somebody, and how the camera was doing.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The picture, in the size asked for.
    pub frame: Arc<Frame>,
    /// State of the camera when it was chosen.
    pub state: State,
}

/// Who is watching which size.
#[derive(Debug, Default)]
struct Audience {
    viewers: usize,
    sizes: HashMap<Resolution, usize>,
}

/// One camera.
#[derive(Debug)]
pub struct Camera {
    config: CameraConfig,
    ids: Vec<String>,
    clock: Arc<dyn Clock>,
    live: watch::Sender<Option<Arc<Frame>>>,
    ring: Mutex<Ring>,
    condition: Mutex<Condition>,
    feed: Feed,
    audience: Mutex<Audience>,
    expected: Option<Resolution>,
    counters: Counters,
    stopped: CancellationToken,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Camera {
    /// A camera without frames yet.
    pub(super) fn new(
        config: CameraConfig,
        ids: Vec<String>,
        ring: Ring,
        feed: Feed,
        expected: Expected,
        (clock, stopped): (Arc<dyn Clock>, CancellationToken),
    ) -> Self {
        Self {
            condition: Mutex::new(Condition::new(clock.monotonic(), expected.interval)),
            config,
            ids,
            clock,
            live: watch::Sender::new(None),
            ring: Mutex::new(ring),
            feed,
            audience: Mutex::default(),
            expected: expected.resolution,
            counters: Counters::default(),
            stopped,
        }
    }

    /// Its configured name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Every id it answers to; it is listed under the first.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Its settings.
    pub fn config(&self) -> &CameraConfig {
        &self.config
    }

    /// How it is doing.
    pub fn state(&self) -> State {
        lock(&self.condition).state(self.clock.monotonic())
    }

    /// The size of its newest frame, or the one its source announces.
    pub fn resolution(&self) -> Option<Resolution> {
        self.live.borrow().as_ref().map(|frame| frame.resolution).or(self.expected)
    }

    /// The picture of now. Waits for one when the newest is too old and the camera is not known to be gone;
    /// then the camera's offline policy decides.
    ///
    /// # Errors
    /// [`CameraError::NoSignal`] when the policy says so; failures of scaling.
    pub async fn newest(&self, size: Resolution) -> Result<Picture, CameraError> {
        match self.fresh().await {
            Some(frame) => {
                let state = self.state();
                Ok(Picture { frame: self.rendition(&frame, size).await?, state })
            }
            None => self.substitute(size).await?.ok_or(CameraError::NoSignal),
        }
    }

    /// The picture of the instant `ago` before `arrival` (monotonic), from memory.
    ///
    /// # Errors
    /// [`CameraError::NothingFromThen`]; failures of scaling.
    pub async fn past(
        &self,
        arrival: Duration,
        ago: Duration,
        size: Resolution,
    ) -> Result<Picture, CameraError> {
        let frame = {
            let mut ring = lock(&self.ring);
            ring.expire(arrival);
            // An instant before the clock began is one before every frame.
            let target = arrival.checked_sub(ago);
            if ago.is_zero() { ring.newest().cloned() } else { target.and_then(|target| ring.seek(target)) }
        };
        let frame = frame.ok_or(CameraError::NothingFromThen)?;
        let state = self.state();
        Ok(Picture { frame: self.rendition(&frame, size).await?, state })
    }

    /// Joins the audience of this camera.
    ///
    /// # Errors
    /// [`CameraError::TooManyViewers`] when every place is taken.
    pub fn view(self: &Arc<Self>, request: StreamRequest) -> Result<Viewer, CameraError> {
        let mut audience = lock(&self.audience);
        let sizes = &audience.sizes;
        let scaled = sizes.keys().filter(|size| Some(**size) != self.resolution()).count();
        let is_new = !sizes.contains_key(&request.size) && Some(request.size) != self.resolution();
        if audience.viewers >= self.config.max_viewers || (is_new && scaled >= MOST_VARIANTS) {
            return Err(CameraError::TooManyViewers);
        }
        audience.viewers += 1;
        *audience.sizes.entry(request.size).or_default() += 1;
        drop(audience);
        Ok(Viewer::new(self.clone(), request, self.live.subscribe()))
    }

    /// Takes a viewer out of the audience.
    pub(super) fn leave(&self, size: Resolution) {
        let mut audience = lock(&self.audience);
        audience.viewers -= 1;
        if let Some(watching) = audience.sizes.get_mut(&size) {
            *watching -= 1;
            if *watching == 0 {
                audience.sizes.remove(&size);
            }
        }
        if audience.viewers == 0 {
            self.feed.forget();
        }
    }

    /// Counts a stream that was ended because its client did not read.
    pub fn count_stalled_viewer(&self) {
        self.counters.stalled_viewers.up();
    }

    /// Figures for the operator.
    pub fn health(&self) -> CameraHealth {
        let now = self.clock.monotonic();
        let counted = &self.counters;
        let (ring_bytes, ring_reach) = {
            let ring = lock(&self.ring);
            (ring.bytes(), ring.reach())
        };
        CameraHealth {
            name: self.name().to_owned(),
            state: self.state(),
            frame_age: self.live.borrow().as_ref().map(|frame| frame.age(now)),
            frames: counted.frames.value(),
            rejected: counted.rejected.value(),
            failures: counted.failures.value(),
            state_changes: counted.state_changes.value(),
            viewers: lock(&self.audience).viewers,
            stalled_viewers: counted.stalled_viewers.value(),
            encodes: self.feed.encodes(),
            ring_bytes,
            ring_reach,
        }
    }

    /// Mean time between frames; zero until two have come.
    pub(super) fn interval(&self) -> Duration {
        lock(&self.condition).interval().unwrap_or_default()
    }

    /// Ends when the camera is stopped.
    pub(super) fn stopped(&self) -> CancellationToken {
        self.stopped.clone()
    }

    /// A frame came: it becomes the newest, goes into memory and to every viewer.
    pub(super) fn publish(&self, frame: impl FnOnce(u64) -> Frame) {
        let sequence = self.counters.frames.up();
        let frame = Arc::new(frame(sequence));
        lock(&self.condition).frame(frame.captured.monotonic);
        lock(&self.ring).push(frame.clone());
        self.live.send_replace(Some(frame));
    }

    /// A picture came that is none.
    pub(super) fn reject(&self) {
        self.counters.rejected.up();
    }

    /// The connection failed; gives back how long to wait before the next try.
    pub(super) fn failed(&self, chance: f64) -> Duration {
        self.counters.failures.up();
        lock(&self.condition).failed(chance)
    }

    pub(super) fn count_change(&self) {
        self.counters.state_changes.up();
    }

    /// Forgets frames that have become too old.
    pub(super) fn expire(&self) {
        lock(&self.ring).expire(self.clock.monotonic());
    }

    /// Silence after which the connection is given up.
    pub(super) fn patience(&self) -> Duration {
        lock(&self.condition).offline_after()
    }

    /// The frame in this size: its very bytes where that is its own size.
    pub(super) async fn rendition(
        &self,
        frame: &Arc<Frame>,
        size: Resolution,
    ) -> Result<Arc<Frame>, CameraError> {
        if frame.resolution == size {
            return Ok(frame.clone());
        }
        let (fit, quality) = (self.config.fit, self.config.quality);
        let work = || {
            let frame = frame.clone();
            move || {
                let picture = scale::decode_at(&frame.jpeg, frame.resolution, size, fit)?;
                Ok(Frame { resolution: size, jpeg: scale::encode(&picture, quality)?, ..(*frame).clone() })
            }
        };
        self.feed.rendition(Subject::Frame(frame.sequence), size, work).await
    }

    /// What is shown while no frame comes: the last one while the camera only stalls, then what its policy
    /// says; `None` when that is to show nothing.
    pub(super) async fn substitute(&self, size: Resolution) -> Result<Option<Picture>, CameraError> {
        let (state, last) = (self.state(), self.live.borrow().clone());
        let frame = match (state, last, self.config.offline) {
            (State::Live | State::Stalled, Some(frame), _) => self.rendition(&frame, size).await?,
            (_, last, OfflinePolicy::Last) => self.notice(last, size).await?,
            (_, _, OfflinePolicy::Placeholder) => self.notice(None, size).await?,
            (_, _, OfflinePolicy::Error | OfflinePolicy::Close) => return Ok(None),
        };
        Ok(Some(Picture { frame, state }))
    }

    /// A notice that no frame comes, over `last` if given.
    async fn notice(&self, last: Option<Arc<Frame>>, size: Resolution) -> Result<Arc<Frame>, CameraError> {
        let now = Moment::now(&*self.clock);
        let silent_s =
            lock(&self.condition).last_frame().map(|at| now.monotonic.saturating_sub(at).as_secs());
        let subject = match &last {
            Some(frame) => Subject::Marked(frame.sequence, silent_s.unwrap_or_default()),
            None => Subject::Notice(silent_s),
        };
        let notice = Notice { camera: self.name().to_owned(), silent_s };
        let (fit, quality) = (self.config.fit, self.config.quality);
        let work = || {
            move || {
                let jpeg = match &last {
                    Some(frame) => notice.draw_over(frame, size, fit, quality)?,
                    None => notice.draw(size, quality)?,
                };
                Ok(Frame { sequence: 0, captured: now, resolution: size, jpeg })
            }
        };
        self.feed.rendition(subject, size, work).await
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
        tokio::select! {
            () = self.stopped.cancelled() => None,
            changed = tokio::time::timeout(WAIT, live.changed()) => match changed {
                Ok(Ok(())) => live.borrow().clone(),
                Ok(Err(_)) | Err(_) => None,
            },
        }
    }
}
