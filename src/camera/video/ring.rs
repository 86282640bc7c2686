//! The last seconds of a camera that sends compressed video, kept as they came.
//!
//! A coded picture needs all before it back to the last keyframe, so the ring forgets whole groups of pictures
//! and always begins with a keyframe. Bounded in age and in bytes.

use std::collections::VecDeque;
use std::time::Duration;

use super::coded::EncodedFrame;
use crate::camera::ring::RingLimits;

/// Kept beyond the promised seconds.
const SLACK: Duration = Duration::from_secs(1);
/// Least tolerance of a seek.
const TOLERANCE: Duration = Duration::from_secs(1);

/// A coded picture with its number.
#[derive(Clone, Debug)]
pub(in crate::camera) struct Numbered {
    pub(in crate::camera) sequence: u64,
    pub(in crate::camera) frame: EncodedFrame,
}

/// Coded pictures of the last seconds.
#[derive(Debug)]
pub(in crate::camera) struct VideoRing {
    limits: RingLimits,
    kept: VecDeque<Numbered>,
    bytes: usize,
}

impl VideoRing {
    pub(in crate::camera) fn new(limits: RingLimits) -> Self {
        Self { limits, kept: VecDeque::new(), bytes: 0 }
    }

    /// Takes in a coded picture. Nothing is kept before the first keyframe, and another codec starts anew.
    pub(in crate::camera) fn push(&mut self, sequence: u64, frame: EncodedFrame) {
        if self.kept.back().is_some_and(|last| last.frame.codec != frame.codec) {
            self.clear();
        }
        if self.kept.is_empty() && !frame.is_keyframe {
            return;
        }
        let now = frame.captured.monotonic;
        self.bytes += frame.data.len();
        self.kept.push_back(Numbered { sequence, frame });
        self.expire(now);
        while self.bytes > self.limits.bytes && !self.kept.is_empty() {
            self.drop_oldest_group();
        }
    }

    /// Forgets groups of pictures that nothing within the ring's span at `now` needs.
    pub(in crate::camera) fn expire(&mut self, now: Duration) {
        let horizon = now.saturating_sub(self.limits.span + SLACK);
        while self
            .group_end(0)
            .and_then(|end| self.kept.get(end))
            .is_some_and(|next| next.frame.captured.monotonic <= horizon)
        {
            self.drop_oldest_group();
        }
        if self.kept.back().is_some_and(|newest| newest.frame.captured.monotonic < horizon) {
            self.clear();
        }
    }

    /// The coded pictures that must be decoded for the picture of the instant `target`, that one last: the newest
    /// at or before it, or the first after it, no further away than one second or three intervals.
    pub(in crate::camera) fn seek(&self, target: Duration) -> Option<Vec<Numbered>> {
        let time = |index: usize| self.kept.get(index).map(|kept| kept.frame.captured.monotonic);
        let after = self.kept.partition_point(|kept| kept.frame.captured.monotonic <= target);
        let before = after.checked_sub(1);
        let gap = |index: usize| Some(time(index + 1)?.saturating_sub(time(index)?));
        let interval =
            [before.and_then(|b| b.checked_sub(1)).and_then(gap), gap(after)].into_iter().flatten().min();
        let tolerance = TOLERANCE.max(interval.unwrap_or_default() * 3);
        let within = |index: &usize| time(*index).is_some_and(|time| time.abs_diff(target) <= tolerance);
        let found = before.filter(within).or(Some(after).filter(within))?;
        Some(self.group_up_to(found))
    }

    /// The coded pictures that must be decoded for the newest picture.
    pub(in crate::camera) fn newest_group(&self) -> Option<Vec<Numbered>> {
        Some(self.group_up_to(self.kept.len().checked_sub(1)?))
    }

    /// The oldest coded picture that can be decoded.
    pub(in crate::camera) fn oldest_group(&self) -> Option<Vec<Numbered>> {
        self.kept.front().map(|first| vec![first.clone()])
    }

    /// Everything after picture number `sequence`, if that one is still held.
    pub(in crate::camera) fn after(&self, sequence: u64) -> Option<Vec<Numbered>> {
        let at = self.kept.binary_search_by_key(&sequence, |kept| kept.sequence).ok()?;
        Some(self.kept.range(at + 1..).cloned().collect())
    }

    /// Everything held that was captured between two instants, from the keyframe before the first.
    pub(in crate::camera) fn between(&self, from: Duration, to: Duration) -> Vec<Numbered> {
        let first = self.kept.partition_point(|kept| kept.frame.captured.monotonic < from);
        let end = self.kept.partition_point(|kept| kept.frame.captured.monotonic <= to);
        let start = self.keyframe_of(first.min(self.kept.len().saturating_sub(1)));
        self.kept.range(start..end.max(start)).cloned().collect()
    }

    /// Bytes held.
    pub(in crate::camera) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Time between the oldest and the newest picture held.
    pub(in crate::camera) fn reach(&self) -> Duration {
        match (self.kept.front(), self.kept.back()) {
            (Some(oldest), Some(newest)) => {
                newest.frame.captured.monotonic.saturating_sub(oldest.frame.captured.monotonic)
            }
            _ => Duration::ZERO,
        }
    }

    fn keyframe_of(&self, index: usize) -> usize {
        self.kept.iter().take(index + 1).rposition(|kept| kept.frame.is_keyframe).unwrap_or(0)
    }

    fn group_up_to(&self, index: usize) -> Vec<Numbered> {
        self.kept.range(self.keyframe_of(index)..=index).cloned().collect()
    }

    /// Where the group that begins at `start` ends: the index of the next keyframe.
    fn group_end(&self, start: usize) -> Option<usize> {
        self.kept
            .iter()
            .skip(start + 1)
            .position(|kept| kept.frame.is_keyframe)
            .map(|found| start + 1 + found)
    }

    fn drop_oldest_group(&mut self) {
        let end = self.group_end(0).unwrap_or(self.kept.len());
        self.bytes -= self.kept.drain(..end).map(|kept| kept.frame.data.len()).sum::<usize>();
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::super::coded::Codec;
    use super::*;
    use crate::camera::frame::Moment;

    fn coded(at_ms: u64, is_keyframe: bool, bytes: usize) -> EncodedFrame {
        EncodedFrame {
            captured: Moment { monotonic: Duration::from_millis(at_ms), utc: DateTime::UNIX_EPOCH },
            codec: Codec::H264,
            is_keyframe,
            resolution: None,
            data: Bytes::from(vec![0; bytes]),
        }
    }

    fn ring(bytes: usize) -> VideoRing {
        VideoRing::new(RingLimits { span: Duration::from_secs(30), bytes, fps: 10.0 })
    }

    /// Ten pictures a second, a keyframe every two seconds.
    fn filmed(until_ms: u64, bytes: usize) -> VideoRing {
        let mut ring = ring(bytes);
        for at in (0..=until_ms).step_by(100) {
            ring.push(at, coded(at, at % 2000 == 0, 10));
        }
        ring
    }

    fn numbers(found: Option<Vec<Numbered>>) -> Option<(u64, u64)> {
        let found = found?;
        Some((found.first()?.sequence, found.last()?.sequence))
    }

    #[test]
    fn a_seek_gives_everything_from_the_keyframe_on() {
        let ring = filmed(60_000, 1 << 20);
        let seek = |ms| numbers(ring.seek(Duration::from_millis(ms)));
        assert_eq!(seek(55_050), Some((54_000, 55_000)));
        assert_eq!(seek(54_000), Some((54_000, 54_000)));
        assert_eq!(seek(30_000), Some((30_000, 30_000)), "30 s ago is held");
        assert_eq!(seek(60_900), Some((60_000, 60_000)));
        assert_eq!(seek(61_100), None);
        assert_eq!(seek(20_000), None);
        assert_eq!(numbers(ring.newest_group()), Some((60_000, 60_000)));
        assert_eq!(numbers(ring.after(59_000)), Some((59_100, 60_000)));
        assert!(ring.after(1_000).is_none());
    }

    #[test]
    fn nothing_is_kept_before_the_first_keyframe() {
        let mut ring = ring(1 << 20);
        ring.push(1, coded(0, false, 10));
        assert_eq!(ring.bytes(), 0);
        ring.push(2, coded(10, true, 10));
        ring.push(3, coded(20, false, 10));
        assert_eq!((ring.bytes(), numbers(ring.newest_group())), (20, Some((2, 3))));
    }

    #[test]
    fn a_silent_camera_is_forgotten() {
        let mut ring = filmed(5_000, 1 << 20);
        ring.expire(Duration::from_millis(36_100));
        assert_eq!(ring.bytes(), 0);
    }

    proptest! {
        #[test]
        fn it_always_begins_with_a_keyframe_and_stays_within_its_bytes(
            pictures in prop::collection::vec((0_u64..4_000, prop::bool::weighted(0.1), 1_usize..300), 1..200),
        ) {
            let mut ring = ring(2_000);
            let mut at = 0;
            for (number, (step, is_keyframe, bytes)) in pictures.into_iter().enumerate() {
                at += step;
                ring.push(number as u64, coded(at, is_keyframe, bytes));
                prop_assert!(ring.bytes() <= 2_000);
                prop_assert!(ring.kept.front().is_none_or(|first| first.frame.is_keyframe));
                prop_assert_eq!(ring.bytes(), ring.kept.iter().map(|kept| kept.frame.data.len()).sum::<usize>());
            }
        }
    }
}
