//! Pictures of the last seconds, on a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use trifocal::camera::{CameraConfig, Look, Resolution, StreamRequest};
use trifocal::clock::{Clock, FixedClock};
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, stated_size};

/// A gateway whose one camera took ten pictures a second for `seconds`, and its clock.
async fn filmed(seconds: u32, size: &str) -> (Gateway, Arc<FixedClock>) {
    let clock = FixedClock::at("2024-05-01T12:00:00Z".parse().unwrap());
    let cameras = [CameraConfig::new("dome", &format!("test:?size={size}&fps=120"))];
    let gateway = Gateway::with(&cameras, IntercomConfig::default(), clock.clone());
    let look = Look::at(size.parse().unwrap());
    let request = StreamRequest { look, fps: 1000, repeat_after: None, address: None };
    let mut viewer = gateway.cameras.find("dome").unwrap().view(request).unwrap();
    for _ in 0..seconds * 10 {
        clock.advance(Duration::from_millis(100));
        while viewer.next().await.unwrap().frame.captured.monotonic != clock.monotonic() {}
    }
    (gateway, clock)
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
                let expected = stamp(now - chrono::TimeDelta::milliseconds(ms));
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
