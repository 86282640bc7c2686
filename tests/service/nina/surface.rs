//! The small routes: versions, clocks, devices, live stack.

use chrono::DateTime;
use serde_json::json;

use super::light_flat_light;
use crate::support::Site;

#[tokio::test]
async fn a_gateway_says_who_and_when_it_is() {
    let gateway = Site::new().serve().await;
    let response = async |path: &str| {
        let (status, body) = gateway.json(&format!("/v2/api/{path}")).await;
        assert_eq!((status, &body["Success"]), (200, &json!(true)), "{path}");
        body["Response"].clone()
    };
    assert_eq!(response("version").await, "2.2.15.0");
    assert_eq!(response("version/nina").await, "3.2.0.9001");
    assert_eq!(response("version/nina?friendly=true").await, "3.2");
    let time = |value: serde_json::Value| DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
    let (started, now) = (time(response("application-start").await), time(response("time").await));
    assert!(started <= now && (chrono::Utc::now() - now.to_utc()).num_seconds().abs() < 60);
    assert_eq!(response("livestack/status").await, "stopped");
    assert_eq!(response("livestack/image/available").await, json!([]));
    assert_eq!(gateway.get("/v2/api/version/nina?friendly=1").await.status(), 400);
}

#[tokio::test]
async fn no_device_is_connected_and_every_one_says_so() {
    let gateway = Site::new().serve().await;
    let all = gateway.json("/v2/api/equipment/info").await.1["Response"].clone();
    let names: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "Camera",
            "Dome",
            "FilterWheel",
            "FlatDevice",
            "Focuser",
            "Guider",
            "Mount",
            "Rotator",
            "SafetyMonitor",
            "Switch",
            "WeatherData"
        ]
    );
    for name in names {
        assert_eq!(all[&name]["Connected"], false, "{name}");
        let path = if name == "WeatherData" { "weather".to_owned() } else { name.to_lowercase() };
        let (status, body) = gateway.json(&format!("/v2/api/equipment/{path}/info")).await;
        assert_eq!((status, &body["Response"]), (200, &all[&name]), "{name}");
    }
    assert_eq!(gateway.json("/v2/api/equipment/toaster/info").await.0, 404);
}

#[tokio::test]
async fn every_saved_frame_is_an_event_with_its_time() {
    let gateway = light_flat_light().await;
    let events = gateway.json("/v2/api/event-history").await.1["Response"].clone();
    let history = gateway.json("/v2/api/image-history?all=true").await.1["Response"].clone();
    let expected: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!({"Event": "IMAGE-SAVE", "Time": entry["Date"]}))
        .collect();
    assert_eq!(events, json!(expected));
}

#[tokio::test]
async fn only_the_newest_events_are_told_of() {
    let gateway = Site::new()
        .with_settings("[nina]\nevents_shown = 1\n")
        .frame("1.fits", crate::support::Frame::gradient().text("DATE-LOC", "2026-01-31T22:00:00"))
        .frame("2.fits", crate::support::Frame::gradient().text("DATE-LOC", "2026-01-31T23:00:00"))
        .serve()
        .await;
    let events = gateway.json("/v2/api/event-history").await.1["Response"].clone();
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert!(events[0]["Time"].as_str().unwrap().starts_with("2026-01-31T23:02:00"));
}
