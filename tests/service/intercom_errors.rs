//! The error table of the intercom dialect, row by row through the whole service: code, parameter, and the HTTP status
//! of both profiles.

use http_auth::{PasswordClient, PasswordParams};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::support::{Gateway, Site};

/// A camera for one viewer, everything open but `system`; `switch` is switched off and `io` wants TLS.
fn settings(profile: &str) -> String {
    let user = |name: &str, privileges: &str| {
        let hash = trifocal::access::password_hash(name, "Trifocal", "pass");
        format!(
            "[[access.users]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\nprivileges = [{privileges}]\n"
        )
    };
    format!(
        "[intercom]\nstatus = \"{profile}\"\n\
         [[cameras]]\nname = \"dome\"\nurl = \"test:?size=640x480\"\nmax_viewers = 1\n\
         [access]\nanonymous = [\"camera\", \"switch\", \"io\", \"log\", \"operations\"]\ndisabled = [\"switch\"]\n\
         require_tls = [\"io\"]\nscheme = \"digest\"\nlockout_failures = 3\n{}{}",
        user("ann", "\"system\""),
        user("bob", "")
    )
}

async fn answered(request: RequestBuilder) -> (u16, i64, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(
        status == 503,
        answer.headers().contains_key("retry-after"),
        "who is to come back is told when"
    );
    assert_eq!(status == 401, answer.headers().contains_key("www-authenticate"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["success"], false, "{body}");
    assert!(body["error"]["description"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    let param = body["error"]["param"].as_str().unwrap_or_default().to_owned();
    (status, body["error"]["code"].as_i64().unwrap(), param)
}

/// An answer to the challenge of a closed path.
async fn digest(gateway: &Gateway, name: &str, password: &str) -> String {
    let asked: Response = gateway.get(CLOSED).await;
    let challenge = asked.headers()["www-authenticate"].to_str().unwrap();
    let mut client = PasswordClient::try_from(challenge).unwrap();
    let parameters = PasswordParams { username: name, password, uri: CLOSED, method: "GET", body: None };
    client.respond(&parameters).unwrap()
}

const CLOSED: &str = "/api/system/status";
const PICTURE: &str = "/api/camera/snapshot?width=640&height=480";

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_answered_in_both_profiles() {
    for (profile, semantic) in [("compat", false), ("semantic", true)] {
        let gateway = Site::new().with_settings(&settings(profile)).serve().await;
        let with = |method: Method, path: &str| gateway.client().request(method, gateway.url(path));
        let get = |path: &str| with(Method::GET, path);
        let credentials = async |value: String| answered(get(CLOSED).header("authorization", value)).await;
        let rows = async |name: &str, request: RequestBuilder, status: u16, code: i64, param: &str| {
            let expected = (if semantic { status } else { 200 }, code, param.to_owned());
            assert_eq!(answered(request).await, expected, "{name}, {profile}");
        };
        rows("not offered", get("/api/firmware"), 404, 1, "").await;
        rows("no such path", get("/api/camera/zoom"), 404, 2, "").await;
        rows("wrong method", with(Method::PUT, PICTURE), 405, 3, "").await;
        rows("switched off", get("/api/switch/caps"), 403, 4, "").await;
        rows("under TLS only", get("/api/io/caps"), 403, 7, "").await;
        rows("width is missing", get("/api/camera/snapshot?height=480"), 400, 11, "width").await;
        rows("height is missing", get("/api/camera/snapshot?width=640"), 400, 11, "height").await;
        for (parameter, value) in [
            ("width", "width=80&height=480"),
            ("height", "width=640&height=0"),
            ("source", "width=640&height=480&source=cellar"),
            ("fps", "width=640&height=480&fps=-1"),
            ("fps", "width=640&height=480&fps=31"),
            ("time", "width=640&height=480&time=-31"),
            ("time", "width=640&height=480&time=1e1"),
        ] {
            rows(value, get(&format!("/api/camera/snapshot?{value}")), 400, 12, parameter).await;
        }
        let form = with(Method::POST, PICTURE).header("content-type", "application/x-www-form-urlencoded");
        rows("a body too big", form.body("x".repeat(70_000)), 400, 13, "").await;
        let json = with(Method::POST, PICTURE).header("content-type", "application/json");
        rows("a body of JSON", json.body("{}"), 500, 14, "").await;
        rows("not held", get(&format!("{PICTURE}&time=-20")), 503, 15, "time").await;
        let first = get(&format!("{PICTURE}&fps=5")).send().await.unwrap();
        assert!(first.headers()["content-type"].to_str().unwrap().starts_with("multipart/"));
        rows("one viewer too many", get(&format!("{PICTURE}&fps=5")), 503, 18, "").await;
        drop(first);

        assert_eq!(answered(get(CLOSED)).await, (401, 9, String::new()));
        assert_eq!(credentials("Basic YW5uOnBhc3M=".to_owned()).await, (401, 8, String::new()));
        let forbidden = (if semantic { 403 } else { 200 }, 10, String::new());
        assert_eq!(credentials(digest(&gateway, "bob", "pass").await).await, forbidden);
        // Once too often wrong, and even the right password has to wait.
        for _ in 0..3 {
            assert_eq!(credentials(digest(&gateway, "ann", "wrong").await).await, (401, 9, String::new()));
        }
        let waits = (if semantic { 503 } else { 200 }, 18, String::new());
        assert_eq!(answered(get(CLOSED).header("authorization", "Digest x")).await, waits);
        gateway.stop().await;
    }
}
