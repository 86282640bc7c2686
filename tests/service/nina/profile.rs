//! The profile: shown, changed, followed, kept.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::decode;
use crate::support::{Frame, Gateway, Site};

async fn active(gateway: &Gateway) -> Value {
    gateway.json("/v2/api/profile/show?active=true").await.1["Response"].clone()
}

async fn change(gateway: &Gateway, path: &str, value: &str) -> (u16, Value) {
    let path = format!("/v2/api/profile/change-value?settingpath={path}&newValue={value}");
    let (status, body) = gateway.json(&path).await;
    (
        status,
        body["Response"].as_str().filter(|text| !text.is_empty()).map_or(body["Error"].clone(), Value::from),
    )
}

#[tokio::test]
async fn the_profile_has_what_clients_look_for() {
    let gateway =
        Site::new().frame("a.fits", Frame::gradient().text("TELESCOP", "Refractor 80")).serve().await;
    let profile = active(&gateway).await;
    assert_eq!(profile["FramingAssistantSettings"]["CameraWidth"], 64);
    assert_eq!(profile["FramingAssistantSettings"]["CameraHeight"], 48);
    assert_eq!(profile["ImageSettings"]["AutoStretchFactor"], 0.2);
    assert_eq!(profile["SnapShotControlSettings"]["Save"], false);
    assert_eq!(profile["TelescopeSettings"]["Name"], "Refractor 80");
    assert_eq!(profile["FocuserSettings"]["Id"], "No_Device");
    let listed = gateway.json("/v2/api/profile/show").await.1["Response"].clone();
    assert_eq!((&listed[0]["IsActive"], &listed[0]["Id"]), (&json!(true), &profile["Id"]));
}

#[tokio::test]
async fn changed_settings_change_later_pictures_and_outlive_the_service() {
    // Red is brighter than the rest, so that its own stretch differs from the common one.
    let reddish = |row: usize, column: usize| {
        let red = if row.is_multiple_of(2) && column.is_multiple_of(2) { 900 } else { 0 };
        (1000 + 7 * column + 13 * row + red) as u16
    };
    let site = Site::new().frame("a.fits", Frame::of(48, 64, reddish).text("BAYERPAT", "RGGB"));
    let config = site.config();
    let directory = site.keep();
    let gateway = Gateway::start(config.clone(), directory.clone()).await;
    let path = "/v2/api/image/0?stream=true&autoPrepare=true";
    let before = gateway.bytes(path).await;
    let updated = (200, json!("Updated setting"));
    assert_eq!(change(&gateway, "ImageSettings-AutoStretchFactor", "0.35").await, updated);
    let brighter = gateway.bytes(path).await;
    assert_ne!(brighter, before);
    assert_eq!(brighter, gateway.bytes("/v2/api/image/0?stream=true&debayer=true&factor=0.35").await);
    assert_eq!(change(&gateway, "ImageSettings-UnlinkedStretch", "False").await, updated);
    assert_ne!(gateway.bytes(path).await, brighter);
    assert_eq!(change(&gateway, "ImageSettings-DebayerImage", "false").await, updated);
    let grey = gateway.bytes(path).await;
    assert_eq!(decode(&grey).1.color().channel_count(), 1);
    gateway.stop().await;

    let gateway = Gateway::start(config, directory).await;
    assert_eq!(gateway.bytes(path).await, grey);
    let settings = active(&gateway).await["ImageSettings"].clone();
    assert_eq!(settings["AutoStretchFactor"], 0.35);
    assert_eq!((&settings["UnlinkedStretch"], &settings["DebayerImage"]), (&json!(false), &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_that_show_the_night_follow_the_profile_at_once() {
    let gateway = Site::new()
        .with_settings("[[cameras]]\nname = \"nina\"\nurl = \"nina:?size=640x480\"\n")
        .frame("a.fits", Frame::gradient())
        .serve()
        .await;
    let brightness = async || {
        let jpeg = gateway.bytes("/api/camera/snapshot?width=640&height=480&source=nina").await;
        let samples = decode(&jpeg).1.into_luma8().into_raw();
        samples.iter().map(|&sample| u64::from(sample)).sum::<u64>() / samples.len() as u64
    };
    let until = async |fits: &dyn Fn(u64) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !fits(brightness().await) {
            assert!(Instant::now() < deadline, "the camera never showed it");
        }
    };
    // The median is brought to a fifth of white, then to nine tenths.
    until(&|level| (40..110).contains(&level)).await;
    assert_eq!(change(&gateway, "ImageSettings-AutoStretchFactor", "0.9").await.0, 200);
    until(&|level| level > 180).await;
}

#[tokio::test]
async fn the_pattern_of_the_profile_comes_before_that_of_the_frame() {
    let gateway = Site::new().frame("a.fits", Frame::gradient().text("BAYERPAT", "RGGB")).serve().await;
    let as_gbrg = gateway.bytes("/v2/api/image/0?stream=true&debayer=true&bayerPattern=GBRG").await;
    assert_eq!(change(&gateway, "CameraSettings-BayerPattern", "GBRG").await.0, 200);
    assert_eq!(gateway.bytes("/v2/api/image/0?stream=true&debayer=true").await, as_gbrg);
    assert_eq!(gateway.bytes("/v2/api/image/0?stream=true&autoPrepare=true").await, as_gbrg);
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_without_an_alarm() {
    let gateway = Site::new().serve().await;
    for (path, value, status, error) in [
        ("ImageSettings-Nonsense", "1", 409, "This setting can not be changed here"),
        ("ImageFileSettings-FilePath", "C:", 409, "This setting can not be changed here"),
        ("Nonsense-AutoStretchFactor", "1", 400, "Invalid path"),
        ("", "1", 400, "Invalid path"),
        ("ImageSettings-AutoStretchFactor", "bright", 400, "Invalid value"),
        ("ImageSettings-AutoStretchFactor", "7", 400, "Invalid value"),
    ] {
        assert_eq!(change(&gateway, path, value).await, (status, json!(error)), "{path}={value}");
    }
    let (_, body) =
        gateway.json("/v2/api/profile/change-value?settingpath=ImageSettings-BlackClipping").await;
    assert_eq!(body["Error"], "New value can't be null");
    assert_eq!(active(&gateway).await["ImageSettings"]["AutoStretchFactor"], 0.2);
}
