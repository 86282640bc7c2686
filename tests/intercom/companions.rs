//! What clients ask for when they are set up, and events.

use reqwest::Method;
use serde_json::{Value, json};
use trifocal::camera::CameraConfig;
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::{IntercomConfig, StatusProfile};

use super::gateway::{Gateway, failure, jpeg, stated_size};

async fn result(gateway: &Gateway, path: &str) -> Value {
    let answer = gateway.client.get(gateway.api(path)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let mut body: Value = answer.json().await.unwrap();
    assert_eq!(body["success"], true, "{path}: {body}");
    body["result"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_a_client_asks_for_at_set_up_succeeds() {
    let gateway = Gateway::with_pattern();
    let info = result(&gateway, "system/info").await;
    for field in
        ["deviceName", "variant", "serialNumber", "macAddr", "swVersion", "buildType", "hwVersion", "devType"]
    {
        assert!(info[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {info}");
    }
    let digits: String = info["macAddr"].as_str().unwrap().chars().filter(char::is_ascii_hexdigit).collect();
    assert_eq!(digits.len(), 12);
    assert_eq!(info["buildType"], "release");
    let status = result(&gateway, "system/status").await;
    assert!(status["systemTime"].as_i64().unwrap() > 1_700_000_000 && status["upTime"].is_u64(), "{status}");
    let options = result(&gateway, "system/caps").await["options"].take();
    assert_eq!((&options["camera"], &options["rtspServer"]), (&json!("active"), &json!("inactive")));
    assert_eq!(options["motionDetection"], "inactive");
    for (path, list) in [
        ("switch/caps", "switches"),
        ("switch/status", "switches"),
        ("io/caps", "ports"),
        ("io/status", "ports"),
        ("call/status", "sessions"),
        ("phone/status", "accounts"),
    ] {
        assert_eq!(result(&gateway, path).await, json!({list: []}), "{path}");
    }
    let query =
        gateway.client.post(gateway.api("dir/query")).json(&json!({"series": "1"})).send().await.unwrap();
    assert_eq!(query.json::<Value>().await.unwrap(), json!({"success": true, "result": {"users": []}}));
    let names = result(&gateway, "log/caps").await;
    assert!(names["events"].as_array().unwrap().contains(&json!("MotionDetected")));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn known_functions_that_are_not_offered_differ_from_unknown_ones_and_neither_is_a_bare_404() {
    let gateway = Gateway::with_pattern();
    let ask = |method: Method, path: &str| gateway.client.request(method, gateway.api(path)).send();
    for path in ["firmware", "firmware/apply", "config", "system/restart", "switch/ctrl", "io/ctrl"] {
        for method in [Method::GET, Method::PUT, Method::POST] {
            assert_eq!(failure(ask(method, path).await.unwrap()).await.0, 1, "{path}");
        }
    }
    for path in ["", "nothing", "system", "system/information", "log/push", "camera"] {
        assert_eq!(failure(ask(Method::GET, path).await.unwrap()).await.0, 2, "{path:?}");
    }
    for path in ["system/info", "log/caps", "io/caps", "log/pull"] {
        assert_eq!(failure(ask(Method::DELETE, path).await.unwrap()).await.0, 3, "{path}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_semantic_profile_has_its_statuses() {
    let config = IntercomConfig { status: StatusProfile::Semantic, ..IntercomConfig::default() };
    let cameras = [CameraConfig::new("dome", "test:?size=640x480")];
    let gateway = Gateway::with(&cameras, config, SystemClock::start());
    let status =
        async |path: &str| gateway.client.get(gateway.api(path)).send().await.unwrap().status().as_u16();
    assert_eq!(status("firmware").await, 404);
    assert_eq!(status("log/pull").await, 400);
    assert_eq!(status("camera/snapshot?width=640&height=480&time=-20").await, 503);
    assert_eq!(status("camera/snapshot?width=640&height=480&keep=1").await, 403, "it is switched off");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_subscribed_to_pulled_waited_for_and_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let picture = |level: u8| jpeg(640, 480, [level; 3]);
    std::fs::write(folder.path().join("a.jpg"), picture(60)).unwrap();
    let url = format!("file:{}?fps=20", folder.path().display());
    let camera = CameraConfig { motion: true, motion_part: 0.001, ..CameraConfig::new("dome", &url) };
    let gateway = Gateway::with(&[camera], IntercomConfig::default(), SystemClock::start());
    let all = result(&gateway, "log/subscribe?include=all&filter=DeviceState").await["id"].as_u64().unwrap();
    let started = result(&gateway, &format!("log/pull?id={all}")).await;
    assert_eq!(started["events"][0]["event"], "DeviceState");
    assert_eq!(started["events"][0]["params"], json!({"state": "startup"}));
    assert_eq!(result(&gateway, &format!("log/pull?id={all}&timeout=0")).await, json!({"events": []}));

    let motion = result(&gateway, "log/subscribe?filter=MotionDetected,Other").await["id"].as_u64().unwrap();
    let gone = result(&gateway, "log/subscribe?filter=CameraStateChanged&duration=3600").await["id"]
        .as_u64()
        .unwrap();
    let health = || gateway.cameras.health()[0].clone();
    while health().frames < 20 {
        tokio::task::yield_now().await;
    }
    let mut moved = trifocal::pixel::EightBit::filled(640, 480, trifocal::pixel::Channels::Rgb, [60; 3]);
    for pixel in &mut moved.samples_mut()[640 * 3 * 200..640 * 3 * 280] {
        *pixel = 230;
    }
    let moved = trifocal::pixel::codec::jpeg_encode(&moved, 90).unwrap();
    std::fs::write(folder.path().join("a.jpg"), moved).unwrap();
    let heard = result(&gateway, &format!("log/pull?id={motion}&timeout=20")).await;
    assert_eq!(heard["events"][0]["params"], json!({"state": "in", "source": "dome"}));
    assert!(heard["events"][0]["id"].is_u64() && heard["events"][0]["utcTime"].is_i64());

    std::fs::remove_file(folder.path().join("a.jpg")).unwrap();
    let heard = result(&gateway, &format!("log/pull?id={gone}&timeout=20")).await;
    assert!(
        heard["events"].as_array().unwrap().iter().any(|event| event["params"]["source"] == "dome"),
        "{heard}"
    );

    assert_eq!(
        gateway
            .client
            .get(gateway.api(&format!("log/unsubscribe?id={all}")))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        r#"{"success":true}"#
    );
    for (path, code, param) in [
        (format!("log/unsubscribe?id={all}"), 12, "id"),
        (format!("log/pull?id={all}"), 12, "id"),
        ("log/pull".to_owned(), 11, "id"),
        ("log/pull?id=x".to_owned(), 12, "id"),
        ("log/subscribe?duration=5".to_owned(), 12, "duration"),
        ("log/subscribe?include=some".to_owned(), 12, "include"),
        (format!("log/pull?id={gone}&timeout=-1"), 12, "timeout"),
    ] {
        let answer = gateway.client.get(gateway.api(&path)).send().await.unwrap();
        assert_eq!(failure(answer).await, (code, param.to_owned()), "{path}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_configured_origin_may_use_it() {
    let config =
        IntercomConfig { cors_origin: "https://home.example".to_owned(), ..IntercomConfig::default() };
    let gateway =
        Gateway::with(&[CameraConfig::new("dome", "test:?size=640x480")], config, SystemClock::start());
    let preflight = gateway.request(Method::OPTIONS, "snapshot").await;
    assert_eq!(
        (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
        (204, &"https://home.example".parse().unwrap())
    );
    let picture = gateway.get("snapshot?width=640&height=480").await;
    assert_eq!(picture.headers()["access-control-allow-origin"], "https://home.example");
    assert_eq!(stated_size(&picture.bytes().await.unwrap()).to_string(), "640x480");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_seconds_become_a_film() {
    if std::process::Command::new("ffmpeg").arg("-version").output().is_err() {
        eprintln!("SKIPPED: ffmpeg is not installed");
        return;
    }
    let gateway = Gateway::with_pattern();
    while gateway.cameras.health()[0].frames < 30 {
        tokio::task::yield_now().await;
    }
    let film = gateway.get("clip?from=-5").await;
    assert_eq!(film.headers()["content-type"], "video/mp4");
    assert_eq!(&film.bytes().await.unwrap()[4..8], b"ftyp");
    let film = gateway.get("clip?format=gif&source=dome").await;
    assert_eq!(film.headers()["content-type"], "image/gif");
    assert_eq!(&film.bytes().await.unwrap()[..6], b"GIF89a");
    for (query, failure) in [
        ("from=-40", (12, "from")),
        ("from=-2&to=-3", (12, "from")),
        ("to=x", (12, "to")),
        ("format=avi", (12, "format")),
        ("source=cellar", (12, "source")),
        ("from=-25&to=-20", (15, "from")),
    ] {
        assert_eq!(
            gateway.failure(&format!("clip?{query}")).await,
            (failure.0, failure.1.to_owned()),
            "{query}"
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moments_that_are_not_held_may_give_the_oldest_picture_or_a_notice() {
    use trifocal::protocol::intercom::Missing;
    for missing in [Missing::Oldest, Missing::Placeholder] {
        let config = IntercomConfig { missing, ..IntercomConfig::default() };
        let gateway =
            Gateway::with(&[CameraConfig::new("dome", "test:?size=640x480")], config, SystemClock::start());
        gateway.get("snapshot?width=640&height=480").await;
        let answer = gateway.get("snapshot?width=640&height=480&time=-25").await;
        assert_eq!(answer.headers()["content-type"], "image/jpeg", "{missing:?}");
        gateway.stop().await;
    }
}
