//! What holds for every answer: methods, paths, status lines, headers.

use reqwest::Method;

use crate::support::{Frame, Gateway, Site};

async fn ask(gateway: &Gateway, method: Method, path: &str) -> reqwest::Response {
    gateway.client().request(method, gateway.url(path)).send().await.unwrap()
}

#[tokio::test]
async fn routes_and_methods_nobody_knows_are_refused_in_the_envelope() {
    let gateway = Site::new().serve().await;
    let (status, body) = gateway.json("/v2/api/nope").await;
    assert_eq!((status, body["StatusCode"].as_u64()), (404, Some(404)));
    let request = |method| gateway.client().request(method, gateway.url("/v2/api/version")).send();
    assert_eq!(request(reqwest::Method::HEAD).await.unwrap().status(), 405);
    assert_eq!(request(reqwest::Method::POST).await.unwrap().status(), 405);
    let options = request(reqwest::Method::OPTIONS).await.unwrap();
    assert_eq!(options.status(), 200);
    assert_eq!(options.headers()["access-control-allow-origin"], "*");
    assert_eq!(gateway.get("/v2/api").await.status(), 200);
    assert_eq!(gateway.get("/v2/api/").await.status(), 200);
    assert_eq!(gateway.get("/v2//api/version/").await.status(), 200);
    assert_eq!(gateway.get("/v2/api/image/abc").await.status(), 400);
}

#[tokio::test]
async fn in_plugin_mode_handled_failures_hide_behind_200() {
    let gateway = Site::new().with_settings("[nina]\nstatus_line = \"plugin\"\n").serve().await;
    let (status, body) = gateway.json("/v2/api/image/0").await;
    assert_eq!((status, body["StatusCode"].as_u64()), (200, Some(500)));
    assert_eq!(gateway.get("/v2/api/image-history?all=1").await.status(), 400);
    assert_eq!(gateway.get("/v2/api/nope").await.status(), 404);
}

#[tokio::test]
async fn every_answer_may_be_read_by_pages_of_any_origin_unless_switched_off() {
    let paths = ["version", "image/0", "image-history?all=1", "nope", "prepared-image", "image/abc"];
    let gateway = Site::new().serve().await;
    for path in paths {
        let answer = gateway.get(&format!("/v2/api/{path}")).await;
        let headers = answer.headers();
        assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
        assert_eq!(headers["access-control-allow-headers"], "Content-Type, Authorization", "{path}");
        assert_eq!(headers["content-type"], "application/json; charset=utf-8", "{path}");
        assert!(headers.contains_key("date"), "{path}");
    }
    assert_eq!(
        gateway.json("/v2/api/plugin/settings").await.1["Response"]["AccessControlHeaderEnabled"],
        true
    );
    let gateway = Site::new().with_settings("[nina]\ncross_origin = false\n").serve().await;
    for path in paths {
        let answer = gateway.get(&format!("/v2/api/{path}")).await;
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    assert_eq!(ask(&gateway, Method::OPTIONS, "/v2/api/version").await.status(), 405);
    assert_eq!(
        gateway.json("/v2/api/plugin/settings").await.1["Response"]["AccessControlHeaderEnabled"],
        false
    );
}

#[tokio::test]
async fn an_empty_store_answers_as_the_plugin_in_plugin_mode() {
    let gateway = Site::new().with_settings("[nina]\nstatus_line = \"plugin\"\n").serve().await;
    for (path, code, error) in [
        ("image-history", 400, "Index out of range"),
        ("image/0", 500, "No images available"),
        ("image/0/solve", 400, "No images available"),
        ("image/thumbnail/0", 400, "No thumbnails available"),
        ("prepared-image", 404, "No image"),
        ("prepared-image/solve", 404, "Image not available"),
        ("equipment/camera/capture", 409, "Camera not connected"),
        ("equipment/camera/capture?getResult=true", 409, "No capture processed"),
        ("equipment/camera/capture/statistics", 400, "No image available"),
        ("livestack/image/M31/RGB", 404, "No image with specified filter and target found"),
        ("equipment/mount/slew?ra=1&dec=2", 409, "Mount not connected"),
        ("sequence/json", 409, "Sequence is not initialized"),
    ] {
        let (status, body) = gateway.json(&format!("/v2/api/{path}")).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!((&body["Error"], body["StatusCode"].as_u64()), (&error.into(), Some(code)), "{path}");
        assert_eq!((&body["Response"], &body["Success"]), (&"".into(), &false.into()), "{path}");
    }
    // What the web server itself refuses shows in the status line in every mode.
    for (path, status) in [("image-history?all=1", 400), ("image/0?quality=", 400), ("version/pins", 404)] {
        assert_eq!(gateway.get(&format!("/v2/api/{path}")).await.status(), status, "{path}");
    }
    assert_eq!(ask(&gateway, Method::POST, "/v2/api/equipment/mount/park").await.status(), 405);
    let load = ask(&gateway, Method::POST, "/v2/api/sequence/load").await;
    assert_eq!(load.json::<serde_json::Value>().await.unwrap()["StatusCode"], 409);
}

#[tokio::test]
async fn parameters_in_odd_spellings_bind_as_the_plugins_web_server_binds_them() {
    let gateway = Site::new().frame("a.fits", Frame::gradient()).serve().await;
    for (query, status) in [
        ("COUNT=true", 200),
        ("count=%20TRUE%20", 200),
        ("count[0]=true", 200),
        ("count=1", 400),
        ("count=yes", 400),
        ("count=", 400),
        ("index=+0", 200),
        ("index=0x0", 200),
        ("index=0.0", 400),
        ("index=99999999999", 400),
        ("unknown=1&limit=5", 200),
        ("index=7&index=0", 200),
    ] {
        assert_eq!(gateway.get(&format!("/v2/api/image-history?{query}")).await.status(), status, "{query}");
    }
}
