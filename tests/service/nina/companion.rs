//! The second port: what Touch-N-Stars asks before it looks at images.

use reqwest::Method;
use serde_json::json;

use crate::support::Site;

#[tokio::test]
async fn the_companion_knows_its_version_the_port_and_nothing_else() {
    let gateway = Site::new().with_settings("[nina]\ncompanion_listen = \"127.0.0.1:0\"\n").serve().await;
    let ask = async |method, path: &str| {
        let answer = gateway.client().request(method, gateway.companion(path)).send().await.unwrap();
        let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
        assert!(allowed.contains("X-Suppress-Toast-404"), "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap_or_default())
    };
    let version = ask(Method::GET, "/api/version").await;
    assert_eq!(version, (200, json!({"success": true, "version": "1.2.0.0"})));
    let port: u16 = gateway.url("").rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(ask(Method::GET, "/api/get-api-port").await, (200, json!(port)));
    for path in ["/api/settings/mount_settings", "/api/autofocus/info", "/v2/api/version", "/"] {
        let (status, body) = ask(Method::GET, path).await;
        assert_eq!(
            (status, &body["Success"], &body["StatusCode"]),
            (404, &json!(false), &json!(404)),
            "{path}"
        );
    }
    assert_eq!(ask(Method::OPTIONS, "/api/settings/mount_settings").await.0, 200);
}
