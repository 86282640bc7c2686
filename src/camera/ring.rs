//! The last seconds of a camera, seekable by time. Sorted by monotonic time, bounded in age and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::frame::Frame;
use super::pace::Pace;

/// Kept beyond the promised seconds, so that the oldest promised instant is still held when it is asked for.
const SLACK: Duration = Duration::from_secs(1);
/// Every frame this young is kept, whatever the ring's own rate.
const UNTHINNED: Duration = Duration::from_secs(2);
/// Frames further apart than this are not thinned any more when bytes are short: seeking needs them.
const SPARSE: Duration = Duration::from_millis(500);
/// Least tolerance of a seek.
const TOLERANCE: Duration = Duration::from_secs(1);

/// What a ring may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RingLimits {
    /// How far back it reaches.
    pub span: Duration,
    /// Bytes of JPEG it may keep.
    pub bytes: usize,
    /// Frames per second it keeps of what is older than two seconds.
    pub fps: f64,
}

/// The frames of the last seconds.
#[derive(Debug)]
pub(super) struct Ring {
    limits: RingLimits,
    /// Older frames, thinned to the ring's rate.
    settled: VecDeque<Arc<Frame>>,
    /// Every frame of the last two seconds.
    recent: VecDeque<Arc<Frame>>,
    pace: Pace,
    bytes: usize,
}

impl Ring {
    /// An empty ring.
    pub(super) fn new(limits: RingLimits) -> Self {
        Self {
            limits,
            settled: VecDeque::new(),
            recent: VecDeque::new(),
            pace: Pace::new(limits.fps),
            bytes: 0,
        }
    }

    /// Takes in a frame; one older than the newest held is refused, for the ring is sorted by construction.
    pub(super) fn push(&mut self, frame: Arc<Frame>) -> bool {
        let now = frame.captured.monotonic;
        if self.newest().is_some_and(|newest| newest.captured.monotonic > now) {
            return false;
        }
        self.bytes += frame.jpeg.len();
        self.recent.push_back(frame);
        self.settle(now);
        self.expire(now);
        self.shrink();
        true
    }

    /// Forgets what is older than the ring's span at `now`.
    pub(super) fn expire(&mut self, now: Duration) {
        let horizon = now.saturating_sub(self.limits.span + SLACK);
        while self.oldest().is_some_and(|oldest| oldest.captured.monotonic < horizon) {
            self.drop_oldest();
        }
    }

    /// The frame of the instant `target`: the newest taken at or before it, or else the first taken after it,
    /// provided it is no further away than one second or three frame intervals.
    pub(super) fn seek(&self, target: Duration) -> Option<Arc<Frame>> {
        let at_or_before = |frame: &Arc<Frame>| frame.captured.monotonic <= target;
        let mut after = self.settled.partition_point(at_or_before);
        if after == self.settled.len() {
            after += self.recent.partition_point(at_or_before);
        }
        let time = |index: usize| self.get(index).map(|frame| frame.captured.monotonic);
        let gap = |index: usize| Some(time(index + 1)?.saturating_sub(time(index)?));
        // An outage next to the target must not widen the tolerance: the shorter neighbouring interval counts.
        let before = after.checked_sub(1);
        let interval =
            [before.and_then(|b| b.checked_sub(1)).and_then(gap), gap(after)].into_iter().flatten().min();
        let tolerance = TOLERANCE.max(interval.unwrap_or_default() * 3);
        let within = |index: usize| time(index).is_some_and(|t| t.abs_diff(target) <= tolerance);
        before
            .filter(|&index| within(index))
            .or(Some(after).filter(|&index| within(index)))
            .and_then(|i| self.get(i))
            .cloned()
    }

    /// The frames captured between two instants.
    pub(super) fn between(&self, from: Duration, to: Duration) -> Vec<Arc<Frame>> {
        let all = self.settled.iter().chain(&self.recent);
        all.filter(|frame| (from..=to).contains(&frame.captured.monotonic)).cloned().collect()
    }

    /// The newest frame held.
    pub(super) fn newest(&self) -> Option<&Arc<Frame>> {
        self.recent.back().or_else(|| self.settled.back())
    }

    /// The oldest frame held.
    pub(super) fn oldest(&self) -> Option<&Arc<Frame>> {
        self.settled.front().or_else(|| self.recent.front())
    }

    /// Number of frames held.
    pub(super) fn len(&self) -> usize {
        self.settled.len() + self.recent.len()
    }

    /// Bytes of JPEG held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Time between the oldest and the newest frame held.
    pub(super) fn reach(&self) -> Duration {
        match (self.oldest(), self.newest()) {
            (Some(oldest), Some(newest)) => {
                newest.captured.monotonic.saturating_sub(oldest.captured.monotonic)
            }
            _ => Duration::ZERO,
        }
    }

    fn get(&self, index: usize) -> Option<&Arc<Frame>> {
        match index.checked_sub(self.settled.len()) {
            None => self.settled.get(index),
            Some(index) => self.recent.get(index),
        }
    }

    /// Moves frames older than two seconds to the thinned part, or lets them go.
    fn settle(&mut self, now: Duration) {
        while let [Some(first), Some(second)] = [self.recent.front(), self.recent.get(1)] {
            let (taken, interval) = (
                first.captured.monotonic,
                second.captured.monotonic.saturating_sub(first.captured.monotonic),
            );
            if now.saturating_sub(taken) <= UNTHINNED {
                return;
            }
            let Some(frame) = self.recent.pop_front() else { return };
            if self.pace.admits(taken, interval) {
                self.settled.push_back(frame);
            } else {
                self.bytes -= frame.jpeg.len();
            }
        }
    }

    /// Brings the ring under its byte limit: thin the older half first, lose time only after that.
    fn shrink(&mut self) {
        while self.bytes > self.limits.bytes && self.len() > 1 {
            let half = self.settled.len() / 2;
            let dense = half >= 2
                && self.settled[half].captured.monotonic.saturating_sub(self.settled[0].captured.monotonic)
                    / (half as u32)
                    < SPARSE;
            if dense {
                let kept = self
                    .settled
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| *n >= half || n % 2 == 0)
                    .map(|(_, f)| f.clone());
                self.settled = kept.collect();
                self.bytes = self.settled.iter().chain(&self.recent).map(|f| f.jpeg.len()).sum();
            } else {
                self.drop_oldest();
            }
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(frame) = self.settled.pop_front().or_else(|| self.recent.pop_front()) {
            self.bytes -= frame.jpeg.len();
        }
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
