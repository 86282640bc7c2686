//! Clients behind a reverse proxy, and clients that pretend to be one.

use reqwest::StatusCode;

use crate::support::{Gateway, Site};

/// Frames are for Ann; two wrong passwords lock an address out. `server` goes before the section's own keys.
async fn gateway(proxies: &str) -> Gateway {
    let hash = trifocal::access::password_hash("ann", "Trifocal", "pass");
    let site = Site::new().with_settings(&format!(
        "[access]\nanonymous = [\"vo\", \"camera\", \"system\", \"log\", \"switch\", \"io\", \"call\", \"operations\"]\n\
         lockout_failures = 2\nrequire_tls = [\"vo\"]\nallow_basic_plain = true\n\
         [[access.users]]\nname = \"ann\"\npassword_hash = \"{hash}\"\nprivileges = [\"nina\"]\n"
    ));
    let mut config = site.config();
    let proxies: Vec<String> = proxies.split_terminator(',').map(str::to_owned).collect();
    config.server.trusted_proxies = proxies.try_into().unwrap();
    Gateway::start(config, site.keep()).await
}

/// Asks with a password, through a proxy that says this.
async fn ask(gateway: &Gateway, password: &str, headers: &[(&str, &str)]) -> StatusCode {
    let request = gateway.client().get(gateway.url("/v2/api/version")).basic_auth("ann", Some(password));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_guesser_behind_a_proxy_locks_out_itself_and_nobody_else() {
    let gateway = gateway("127.0.0.1").await;
    // It may write what it likes before the proxy adds the truth.
    for spoofed in ["1.1.1.1", "127.0.0.1", "nonsense"] {
        let chain = format!("{spoofed}, 203.0.113.5");
        ask(&gateway, "wrong", &[("X-Forwarded-For", &chain)]).await;
    }
    let guesser = ask(&gateway, "pass", &[("X-Forwarded-For", "2.2.2.2, 203.0.113.5")]).await;
    assert_eq!(guesser, StatusCode::TOO_MANY_REQUESTS);
    let neighbour = ask(&gateway, "pass", &[("X-Forwarded-For", "203.0.113.6")]).await;
    assert_eq!(neighbour, StatusCode::OK);
    // The header the proxy does not write lends no other address either, nor blames anybody.
    for _ in 0..3 {
        let headers = [("Forwarded", "for=203.0.113.6"), ("X-Forwarded-For", "203.0.113.7")];
        ask(&gateway, "wrong", &headers).await;
    }
    assert_eq!(ask(&gateway, "pass", &[("X-Forwarded-For", "203.0.113.6")]).await, StatusCode::OK);
}

#[tokio::test]
async fn who_is_no_proxy_of_ours_is_judged_by_its_own_address() {
    for proxies in ["", "10.0.0.0/8"] {
        let gateway = gateway(proxies).await;
        for spoofed in ["1.1.1.1", "2.2.2.2", "10.0.0.1"] {
            ask(&gateway, "wrong", &[("X-Forwarded-For", spoofed), ("Forwarded", "for=3.3.3.3")]).await;
        }
        let again = ask(&gateway, "pass", &[("X-Forwarded-For", "4.4.4.4")]).await;
        assert_eq!(again, StatusCode::TOO_MANY_REQUESTS, "trusting '{proxies}'");
    }
}

#[tokio::test]
async fn a_proxy_of_ours_says_whether_the_client_came_under_tls_and_where() {
    let headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "images.example")];
    let asked = async |gateway: &Gateway, path: &str| {
        let request = gateway.client().get(gateway.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (open, closed) = ("/api/image/soda/capabilities", "/api/image/soda/availability");
    let behind = gateway("127.0.0.1").await;
    let (_, links) = asked(&behind, open).await;
    assert!(links.contains("https://images.example/api/image/soda/sync"), "{links}");
    assert_eq!(asked(&behind, closed).await.0, StatusCode::OK);
    let alone = gateway("").await;
    let (_, links) = asked(&alone, open).await;
    assert!(!links.contains("images.example") && !links.contains("https://127"), "{links}");
    assert_eq!(asked(&alone, closed).await.0, StatusCode::FORBIDDEN, "anybody can say so");
}
