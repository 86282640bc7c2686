//! How parameters come, and what is said about wrong ones.

use reqwest::Method;
use reqwest::multipart::Form;
use trifocal::camera::CameraConfig;
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::{IntercomConfig, ResolutionPolicy, StatusProfile};

use super::gateway::{Gateway, failure, stated_size};

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_parameter_has_its_code_and_name() {
    let gateway = Gateway::with_pattern();
    for (query, code, param) in [
        ("", 11, "width"),
        ("width=640", 11, "height"),
        ("height=480", 11, "width"),
        ("width=abc&height=480", 12, "width"),
        ("width=640&height=4e2", 12, "height"),
        ("width=0&height=480", 12, "width"),
        ("width=-640&height=480", 12, "width"),
        ("width=640&height=480&fps=ten", 12, "fps"),
        ("width=640&height=480&fps=-1", 12, "fps"),
        ("width=640&height=480&fps=31", 12, "fps"),
        ("width=640&height=480&fps=99999999999999999999", 12, "fps"),
        ("width=640&height=480&time=abc", 12, "time"),
        ("width=640&height=480&time=-2,5", 12, "time"),
        ("width=640&height=480&time=NaN", 12, "time"),
        ("width=640&height=480&time=-30.001", 12, "time"),
        ("width=640&height=480&time=1", 12, "time"),
        ("width=640&height=480&source=cellar", 12, "source"),
        ("width=640&height=480&source=Internal", 12, "source"),
        ("width=80&height=80", 12, "width"),
        ("width=640&height=481", 12, "height"),
        ("width=80&height=80&time=-1", 12, "width"),
        // The first failure in the order of the checks wins.
        ("width=80&height=80&source=cellar&fps=99", 12, "source"),
        ("width=80&height=80&fps=99", 12, "width"),
        ("width=640&height=480&source=cellar&fps=x", 12, "fps"),
    ] {
        let answer = gateway.failure(&format!("snapshot?{query}")).await;
        assert_eq!(answer, (code, param.to_owned()), "{query}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_answered_in_json() {
    let gateway = Gateway::with_pattern();
    for path in ["", "snapshots", "caps/", "snapshot/1", "Snapshot?width=640&height=480"] {
        assert_eq!(gateway.failure(path).await.0, 2, "{path:?}");
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        for path in ["caps", "snapshot?width=640&height=480"] {
            let response = gateway.request(method.clone(), path).await;
            assert_eq!(failure(response).await, (3, String::new()), "{method} {path}");
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_form_and_multipart_say_the_same_and_the_last_wins() {
    let gateway = Gateway::with_pattern();
    let post = |path: &str| gateway.client.post(gateway.url(path));
    let form = |body: &'static str| ("content-type", "application/x-www-form-urlencoded", body);
    let size = |bytes: &[u8]| stated_size(bytes).to_string();

    let by_query = post("snapshot?width=320&height=240").send().await.unwrap().bytes().await.unwrap();
    assert_eq!(size(&by_query), "320x240");

    let (name, value, body) = form("width=+320+&height=240&source=internal&x=.jpg");
    let by_form =
        post("snapshot").header(name, value).body(body).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(size(&by_form), "320x240");

    let fields = Form::new().text("width", "320").text("height", " 240\r\n");
    let by_fields = post("snapshot").multipart(fields).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(size(&by_fields), "320x240");

    let (name, value, body) = form("height=240&width=9&width=320");
    let query = "snapshot?width=640&height=480";
    let mixed = post(query).header(name, value).body(body).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(size(&mixed), "320x240", "the body comes after the query");

    let (name, value, body) = form("width=320");
    let wrong = post("snapshot?width=640&height=480").header(name, value).body(body).send().await.unwrap();
    assert_eq!(failure(wrong).await, (12, "height".to_owned()), "320x480 is no size");

    let get = gateway.client.get(gateway.url(query)).header(name, value).body("width=9");
    assert_eq!(
        size(&get.send().await.unwrap().bytes().await.unwrap()),
        "640x480",
        "the body of a GET says nothing"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_carry_no_parameters_are_refused() {
    let gateway = Gateway::with_pattern();
    let post = || gateway.client.post(gateway.url("snapshot?width=640&height=480"));
    let json = post().header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(failure(json).await.0, 14);
    let empty = post().header("content-type", "application/json").send().await.unwrap();
    assert_eq!(empty.headers()["content-type"], "image/jpeg", "without a body its type does not matter");
    let torn = post().header("content-type", "multipart/form-data; boundary=x").body("--x\r\ntorn").send();
    assert_eq!(failure(torn.await.unwrap()).await.0, 14);
    let form = post().header("content-type", "application/x-www-form-urlencoded");
    let big = form.body(format!("x={}", "y".repeat(70_000))).send().await.unwrap();
    assert_eq!(failure(big).await.0, 13);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_change_statuses_sizes_and_rates() {
    let config = IntercomConfig {
        status: StatusProfile::Semantic,
        resolutions: ResolutionPolicy::Nearest,
        fps_max: 15,
        ..IntercomConfig::default()
    };
    let cameras = [CameraConfig::new("dome", "test:?size=640x480")];
    let gateway = Gateway::with(&cameras, config, SystemClock::start());
    assert_eq!(gateway.get("snapshot").await.status(), 400);
    assert_eq!(gateway.get("nothing").await.status(), 404);
    assert_eq!(gateway.request(Method::PUT, "caps").await.status(), 405);
    assert_eq!(gateway.get("snapshot?width=640&height=480&fps=16").await.status(), 400);
    let near = gateway.get("snapshot?width=80&height=80").await.bytes().await.unwrap();
    assert_eq!(stated_size(&near).to_string(), "160x120");
    gateway.stop().await;
}
