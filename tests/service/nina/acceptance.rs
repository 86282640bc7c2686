//! The acceptance checks a server of this dialect has to pass, one test for each, in the plugin's own mode.

use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use super::decode;
use crate::support::{Frame, Gateway, Site};

fn site() -> Site {
    Site::new().with_settings("[nina]\nstatus_line = \"plugin\"\n")
}

/// 640 x 480 pixels: light, flat, light.
async fn light_flat_light() -> Gateway {
    let frame = |minute: &str, image_type: &str, level: u16| {
        Frame::of(480, 640, move |row, column| level + (row + column) as u16)
            .text("DATE-LOC", &format!("2026-01-31T22:{minute}:00"))
            .text("IMAGETYP", image_type)
    };
    site()
        .frame("1.fits", frame("00", "LIGHT", 1000))
        .frame("2.fits", frame("05", "FLAT", 2000))
        .frame("3.fits", frame("10", "LIGHT", 3000))
        .serve()
        .await
}

async fn refusal(gateway: &Gateway, path: &str) -> (u16, Value, Value) {
    let (status, body) = gateway.json(&format!("/v2/api/{path}")).await;
    (status, body["StatusCode"].clone(), body["Error"].clone())
}

#[tokio::test]
async fn check_1_an_empty_store() {
    let gateway = site().serve().await;
    assert_eq!(refusal(&gateway, "image-history").await, (200, json!(400), json!("Index out of range")));
    assert_eq!(gateway.json("/v2/api/image-history?all=true").await.1["Response"], json!([]));
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 0);
}

#[tokio::test]
async fn check_2_indexes_within_a_type() {
    let gateway = light_flat_light().await;
    let third = gateway.json("/v2/api/image-history?index=2").await.1;
    assert_eq!(gateway.json("/v2/api/image-history?imageType=LIGHT&index=1").await.1, third);
    let picture = gateway.bytes("/v2/api/image/1?imageType=LIGHT&stream=true").await;
    assert_eq!(picture, gateway.bytes("/v2/api/image/2?stream=true").await);
    let count = async |query: &str| {
        gateway.json(&format!("/v2/api/image-history?count=true&{query}")).await.1["Response"].clone()
    };
    assert_eq!(count("imageType=light").await, 0);
    assert_eq!(count("IMAGETYPE=LIGHT").await, 3);
}

#[tokio::test]
async fn check_3_quality_and_format() {
    let gateway = light_flat_light().await;
    for (query, format) in [
        ("", ImageFormat::Png),
        ("&quality=80", ImageFormat::Jpeg),
        ("&quality=0", ImageFormat::Png),
        ("&quality=500", ImageFormat::Jpeg),
    ] {
        let (found, picture) = decode(&gateway.bytes(&format!("/v2/api/image/0?stream=true{query}")).await);
        assert_eq!(found, format, "{query}");
        assert!(format == ImageFormat::Jpeg || matches!(picture, DynamicImage::ImageLuma16(_)), "{query}");
    }
    let best = gateway.bytes("/v2/api/image/0?stream=true&quality=100").await;
    assert_eq!(gateway.bytes("/v2/api/image/0?stream=true&quality=500").await, best);
    assert_eq!(gateway.get("/v2/api/image/0?stream=true&quality=x").await.status(), 400);
}

#[tokio::test]
async fn check_4_sizes() {
    let gateway = light_flat_light().await;
    for (query, size) in [
        ("resize=true&size=320x1", (320, 240)),
        ("resize=true&scale=0.05", (64, 48)),
        ("resize=true&scale=7", (640, 480)),
        ("resize=false&size=10x10", (640, 480)),
        ("resize=true", (640, 480)),
    ] {
        let bytes = gateway.bytes(&format!("/v2/api/image/0?stream=true&quality=80&{query}")).await;
        let picture = decode(&bytes).1;
        assert_eq!((picture.width(), picture.height()), size, "{query}");
    }
}

// Check 5, the stretch to the last digit, is in `pictures`.

#[tokio::test]
async fn check_6_bayer_patterns() {
    let gateway = light_flat_light().await;
    let refused = refusal(&gateway, "image/0?bayerPattern=rggb").await;
    assert_eq!(refused, (200, json!(400), json!("Invalid bayer pattern")));
    gateway.bytes("/v2/api/image/0?bayerPattern=rggb&autoPrepare=true&stream=true&quality=50").await;
}

#[tokio::test]
async fn check_7_no_prepared_image() {
    let gateway = site().serve().await;
    let answer = gateway.get("/v2/api/prepared-image").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(refusal(&gateway, "prepared-image").await, (200, json!(404), json!("No image")));
}

#[tokio::test]
async fn check_8_methods_and_paths() {
    let gateway = site().serve().await;
    let ask = async |method, path: &str| {
        let answer = gateway.client().request(method, gateway.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("access-control-allow-origin"))
    };
    assert_eq!(ask(reqwest::Method::GET, "/v2/api/nope").await, (404, true));
    assert_eq!(ask(reqwest::Method::HEAD, "/v2/api/version").await, (405, true));
    assert_eq!(ask(reqwest::Method::OPTIONS, "/v2/api/version").await, (200, true));
    assert_eq!(ask(reqwest::Method::GET, "/v2/api").await, (200, true));
}

#[tokio::test]
async fn check_9_a_frame_is_told_when_it_can_be_seen() {
    let gateway = light_flat_light().await;
    // The frames that were there are told first.
    let mut socket = gateway.socket().await;
    Frame::gradient().text("OBJECT", "new").write(&gateway.capture("4.fits"));
    let mut before = Vec::new();
    loop {
        let told = socket.json().await["Response"].clone();
        if told["ImageStatistics"]["TargetName"] == "new" {
            break;
        }
        before.push(told["Event"].clone());
    }
    assert_eq!(before.last(), Some(&json!("IMAGE-PREPARED")));
    gateway.bytes("/v2/api/image/thumbnail/3").await;
    gateway.bytes("/v2/api/image/3?stream=true&quality=80").await;
}

// Check 10 is the client itself: tests/clients/touch_n_stars.py.
