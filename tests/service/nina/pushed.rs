//! What clients may change when the settings allow it: upload frames, mark them by a prefix.

use serde_json::Value;

use crate::support::{Frame, Gateway, Site};

const TOKEN: &str = "0123456789abcdef0123";
/// Of somebody who may do something else.
const OTHER_TOKEN: &str = "other";

/// Somebody who may upload, and somebody who may not; bearer tokens are taken without TLS.
fn users() -> String {
    let user = |name: &str, token: &str, privileges: &str| {
        let hash = trifocal::access::token_hash(token);
        format!("[[access.users]]\nname = \"{name}\"\ntoken_hash = \"{hash}\"\nprivileges = [{privileges}]\n")
    };
    let users = [user("ann", TOKEN, "\"upload\""), user("bob", OTHER_TOKEN, "\"camera\"")];
    format!("[access]\nallow_basic_plain = true\n{}", users.concat())
}

async fn with_upload() -> Gateway {
    let settings = format!("[nina]\nupload_bytes = 100000\n{}", users());
    Site::new().with_settings(&settings).serve().await
}

/// The bytes of a frame.
fn frame(level: u16) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame::of(48, 64, |row, column| level + (row + column) as u16).text("FILTER", "Ha");
    std::fs::read(frame.write(&folder.path().join("frame.fits"))).unwrap()
}

async fn push(gateway: &Gateway, name: &str, token: &str, bytes: Vec<u8>) -> (u16, Value) {
    let request = gateway.client().post(gateway.url(&format!("/v2/api/upload/{name}"))).bearer_auth(token);
    let answer = request.body(bytes).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_uploaded_frame_is_in_the_history_when_the_answer_comes() {
    let gateway = with_upload().await;
    let mut socket = gateway.socket().await;
    let (status, body) = push(&gateway, "night 1.fits", TOKEN, frame(1000)).await;
    assert_eq!((status, &body["Response"][0]["Filter"]), (200, &"Ha".into()));
    assert_eq!(gateway.json("/v2/api/image-history").await.1["Response"], body["Response"]);
    gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
    assert_eq!(gateway.bytes("/v2/api/image/0?raw_fits=true&stream=true").await, frame(1000));
    assert_eq!(socket.json().await["Response"]["Event"], "IMAGE-PREPARED");
    assert_eq!(socket.json().await["Response"]["ImageStatistics"]["Filename"], "night 1.fits");
}

#[tokio::test]
async fn uploads_that_cannot_be_taken_leave_nothing_behind() {
    let gateway = with_upload().await;
    let refused = async |name: &str, token: &str, bytes: Vec<u8>| {
        let (status, body) = push(&gateway, name, token, bytes).await;
        (status, body["Error"].as_str().unwrap().to_owned())
    };
    let is = |status: u16, error: &str| (status, error.to_owned());
    assert_eq!(refused("a.fits", "wrong", frame(1)).await, is(401, "authorization required"));
    assert_eq!(refused("a.fits", "", frame(1)).await, is(401, "authorization required"));
    assert_eq!(refused("a.fits", OTHER_TOKEN, frame(1)).await, is(403, "insufficient user privileges"));
    for name in ["..%2Fa.fits", "a.txt", ".a.fits", "%2Fetc%2Fpasswd", "a%5Cb.fits", "a%0A.fits", "a"] {
        assert_eq!(refused(name, TOKEN, frame(1)).await, is(400, "Invalid file name"), "{name}");
    }
    let large = vec![b' '; 100_001];
    assert_eq!(refused("a.fits", TOKEN, large).await, is(413, "File too large"));
    let half = frame(1)[..3000].to_vec();
    for bytes in [Vec::new(), b"no frame at all".to_vec(), half] {
        assert_eq!(refused("a.fits", TOKEN, bytes).await, is(400, "Not a frame that can be read"));
    }
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 0);
    assert_eq!(push(&gateway, "a.fits", TOKEN, frame(1)).await.0, 200);
    assert_eq!(refused("a.fits", TOKEN, frame(2)).await, is(409, "File already exists"));
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 1);
    assert_eq!(gateway.get("/v2/api/upload/a.fits").await.status(), 405);
}

#[tokio::test]
async fn no_spelling_of_the_path_gets_round_the_privilege() {
    let gateway = with_upload().await;
    for path in [
        "/v2/api/%75pload/a.fits",
        "/%76%32/api/upload/a.fits",
        "/v2//api/upload//a.fits/",
        "/v2/api/upload%2Fa.fits",
    ] {
        let answer = gateway.client().post(gateway.url(path)).body(frame(1)).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 401 | 404 | 405), "{path}: {}", answer.status());
    }
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 0);
}

#[tokio::test]
async fn a_password_does_as_well_as_a_token_and_pages_may_ask_beforehand() {
    let hash = trifocal::access::password_hash("ann", "Trifocal", "secret");
    let user =
        format!("[[access.users]]\nname = \"ann\"\npassword_hash = \"{hash}\"\nprivileges = [\"upload\"]\n");
    let settings = format!("[access]\nallow_basic_plain = true\n{user}");
    let gateway = Site::new().with_settings(&settings).serve().await;
    let url = gateway.url("/v2/api/upload/a.fits");
    let asked = gateway.client().request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    let refused = gateway.client().post(&url).body(frame(1)).send().await.unwrap();
    let offered: Vec<_> = refused.headers().get_all("www-authenticate").iter().collect();
    assert!(offered.len() == 2 && offered[0].to_str().unwrap().starts_with("Digest "), "{offered:?}");
    let taken =
        gateway.client().post(&url).basic_auth("ann", Some("secret")).body(frame(1)).send().await.unwrap();
    assert_eq!(taken.status(), 200);
}

#[tokio::test]
async fn uploads_stay_when_uploading_is_switched_off_again() {
    let site = Site::new().with_settings(&users());
    let mut config = site.config();
    let directory = site.keep();
    let gateway = Gateway::start(config.clone(), directory.clone()).await;
    assert_eq!(push(&gateway, "a.fits", TOKEN, frame(1)).await.0, 200);
    gateway.stop().await;
    config.access.users.clear();
    let gateway = Gateway::start(config, directory).await;
    gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
    let (status, body) = push(&gateway, "b.fits", TOKEN, frame(2)).await;
    assert_eq!((status, &body["Error"]), (403, &"this service is switched off".into()));
}

#[tokio::test]
async fn a_prefix_renames_the_file_and_keeps_the_index() {
    let gateway = Site::new()
        .with_settings("[nina]\nrename = true\n")
        .frame("1.fits", Frame::gradient().text("DATE-LOC", "2026-01-31T22:00:00"))
        .frame("2.fits", Frame::gradient().text("DATE-LOC", "2026-01-31T23:00:00"))
        .serve()
        .await;
    let before = gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
    let (status, body) = gateway.json("/v2/api/image/0/prefix?prefix=BAD_").await;
    assert_eq!((status, &body["Response"]), (200, &"Image renamed with prefix BAD_".into()));
    assert!(gateway.capture("BAD_1.fits").exists() && !gateway.capture("1.fits").exists());
    let names = |entries: &[Value]| entries.iter().map(|entry| entry["Filename"].clone()).collect::<Vec<_>>();
    let entries = gateway.history_until(|entries| names(entries) == ["BAD_1.fits", "2.fits"]).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(gateway.bytes("/v2/api/image/0?stream=true&quality=80").await, before);
    // The watcher agrees: another file comes, and the renamed one is still one entry.
    Frame::of(8, 8, |_, _| 1).write(&gateway.capture("3.fits"));
    let entries = gateway.history_until(|entries| entries.len() == 3).await;
    assert_eq!(names(&entries), ["BAD_1.fits", "2.fits", "3.fits"]);
    std::fs::copy(gateway.capture("2.fits"), gateway.capture("BAD_2.fits")).unwrap();
    for (query, status, error) in [
        ("1/prefix?prefix=BAD_", 400, "File already exists"),
        ("1/prefix?prefix=..%2F", 400, "Invalid prefix"),
        ("1/prefix?prefix=", 400, "Invalid prefix"),
        ("1/prefix?prefix=.", 400, "Invalid prefix"),
        ("9/prefix?prefix=BAD_", 400, "Index out of range"),
        ("0/prefix?prefix=BAD_&imageType=DARK", 400, "No images available"),
        ("1/prefix", 400, "prefix is missing"),
    ] {
        let (answered, body) = gateway.json(&format!("/v2/api/image/{query}")).await;
        assert_eq!((answered, &body["Error"]), (status, &error.into()), "{query}");
    }
}

#[tokio::test]
async fn renaming_is_off_unless_allowed() {
    let gateway = Site::new().frame("1.fits", Frame::gradient()).serve().await;
    let (status, body) = gateway.json("/v2/api/image/0/prefix?prefix=BAD_").await;
    assert_eq!((status, &body["Error"]), (409, &"Renaming is switched off".into()));
    assert!(gateway.capture("1.fits").exists());
}
