//! Cameras in the whole service: who may see them, also over TLS.

use http_auth::{PasswordClient, PasswordParams};
use reqwest::Response;
use serde_json::Value;

use super::support::{Gateway, Site};

const DOME: &str = "[[cameras]]\nname = \"dome\"\nurl = \"test:?size=640x480\"\n";
const SNAPSHOT: &str = "/api/camera/snapshot?width=640&height=480";

/// Settings with two users, `ann` who may see cameras and `bob` who may do nothing, password `pass`.
fn closed(more: &str) -> String {
    let user = |name: &str, privileges: &str| {
        let hash = trifocal::access::password_hash(name, "Trifocal", "pass");
        let token = trifocal::access::token_hash(&format!("{name}-token"));
        format!(
            "[[access.users]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\ntoken_hash = \"{token}\"\n\
             privileges = [{privileges}]\n"
        )
    };
    let users = user("ann", "\"camera\", \"nina\", \"vo\"") + &user("bob", "");
    format!("{DOME}[access]\nanonymous = [\"operations\"]\n{more}\n{users}")
}

async fn code(response: Response) -> (u16, i64) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    (status, response.json::<Value>().await.unwrap()["error"]["code"].as_i64().unwrap())
}

fn challenges(response: &Response) -> Vec<String> {
    let values = response.headers().get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// The answer to somebody who proves who they are by Digest.
async fn by_digest(gateway: &Gateway, name: &str, password: &str, target: &str) -> Response {
    let asked = gateway.get(target).await;
    let mut client = PasswordClient::try_from(challenges(&asked)[0].as_str()).unwrap();
    let parameters = PasswordParams { username: name, password, uri: target, method: "GET", body: None };
    let authorization = client.respond(&parameters).unwrap();
    gateway.client().get(gateway.url(target)).header("authorization", authorization).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_camera_lets_in_who_proves_to_be_somebody_with_the_privilege() {
    let gateway = Site::new().with_settings(&closed("allow_basic_plain = true")).serve().await;
    let asked = gateway.get(SNAPSHOT).await;
    let offered = challenges(&asked);
    assert!(
        offered.len() == 2 && offered[0].starts_with("Digest ") && offered[1].starts_with("Basic "),
        "{offered:?}"
    );
    assert_eq!(code(asked).await, (401, 9));
    let picture = by_digest(&gateway, "ann", "pass", SNAPSHOT).await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert_eq!(code(by_digest(&gateway, "bob", "pass", SNAPSHOT).await).await, (200, 10));
    assert_eq!(code(by_digest(&gateway, "ann", "wrong", SNAPSHOT).await).await, (401, 9));
    assert_eq!(code(by_digest(&gateway, "eve", "pass", SNAPSHOT).await).await, (401, 9));
    let with = async |value: &str| {
        gateway.client().get(gateway.url(SNAPSHOT)).header("authorization", value).send().await.unwrap()
    };
    assert_eq!(with("Basic YW5uOnBhc3M=").await.headers()["content-type"], "image/jpeg");
    assert_eq!(with("Bearer ann-token").await.headers()["content-type"], "image/jpeg");
    assert_eq!(code(with("Negotiate x").await).await, (401, 8));
    // What anybody may ask, and what does not exist, ask nobody.
    assert_eq!(gateway.get("/api/system/info").await.status(), 200);
    assert_eq!(code(gateway.get("/api/nothing").await).await, (200, 2));
    assert_eq!(code(gateway.get("/api/log/caps").await).await, (401, 9));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_holds_for_the_target_as_the_client_wrote_it() {
    let gateway = Site::new().with_settings(&closed("")).serve().await;
    for target in [
        "//api/camera///snapshot?width=640&height=480",
        "/api/camera/snapshot/?width=640&height=480",
        "/api/camera/%73napsho%74?width=640&height=480",
        "/api/camera/snapshot?height=%34%380&x=a%20b&width=+640+&&_=//%2F",
    ] {
        let picture = by_digest(&gateway, "ann", "pass", target).await;
        assert_eq!(picture.headers()["content-type"], "image/jpeg", "{target}");
        assert_eq!(code(by_digest(&gateway, "ann", "wrong", target).await).await, (401, 9), "{target}");
    }
    // An answer for one query does not open another, not even one that says the same in another order.
    let asked = gateway.get(SNAPSHOT).await;
    let mut client = PasswordClient::try_from(challenges(&asked)[0].as_str()).unwrap();
    for uri in ["/api/camera/snapshot?height=480&width=640", "/api/camera/snapshot", "/api/camera/caps"] {
        let parameters = PasswordParams { username: "ann", password: "pass", uri, method: "GET", body: None };
        let authorization = client.respond(&parameters).unwrap();
        let answer = gateway.client().get(gateway.url(SNAPSHOT)).header("authorization", authorization);
        assert_eq!(code(answer.send().await.unwrap()).await, (401, 9), "{uri}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_token_needs_no_credentials() {
    let gateway = Site::new().with_settings(&closed("allow_basic_plain = true")).serve().await;
    let answer = by_digest(&gateway, "ann", "pass", "/api/camera/token?seconds=60").await;
    let body: Value = answer.json().await.unwrap();
    let token = body["result"]["token"].as_str().unwrap();
    let picture = gateway.get(&format!("{SNAPSHOT}&token={token}")).await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let forged = token.replace("ann", "bob");
    assert_eq!(code(gateway.get(&format!("{SNAPSHOT}&token={forged}")).await).await, (401, 9));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_dialects_refuse_in_their_own_words() {
    let gateway = Site::new().with_settings(&closed("")).serve().await;
    let asked = gateway.get("/v2/api/version").await;
    assert_eq!(challenges(&asked).len(), 1, "no Basic without TLS");
    let body: Value = asked.json().await.unwrap();
    assert_eq!((&body["StatusCode"], &body["Success"]), (&401.into(), &false.into()), "{body}");
    assert_eq!(by_digest(&gateway, "ann", "pass", "/v2/api/version").await.status(), 200);
    assert_eq!(gateway.get("/api/image/v1/availability").await.status(), 401);
    assert_eq!(gateway.get("/metrics").await.status(), 200);
    assert_eq!(gateway.get("/healthz").await.status(), 200);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_in_disguise_is_the_same_closed_path() {
    let gateway = Site::new().with_settings(&closed("")).serve().await;
    for path in [
        "/api/%63amera/snapshot?width=640&height=480",
        "/%61pi/camera/snapshot?width=640&height=480",
        "/api//camera/snapshot/?width=640&height=480",
        "/%76%32/api/version",
        "/v2//api/image-history/",
        "/%61pi/image/v1/availability",
        "/%69mage/v1/availability",
    ] {
        assert_eq!(gateway.get(path).await.status(), 401, "{path}");
    }
    let picture = by_digest(&gateway, "ann", "pass", "/api//camera/snapshot/?width=640&height=480").await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg", "Digest signs the path as it was sent");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_may_ask_whether_it_may_ask() {
    let gateway = Site::new().with_settings(&closed("")).serve().await;
    for path in ["/v2/api/version", "/api/image/v1/availability"] {
        let asked = gateway.client().request(reqwest::Method::OPTIONS, gateway.url(path));
        let answer = asked.header("origin", "http://page.example").send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("Authorization"), "{path}: {allowed}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_watches_another_over_tls_with_digest() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let site = Site::new();
    let (cert, key) = (site.path().join("cert.pem"), site.path().join("key.pem"));
    std::fs::write(&cert, certificate.cert.pem()).unwrap();
    std::fs::write(&key, certificate.signing_key.serialize_pem()).unwrap();
    let settings = closed("require_tls = [\"camera\"]");
    let tls = format!(
        "[server.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
        cert.display(),
        key.display()
    );
    let watched = site.with_settings(&(settings + &tls)).serve().await;
    assert_eq!(code(watched.get(SNAPSHOT).await).await, (200, 7));
    let watching = |verify: bool| {
        format!(
            "[[cameras]]\nname = \"other\"\nurl = \"https://ann:pass@{}{SNAPSHOT}&fps=10\"\nverify_certificate = {verify}\n",
            watched.tls_address()
        )
    };
    let gateway = Site::new().with_settings(&watching(false)).serve().await;
    let picture = gateway.get(SNAPSHOT).await;
    assert_eq!(picture.headers()["x-source-state"], "live");
    gateway.stop().await;
    let gateway = Site::new().with_settings(&watching(true)).serve().await;
    let picture = gateway.get(SNAPSHOT).await;
    assert_eq!(picture.headers()["x-source-state"], "offline", "nobody vouches for this certificate");
    gateway.stop().await;
    watched.stop().await;
}
