//! One camera: its newest frame, its memory, who wants it. `stills` are single pictures of it.

mod stills;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::audience::feed::Feed;
use super::audience::{Audience, Places};
use super::condition::{Condition, State};
use super::config::{CameraConfig, Connect};
use super::error::CameraError;
use super::events::{Events, Happening};
use super::frame::{Frame, Moment};
use super::health::{CameraHealth, Counters};
use super::look::Look;
use super::resolution::Resolution;
use super::ring::{Ring, RingLimits};
use super::source::Expected;
use super::video::Video;
use super::video::coded::EncodedFrame;
use super::video::ring::Numbered;
use crate::clock::Clock;

/// How long coded video goes on being decoded for nobody.
const DECODING_LINGER: Duration = Duration::from_secs(10);

/// A picture for somebody, and how the camera was doing.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The picture, in the size asked for.
    pub frame: Arc<Frame>,
    /// State of the camera when it was chosen.
    pub state: State,
}

/// One camera.
#[derive(Debug)]
pub struct Camera {
    config: CameraConfig,
    ids: Vec<String>,
    clock: Arc<dyn Clock>,
    live: watch::Sender<Option<Arc<Frame>>>,
    ring: Mutex<Ring>,
    video: Video,
    condition: Mutex<Condition>,
    feed: Feed,
    audience: Audience,
    expected: Option<Resolution>,
    counters: Counters,
    events: Arc<Events>,
    /// One clip at a time.
    clips: Semaphore,
    stopped: CancellationToken,
}

/// What a camera holds of a while.
#[derive(Debug)]
pub(super) enum Footage {
    Pictures(Vec<Arc<Frame>>),
    Coded(Vec<Numbered>),
}

/// What a camera shares with the others.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Arc<Events>,
    pub(super) stopped: CancellationToken,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Camera {
    /// A camera without frames yet, whose memory may hold what `limits` say.
    pub(super) fn new(
        config: CameraConfig,
        ids: Vec<String>,
        limits: RingLimits,
        feed: Feed,
        expected: Expected,
        shared: Shared,
    ) -> Self {
        Self {
            condition: Mutex::new(Condition::new(shared.clock.monotonic(), expected.interval)),
            config,
            ids,
            clock: shared.clock,
            live: watch::Sender::new(None),
            ring: Mutex::new(Ring::new(limits)),
            video: Video::new(limits),
            feed,
            audience: Audience::default(),
            expected: expected.resolution,
            counters: Counters::default(),
            events: shared.events,
            clips: Semaphore::new(1),
            stopped: shared.stopped,
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
        let seen = self.live.borrow().as_ref().map(|frame| frame.resolution);
        seen.or_else(|| self.video.resolution()).or(self.expected)
    }

    /// What is held from between two instants (monotonic), for a clip.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Footage {
        let coded = self.video.with(|ring| ring.between(from, to));
        if coded.is_empty() {
            Footage::Pictures(lock(&self.ring).between(from, to))
        } else {
            Footage::Coded(coded)
        }
    }

    /// The right to make a clip.
    pub(super) fn clips(&self) -> &Semaphore {
        &self.clips
    }

    /// Takes a place in the audience; from then on every frame that is shown arrives.
    ///
    /// # Errors
    /// [`CameraError::TooManyViewers`] when every place is taken.
    pub(super) fn join(
        &self,
        look: Look,
        address: Option<IpAddr>,
    ) -> Result<watch::Receiver<Option<Arc<Frame>>>, CameraError> {
        let own = self.resolution().map(|size| Look { size, stamped: false });
        let places = Places {
            viewers: self.config.max_viewers,
            per_address: self.config.max_viewers_per_address,
            looks: self.config.max_sizes,
        };
        self.audience.join(look, address, own, places)?;
        Ok(self.live.subscribe())
    }

    /// Gives the place back.
    pub(super) fn leave(&self, look: Look, address: Option<IpAddr>) {
        if self.audience.leave(look, address, self.clock.monotonic()) {
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
            let (video_bytes, video_reach) = self.video.with(|video| (video.bytes(), video.reach()));
            (ring.bytes() + video_bytes, ring.reach().max(video_reach))
        };
        CameraHealth {
            name: self.name().to_owned(),
            state: self.state(),
            frame_age: self.live.borrow().as_ref().map(|frame| frame.age(now)),
            unchanged_for: lock(&self.condition).unchanged_for(now),
            frames: counted.frames.value(),
            rejected: counted.rejected.value(),
            failures: counted.failures.value(),
            state_changes: counted.state_changes.value(),
            viewers: self.audience.viewers(),
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

    /// A frame came: it gets its number. It is still to be remembered and shown.
    pub(super) fn receive(&self, frame: impl FnOnce(u64) -> Frame) -> Arc<Frame> {
        let sequence = self.counters.frames.up();
        let frame = Arc::new(frame(sequence));
        let is_new = self.live.borrow().as_ref().is_none_or(|last| last.jpeg != frame.jpeg);
        self.count_frame(frame.captured.monotonic, is_new);
        frame
    }

    fn count_frame(&self, captured: Duration, is_new: bool) {
        let mut condition = lock(&self.condition);
        condition.frame(captured);
        if is_new {
            condition.changed(captured);
        }
    }

    /// Puts a frame into memory.
    pub(super) fn remember(&self, frame: Arc<Frame>) {
        lock(&self.ring).push(frame);
    }

    /// Coded video came: it goes into memory, from where whoever decodes takes it.
    pub(super) fn take_coded(&self, coded: EncodedFrame) {
        // Whether it shows anything new, only a decoder could tell.
        self.count_frame(coded.captured.monotonic, true);
        self.video.push(self.counters.frames.up(), coded);
    }

    /// Shows a frame to every viewer; another size than before is an event.
    pub(super) fn show(&self, frame: Arc<Frame>) {
        let resolution = frame.resolution;
        let previous = self.live.send_replace(Some(frame));
        let known = previous.map(|frame| frame.resolution).or(self.expected);
        if known != Some(resolution) {
            self.record(Happening::SizesChanged);
        }
    }

    /// The coded video of this camera.
    pub(super) fn video(&self) -> &Video {
        &self.video
    }

    /// Waits until somebody wants decoded pictures.
    pub(super) async fn until_watched(&self) {
        self.audience.until_wanted(&*self.clock, DECODING_LINGER).await;
    }

    /// Whether somebody wants decoded pictures.
    pub(super) fn is_watched(&self) -> bool {
        self.audience.is_wanted(self.clock.monotonic(), DECODING_LINGER)
    }

    /// Whether the camera should be connected at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.config.connect == Connect::Always
            || self.audience.is_wanted(self.clock.monotonic(), self.config.linger())
    }

    /// Waits until the camera should be connected.
    pub(super) async fn until_wanted(&self) {
        if self.config.connect == Connect::OnDemand {
            self.audience.until_wanted(&*self.clock, self.config.linger()).await;
            lock(&self.condition).begin(self.clock.monotonic());
        }
    }

    /// Writes down that something happened to this camera.
    pub(super) fn record(&self, what: Happening) {
        self.events.record(Moment::now(&*self.clock), self.name(), what);
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

    /// The camera's state is another one than before.
    pub(super) fn count_change(&self, to: State) {
        self.counters.state_changes.up();
        self.record(Happening::State(to));
    }

    /// Forgets frames that have become too old.
    pub(super) fn expire(&self) {
        let now = self.clock.monotonic();
        lock(&self.ring).expire(now);
        self.video.with(|ring| ring.expire(now));
    }

    /// Silence after which the connection is given up.
    pub(super) fn patience(&self) -> Duration {
        lock(&self.condition).offline_after()
    }
}
