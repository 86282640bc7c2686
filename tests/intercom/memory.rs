//! Pictures of the last seconds, on a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use trifocal::camera::{CameraConfig, Look, Resolution, StreamRequest};
use trifocal::clock::{Clock, FixedClock};
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, stated_size};

/// A gateway whose one camera took ten pictures a second for `seconds`, and its clock.
async fn filmed(seconds: u32, size: &str) -> (Gateway, Arc<FixedClock>) {
    let clock = FixedClock::at("2024-05-01T12:00:00Z".parse().unwrap());
    let cameras = [CameraConfig::new("dome", &format!("test:?size={size}&fps=120"))];
    let gateway = Gateway::with(&cameras, IntercomConfig::default(), clock.clone());
    film(&gateway, &clock, seconds, size).await;
    (gateway, clock)
}

/// Lets the camera of [`filmed`] take ten pictures a second for `seconds` more.
async fn film(gateway: &Gateway, clock: &FixedClock, seconds: u32, size: &str) {
    let look = Look::at(size.parse().unwrap());
    let request = StreamRequest { look, fps: 1000, repeat_after: None, address: None };
    let mut viewer = gateway.cameras.find("dome").unwrap().view(request).unwrap();
    for _ in 0..seconds * 10 {
        clock.advance(Duration::from_millis(100));
        while viewer.next().await.unwrap().frame.captured.monotonic != clock.monotonic() {}
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    format!("{}.{:06}", at.timestamp(), at.timestamp_subsec_micros())
}

#[tokio::test(flavor = "multi_thread")]
async fn time_finds_the_newest_picture_up_to_that_instant() {
    let (gateway, clock) = filmed(35, "320x240").await;
    let now = clock.utc();
    let unix = |ago: i64| (now.timestamp() - ago).to_string();
    for (time, found_ms_ago) in [
        ("-30".to_owned(), Some(30_000)),
        ("-29.999".to_owned(), Some(30_000)),
        ("-0.5".to_owned(), Some(500)),
        ("-0.55".to_owned(), Some(600)),
        ("0".to_owned(), Some(0)),
        ("-0".to_owned(), Some(0)),
        (unix(10), Some(10_000)),
        ("-30.001".to_owned(), None),
        ("1".to_owned(), None),
        (unix(31), None),
        (unix(-1), None),
        ("abc".to_owned(), None),
    ] {
        let path = format!("snapshot?width=320&height=240&time={time}");
        match found_ms_ago {
            None => assert_eq!(gateway.failure(&path).await, (12, "time".to_owned()), "time={time}"),
            Some(ms) => {
                let response = gateway.get(&path).await;
                let expected = stamp(now - TimeDelta::milliseconds(ms));
                assert_eq!(response.headers()["x-timestamp"], expected.as_str(), "time={time}");
                assert_eq!(response.headers()["content-type"], "image/jpeg");
            }
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_before_the_camera_started_has_no_data() {
    let (gateway, _clock) = filmed(5, "320x240").await;
    assert_eq!(gateway.failure("snapshot?width=320&height=240&time=-20").await, (15, "time".to_owned()));
    let response = gateway.get("snapshot?width=320&height=240&time=-4.5").await;
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_time_the_rate_does_not_matter_and_the_size_is_clamped() {
    let (gateway, _clock) = filmed(6, "1920x1080").await;
    for (query, size) in [
        ("width=1920&height=1080&time=-5&fps=10", Resolution::new(1280, 720)),
        ("width=1920&height=1080&time=0&fps=99", Resolution::new(1280, 720)),
        ("width=4000&height=3000&time=-1", Resolution::new(1280, 960)),
        ("width=1280&height=960&time=-5&source=internal", Resolution::new(1280, 960)),
        ("width=640&height=480&time=-5", Resolution::new(640, 480)),
    ] {
        let response = gateway.get(&format!("snapshot?{query}")).await;
        assert_eq!(response.headers()["content-type"], "image/jpeg", "{query}");
        assert_eq!(stated_size(&response.bytes().await.unwrap()), size, "{query}");
    }
    assert_eq!(gateway.failure("snapshot?width=4000&height=3000").await.0, 12, "without time it is an error");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_camera_is_remembered_for_thirty_seconds() {
    let (gateway, clock) = filmed(5, "320x240").await;
    // The pattern goes on at the standing clock; asking for instants after the jump finds the hole.
    clock.advance(Duration::from_secs(20));
    let response = gateway.get("snapshot?width=320&height=240&time=-22").await;
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    assert_eq!(gateway.failure("snapshot?width=320&height=240&time=-10").await, (15, "time".to_owned()));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_moves_stamps_and_nothing_else() {
    for jump in [TimeDelta::hours(5), TimeDelta::hours(-5), TimeDelta::days(-20_000)] {
        let (gateway, clock) = filmed(20, "320x240").await;
        let before = clock.utc();
        clock.jump(jump);
        film(&gateway, &clock, 11, "320x240").await;
        let now = clock.utc();
        // What was taken before the clock was set keeps the stamp of then and is found where it was.
        for (ago_ms, taken) in [
            (0, now),
            (500, now - TimeDelta::milliseconds(500)),
            (10_500, now - TimeDelta::milliseconds(10_500)),
            (11_500, before - TimeDelta::milliseconds(500)),
            (30_000, before - TimeDelta::milliseconds(19_000)),
        ] {
            let ago = Duration::from_millis(ago_ms).as_secs_f64();
            let answer = gateway.get(&format!("snapshot?width=320&height=240&time=-{ago}")).await;
            assert_eq!(answer.headers()["x-timestamp"], stamp(taken).as_str(), "{ago} s ago, {jump}");
            assert_eq!(answer.headers()["x-frame-age"], format!("{ago:.3}").as_str(), "{jump}");
            assert_eq!(answer.headers()["x-source-state"], "live");
        }
        // A time since 1970 is one of the clock as it is now.
        let found = async |time: i64| {
            let answer = gateway.get(&format!("snapshot?width=320&height=240&time={time}")).await;
            answer.headers().contains_key("x-timestamp")
        };
        let five_seconds_ago = (now - TimeDelta::seconds(5)).timestamp();
        assert!(five_seconds_ago < 0 || found(five_seconds_ago).await, "{jump}");
        assert!(!found(before.timestamp()).await, "{jump}");
        let health = &gateway.cameras.health()[0];
        assert!(health.ring_reach >= Duration::from_secs(30), "nothing was forgotten: {health:?}");
        assert_eq!(health.failures, 0, "and nobody gave the camera up");
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_its_pace_while_the_clock_is_set() {
    let (gateway, clock) = filmed(1, "320x240").await;
    let look = Look::at("320x240".parse().unwrap());
    let request = StreamRequest { look, fps: 5, repeat_after: None, address: None };
    let mut viewer = gateway.cameras.find("dome").unwrap().view(request).unwrap();
    let mut times = Vec::new();
    for step in 0..40 {
        clock.advance(Duration::from_millis(100));
        clock.jump(TimeDelta::hours(if step % 2 == 0 { 3 } else { -4 }));
        // Every second picture is due; for the others the viewer would repeat the last one after a second.
        if step % 2 == 0 {
            let picture = loop {
                let picture = viewer.next().await.unwrap();
                if times.last() != Some(&picture.frame.captured.monotonic) {
                    break picture;
                }
            };
            times.push(picture.frame.captured.monotonic);
        }
    }
    assert!(times.is_sorted(), "{times:?}");
    let seconds = times[times.len() - 1].abs_diff(times[0]).as_secs_f64();
    let rate = (times.len() - 1) as f64 / seconds;
    assert!((4.0..5.5).contains(&rate), "{rate} pictures a second of {times:?}");
    gateway.stop().await;
}
