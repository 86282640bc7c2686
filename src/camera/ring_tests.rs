//! What a ring holds, gives back and lets go.

use bytes::Bytes;
use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::camera::frame::Moment;
use crate::camera::resolution::Resolution;

fn frame(at_ms: u64, bytes: usize) -> Arc<Frame> {
    Arc::new(Frame {
        sequence: at_ms,
        captured: Moment { monotonic: Duration::from_millis(at_ms), utc: DateTime::UNIX_EPOCH },
        resolution: Resolution::new(1, 1),
        jpeg: Bytes::from(vec![0; bytes]),
    })
}

fn ring(bytes: usize, fps: f64) -> Ring {
    Ring::new(RingLimits { span: Duration::from_secs(30), bytes, fps })
}

fn filled(times_ms: impl IntoIterator<Item = u64>) -> Ring {
    let mut ring = ring(1 << 30, 1000.0);
    for at in times_ms {
        assert!(ring.push(frame(at, 10)));
    }
    ring
}

fn seek_ms(ring: &Ring, target_ms: u64) -> Option<u64> {
    ring.seek(Duration::from_millis(target_ms)).map(|frame| frame.sequence)
}

#[test]
fn a_full_ring_answers_every_promised_instant() {
    let now = 100_000;
    let ring = filled((0..=now).step_by(100));
    for (seconds_ago, expected) in
        [(30.0, 70_000), (29.999, 70_000), (0.5, 99_500), (0.0, 100_000), (12.34, 87_600), (30.9, 69_100)]
    {
        let target = now - (seconds_ago * 1000.0) as u64;
        assert_eq!(seek_ms(&ring, target), Some(expected), "{seconds_ago} s ago");
    }
    assert_eq!(seek_ms(&ring, now - 33_000), None, "older than anything held");
}

#[test]
fn a_young_ring_answers_slightly_newer_but_not_much_newer() {
    let ring = filled((50_000..=60_000).step_by(100));
    assert_eq!(seek_ms(&ring, 49_000), Some(50_000), "one second early is tolerated");
    assert_eq!(seek_ms(&ring, 48_999), None);
}

#[test]
fn an_outage_is_a_hole_on_both_sides() {
    let ring = filled((80_000..=90_000).step_by(100).chain((100_000..=105_000).step_by(100)));
    assert_eq!(seek_ms(&ring, 90_900), Some(90_000));
    assert_eq!(seek_ms(&ring, 91_100), None);
    assert_eq!(seek_ms(&ring, 95_000), None);
    assert_eq!(seek_ms(&ring, 98_900), None);
    assert_eq!(seek_ms(&ring, 99_100), Some(100_000));
}

#[test]
fn a_slow_source_is_sought_within_three_of_its_intervals() {
    let ring = filled((0..=60_000).step_by(5_000));
    assert_eq!(seek_ms(&ring, 34_999), Some(30_000));
    assert_eq!(seek_ms(&ring, 70_000), Some(60_000));
    assert_eq!(seek_ms(&ring, 75_001), None);
}

#[test]
fn the_single_frame_is_found_within_a_second() {
    let ring = filled([5_000]);
    assert_eq!(seek_ms(&ring, 5_900), Some(5_000));
    assert_eq!(seek_ms(&ring, 6_100), None);
    assert_eq!(seek_ms(&filled([]), 0), None);
}

#[test]
fn old_frames_are_thinned_to_the_rings_rate_and_young_ones_are_not() {
    let mut ring = ring(1 << 30, 10.0);
    for at in (0..=40_000).step_by(40) {
        ring.push(frame(at, 10));
    }
    let young = ring.recent.len();
    assert_eq!(young, 51, "25 fps over two seconds, both ends");
    assert!((285..=295).contains(&ring.settled.len()), "{} frames of 29 s at 10 fps", ring.settled.len());
    assert!(ring.reach() >= Duration::from_secs(30));
}

#[test]
fn short_of_bytes_the_older_half_is_thinned_before_time_is_lost() {
    let mut ring = ring(200 * 100, 10.0);
    for at in (0..=31_000).step_by(100) {
        ring.push(frame(at, 100));
    }
    assert!(ring.bytes() <= 200 * 100);
    assert!(ring.reach() >= Duration::from_secs(30), "reaches {:?}", ring.reach());
    let at = |i: usize| ring.get(i).unwrap().captured.monotonic;
    let gap = |i: usize| at(i + 1).saturating_sub(at(i));
    assert!(gap(0) > gap(ring.len() - 2), "the old part is the sparse one");
}

#[test]
fn very_short_of_bytes_time_is_lost_but_the_newest_frame_stays() {
    let mut ring = ring(250, 10.0);
    for at in (0..=31_000).step_by(100) {
        ring.push(frame(at, 100));
    }
    assert_eq!(ring.len(), 2);
    ring.push(frame(31_100, 10_000));
    assert_eq!((ring.len(), ring.newest().unwrap().sequence), (1, 31_100));
}

#[test]
fn a_frame_from_before_the_newest_is_refused() {
    let mut ring = filled([1_000, 2_000]);
    assert!(!ring.push(frame(1_500, 10)));
    assert_eq!(ring.len(), 2);
}

#[test]
fn a_silent_camera_is_forgotten_after_the_span() {
    let mut ring = filled([1_000, 2_000]);
    ring.expire(Duration::from_millis(32_500));
    assert_eq!(ring.len(), 1);
    ring.expire(Duration::from_secs(40));
    assert_eq!(ring.len(), 0);
    assert_eq!(ring.bytes(), 0);
}

proptest! {
    #[test]
    fn bytes_and_order_always_hold(
        steps in prop::collection::vec((0_u64..3_000, 1_usize..500), 1..400), limit in 500_usize..5_000, fps in 1.0_f64..60.0,
    ) {
        let mut ring = ring(limit, fps);
        let mut at = 0;
        for (step, bytes) in steps {
            at += step;
            ring.push(frame(at, bytes));
            prop_assert!(ring.bytes() <= limit);
            prop_assert_eq!(ring.bytes(), ring.settled.iter().chain(&ring.recent).map(|f| f.jpeg.len()).sum::<usize>());
            prop_assert!(ring.settled.iter().chain(&ring.recent).is_sorted_by_key(|f| f.captured.monotonic));
            prop_assert_eq!(ring.newest().map(|f| f.sequence), Some(at));
        }
    }
}
