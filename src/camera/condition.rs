//! Whether a camera is alive: a matter of when its last frame came, decided when somebody asks.

use std::fmt;
use std::time::Duration;

/// Least silence after which a camera counts as stalled.
const STALLED: Duration = Duration::from_secs(2);
/// Least silence after which it counts as gone.
const OFFLINE: Duration = Duration::from_secs(10);
/// Time alive after which failures of the past are forgotten.
const RECOVERED: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(30);
/// Longest pause between frames that says something about the source's rate.
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);

/// How a camera is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing came yet, nothing failed yet.
    Connecting,
    /// Frames come.
    Live,
    /// No frame for two seconds or three intervals.
    Stalled,
    /// No frame for ten seconds, or the connection failed.
    Offline,
}

impl State {
    /// Every state, for metrics.
    pub const ALL: [Self; 4] = [Self::Connecting, Self::Live, Self::Stalled, Self::Offline];

    /// Its name in headers, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Offline => "offline",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of a camera's connection. All times are monotonic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    started: Duration,
    last_frame: Option<Duration>,
    /// Frame before the last one of the same session.
    session_frame: Option<Duration>,
    live_since: Option<Duration>,
    /// When its picture last became another one.
    changed: Option<Duration>,
    interval: Option<Duration>,
    failed: bool,
    failures: u32,
}

impl Condition {
    /// `interval` is the time between frames as far as it is known before the first two.
    pub(super) fn new(now: Duration, interval: Option<Duration>) -> Self {
        Self {
            started: now,
            last_frame: None,
            session_frame: None,
            live_since: None,
            changed: None,
            interval,
            failed: false,
            failures: 0,
        }
    }

    /// A camera that was left alone is wanted again: it is connecting from now on, whatever was before.
    pub(super) fn begin(&mut self, now: Duration) {
        self.started = now;
        self.last_frame = None;
        self.session_frame = None;
        self.failed = false;
    }

    /// A frame came.
    pub(super) fn frame(&mut self, now: Duration) {
        if let Some(gap) =
            self.session_frame.map(|last| now.saturating_sub(last)).filter(|gap| *gap <= LONGEST_INTERVAL)
        {
            self.interval = Some(self.interval.map_or(gap, |mean| (mean * 7 + gap) / 8));
        }
        let live_since = *self.live_since.get_or_insert(now);
        if now.saturating_sub(live_since) >= RECOVERED {
            self.failures = 0;
        }
        self.last_frame = Some(now);
        self.session_frame = Some(now);
        self.failed = false;
    }

    /// The frame that came is another picture than the one before.
    pub(super) fn changed(&mut self, now: Duration) {
        self.changed = Some(now);
    }

    /// How long the camera has shown the very same picture: hardly any while it works, for sensors are noisy.
    pub(super) fn unchanged_for(&self, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(self.changed?))
    }

    /// The connection failed or ended. `chance` from 0 to 1 spreads the retries of many cameras. Gives back how
    /// long to wait: 0.5, 1, 2, 4 ... 30 s, less up to a quarter.
    pub(super) fn failed(&mut self, chance: f64) -> Duration {
        self.failed = true;
        self.session_frame = None;
        self.live_since = None;
        let delay = FIRST_RETRY.saturating_mul(1 << self.failures.min(10)).min(LAST_RETRY);
        self.failures = self.failures.saturating_add(1);
        delay.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 4.0)
    }

    pub(super) fn state(&self, now: Duration) -> State {
        let silence = now.saturating_sub(self.last_frame.unwrap_or(self.started));
        match self.last_frame {
            _ if self.failed || silence >= self.offline_after() => State::Offline,
            None => State::Connecting,
            Some(_) if silence >= self.stalled_after() => State::Stalled,
            Some(_) => State::Live,
        }
    }

    /// When the last frame came.
    pub(super) fn last_frame(&self) -> Option<Duration> {
        self.last_frame
    }

    /// Mean time between frames, once two have come.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Age up to which the newest frame counts as the picture of now.
    pub(super) fn fresh_for(&self) -> Duration {
        Duration::from_secs(1).max(self.interval.unwrap_or_default() * 2)
    }

    /// Silence after which a session is given up.
    pub(super) fn offline_after(&self) -> Duration {
        OFFLINE.max(self.interval.unwrap_or_default() * 5)
    }

    fn stalled_after(&self) -> Duration {
        STALLED.max(self.interval.unwrap_or_default() * 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn fed(rate_s: f64, until_s: f64) -> Condition {
        let mut condition = Condition::new(s(0.0), None);
        let mut now = 0.0;
        while now <= until_s {
            condition.frame(s(now));
            now += rate_s;
        }
        condition
    }

    #[test]
    fn silence_turns_live_to_stalled_to_offline() {
        let condition = fed(0.1, 5.0);
        for (now, state) in [
            (5.0, State::Live),
            (6.9, State::Live),
            (7.1, State::Stalled),
            (14.9, State::Stalled),
            (15.1, State::Offline),
        ] {
            assert_eq!(condition.state(s(now)), state, "at {now}");
        }
    }

    #[test]
    fn a_slow_camera_is_given_the_time_it_needs() {
        let condition = fed(4.0, 40.0);
        assert_eq!(condition.state(s(51.0)), State::Live);
        assert_eq!(condition.state(s(53.0)), State::Stalled);
        assert_eq!(condition.state(s(61.0)), State::Offline);
        assert_eq!(condition.fresh_for(), s(8.0));
    }

    #[test]
    fn a_camera_known_to_be_slow_is_not_given_up_before_its_second_frame() {
        let mut condition = Condition::new(s(0.0), Some(s(10.0)));
        condition.frame(s(0.0));
        assert_eq!(condition.state(s(9.9)), State::Live);
        assert_eq!(condition.offline_after(), s(50.0));
    }

    #[test]
    fn a_camera_never_seen_is_connecting_for_ten_seconds() {
        let mut condition = Condition::new(s(100.0), None);
        assert_eq!(condition.state(s(109.0)), State::Connecting);
        assert_eq!(condition.state(s(110.0)), State::Offline);
        condition.failed(0.0);
        assert_eq!(condition.state(s(101.0)), State::Offline, "a failure is known at once");
    }

    #[test]
    fn retries_come_later_and_later_and_start_anew_after_ten_seconds_alive() {
        let mut condition = Condition::new(s(0.0), None);
        let delays: Vec<f64> = (0..8).map(|_| condition.failed(0.0).as_secs_f64()).collect();
        assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        condition.frame(s(60.0));
        condition.frame(s(69.0));
        assert_eq!(condition.failed(0.0), s(30.0), "nine seconds alive are not enough");
        condition.frame(s(80.0));
        condition.frame(s(90.0));
        assert_eq!(condition.failed(0.0), s(0.5));
        assert_eq!(condition.failed(1.0), s(0.75), "chance takes off up to a quarter");
    }

    #[test]
    fn a_frozen_camera_is_one_whose_frames_are_all_the_same() {
        let mut condition = fed(0.1, 5.0);
        assert_eq!(condition.unchanged_for(s(5.0)), None);
        condition.changed(s(5.0));
        condition.frame(s(40.0));
        assert_eq!(condition.unchanged_for(s(41.0)), Some(s(36.0)));
        assert_eq!(condition.state(s(41.0)), State::Live, "it sends, so it is alive");
    }

    #[test]
    fn an_outage_does_not_change_the_known_rate() {
        let mut condition = fed(0.1, 5.0);
        condition.failed(0.0);
        condition.frame(s(50.0));
        condition.frame(s(50.1));
        let interval = condition.interval().unwrap().as_secs_f64();
        assert!((interval - 0.1).abs() < 0.001, "{interval}");
        assert_eq!(condition.state(s(50.2)), State::Live);
    }
}
