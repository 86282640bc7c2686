//! Caps and single pictures of now.

use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use trifocal::camera::{CameraConfig, OfflinePolicy, State, read_stamp};
use trifocal::clock::SystemClock;
use trifocal::pixel::Limits;
use trifocal::pixel::codec::jpeg_decode;
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, jpeg, stated_size};

#[tokio::test(flavor = "multi_thread")]
async fn caps_list_every_size_once_ascending_and_every_source() {
    let cameras = [
        CameraConfig::new("dome", "test:?size=1920x1080&fps=1"),
        CameraConfig::new("yard", "test:?size=640x480&fps=1"),
        CameraConfig {
            resolutions: vec!["1024x768".parse().unwrap()],
            ..CameraConfig::new("gate", "test:?fps=1")
        },
    ];
    let gateway = Gateway::with(&cameras, IntercomConfig::default(), SystemClock::start());
    for method in [Method::GET, Method::POST] {
        let response = gateway.request(method, "caps").await;
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["success"], true);
        let sources = json!([{"source": "internal"}, {"source": "external"}, {"source": "gate"}]);
        assert_eq!(body["result"]["sources"], sources);
        let sizes: Vec<(i64, i64)> = body["result"]["jpegResolution"]
            .as_array()
            .unwrap()
            .iter()
            .map(|size| (size["width"].as_i64().unwrap(), size["height"].as_i64().unwrap()))
            .collect();
        assert!(sizes.is_sorted_by(|a, b| a.0 * a.1 < b.0 * b.1), "{sizes:?}");
        for size in [(640, 480), (1280, 960), (1920, 1080), (1024, 768)] {
            assert!(sizes.contains(&size), "{size:?} in {sizes:?}");
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_has_its_size_its_headers_and_a_recent_stamp() {
    let gateway = Gateway::with_pattern();
    for (width, height) in [(640, 480), (320, 240), (1280, 720), (352, 288)] {
        let response = gateway.get(&format!("snapshot?width={width}&height={height}&source=internal")).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "image/jpeg");
        assert_eq!(header("cache-control"), "no-store, no-cache, must-revalidate, max-age=0");
        assert_eq!(header("pragma"), "no-cache");
        assert_eq!(header("expires"), "0");
        assert_eq!(header("x-source-state"), "live");
        assert!(header("x-frame-age").parse::<f64>().unwrap() < 1.5);
        let (length, stamp) = (header("content-length"), header("x-timestamp"));
        let body = response.bytes().await.unwrap();
        assert_eq!(length, body.len().to_string());
        assert_eq!(stated_size(&body).to_string(), format!("{width}x{height}"));
        if (width, height) != (1280, 720) {
            let painted = read_stamp(&jpeg_decode(&body, &Limits::default()).unwrap()).unwrap();
            assert_eq!(stamp, format!("{}.{:06}", painted.timestamp(), painted.timestamp_subsec_micros()));
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_tells_the_headers_and_never_starts_a_stream() {
    let gateway = Gateway::with_pattern();
    let single = gateway.request(Method::HEAD, "snapshot?width=640&height=480").await;
    assert_eq!(single.headers()["content-type"], "image/jpeg");
    assert!(single.headers()["content-length"].to_str().unwrap().parse::<usize>().unwrap() > 1000);
    assert!(single.bytes().await.unwrap().is_empty());
    let stream = gateway.request(Method::HEAD, "snapshot?width=640&height=480&fps=5").await;
    assert!(
        stream.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("multipart/x-mixed-replace; boundary=")
    );
    assert!(stream.headers().get("transfer-encoding").is_none());
    assert!(stream.bytes().await.unwrap().is_empty());
    assert_eq!(gateway.cameras.health()[0].viewers, 0);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fps_zero_and_empty_mean_one_picture() {
    let gateway = Gateway::with_pattern();
    for query in ["fps=0", "fps=", "fps=5&fps=0", "fps=&time=&source="] {
        let response = gateway.get(&format!("snapshot?width=640&height=480&{query}")).await;
        assert_eq!(response.headers()["content-type"], "image/jpeg", "{query}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_own_size_a_camera_gives_its_very_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let picture = jpeg(640, 480, [40, 90, 200]);
    std::fs::write(folder.path().join("a.jpg"), &picture).unwrap();
    let gateway = Gateway::with_folder(folder.path(), 0.1, IntercomConfig::default());
    let body = gateway.get("snapshot?width=640&height=480").await.bytes().await.unwrap();
    assert_eq!(body, picture);
    assert_eq!(gateway.cameras.health()[0].encodes, 0);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clients_of_one_size_share_one_encode() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jpg"), jpeg(1280, 960, [40, 90, 200])).unwrap();
    let gateway = Arc::new(Gateway::with_folder(folder.path(), 0.1, IntercomConfig::default()));
    let requests = (0..50).map(|_| {
        let gateway = gateway.clone();
        tokio::spawn(async move { gateway.get("snapshot?width=320&height=240").await.bytes().await.unwrap() })
    });
    let bodies = join_all(requests).await;
    let first = bodies[0].as_ref().unwrap();
    assert!(bodies.iter().all(|body| body.as_ref().unwrap() == first));
    assert_eq!(gateway.cameras.health()[0].encodes, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_never_gave_a_picture_has_a_notice_in_every_size() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::with_folder(folder.path(), 5.0, IntercomConfig::default());
    for (width, height) in [(160, 120), (1280, 960)] {
        let response = gateway.get(&format!("snapshot?width={width}&height={height}")).await;
        assert_eq!(response.headers()["x-source-state"], State::Offline.name());
        let body = response.bytes().await.unwrap();
        assert_eq!(stated_size(&body).to_string(), format!("{width}x{height}"));
    }
    assert_eq!(gateway.failure("snapshot?width=640&height=480&time=-1").await, (15, "time".to_owned()));
    assert!(
        gateway.get("caps").await.text().await.unwrap().contains("internal"),
        "caps are served all the same"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_set_to_say_so_has_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let camera = CameraConfig {
        offline: OfflinePolicy::Error,
        ..CameraConfig::new("dome", &format!("file:{}", folder.path().display()))
    };
    let gateway = Gateway::with(&[camera], IntercomConfig::default(), SystemClock::start());
    assert_eq!(gateway.failure("snapshot?width=640&height=480").await, (15, String::new()));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cameras_there_are_sizes_but_no_data() {
    let gateway = Gateway::with(&[], IntercomConfig::default(), SystemClock::start());
    assert_eq!(gateway.failure("snapshot?width=640&height=480").await, (15, String::new()));
    let caps: Value = gateway.get("caps").await.json().await.unwrap();
    assert_eq!(caps["result"]["sources"], json!([]));
    gateway.stop().await;
}
