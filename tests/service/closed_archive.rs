//! An archive that is closed: who is let in, in whose words the others are refused, what stays open, whose jobs are
//! whose.

use reqwest::{Method, RequestBuilder, Response};

use crate::job_client::Uws;
use crate::soda::ID;
use crate::support::Gateway;
use crate::vo::demo_settings;

/// `ann` and `cid` may use the archive, `bob` may not; their password is `pass`.
async fn closed(more: &str) -> Gateway {
    let user = |name: &str, privileges: &str| {
        let hash = trifocal::access::password_hash(name, "Trifocal", "pass");
        let token = trifocal::access::token_hash(&format!("{name}-token"));
        format!(
            "[[access.users]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\ntoken_hash = \"{token}\"\n\
             privileges = [{privileges}]\n"
        )
    };
    let users = user("ann", "\"vo\"") + &user("bob", "") + &user("cid", "\"vo\"");
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    let access = format!("[access]\nanonymous = [\"operations\"]\n{more}\n{users}");
    std::fs::write(&path, format!("{toml}\n{access}")).unwrap();
    Gateway::start(trifocal::config::Config::load(&[path]).unwrap(), directory).await
}

fn challenges(answer: &Response) -> Vec<String> {
    let offered = answer.headers().get_all("www-authenticate").iter();
    offered.map(|value| value.to_str().unwrap().split(' ').next().unwrap().to_owned()).collect()
}

fn by(gateway: &Gateway, name: &str, path: &str) -> RequestBuilder {
    gateway.client().get(gateway.url(path)).basic_auth(name, Some("pass"))
}

/// One address of each service, and how its refusals begin for somebody unknown and for somebody not permitted.
const SERVICES: [(&str, &str, &str); 12] = [
    ("/api/image/soda/sync?ID=x", "AuthenticationError: ", "AuthorizationError: "),
    ("/image/soda/sync", "AuthenticationError: ", "AuthorizationError: "),
    ("/api/image/soda/async", "AuthenticationError: ", "AuthorizationError: "),
    ("/api/image/soda/availability", "AuthenticationError: ", "AuthorizationError: "),
    ("/api/image/soda/data/DC_W13_Stripe82/raw/1", "AuthenticationError: ", "AuthorizationError: "),
    ("/api/image/soda/preview/DC_W13_Stripe82/raw/1", "AuthenticationError: ", "AuthorizationError: "),
    ("/api/image/soda/query", "<?xml", "<?xml"),
    ("/api/image/soda/sia2?MAXREC=0", "<?xml", "<?xml"),
    ("/api/image/soda/links", "<?xml", "<?xml"),
    (
        "/api/image/v1/DC_W13_Stripe82?ds=raw&sid=5646240694",
        "{\"exception\":\"PermissionError\"",
        "{\"exception\":\"PermissionError\"",
    ),
    (
        "/api/image/v1/DC_W13_Stripe82/async",
        "{\"exception\":\"PermissionError\"",
        "{\"exception\":\"PermissionError\"",
    ),
    (
        "/image/raw?ra=1&dec=2&filter=r",
        "{\"exception\":\"PermissionError\"",
        "{\"exception\":\"PermissionError\"",
    ),
];

#[tokio::test]
async fn who_is_not_let_in_is_told_in_the_words_of_the_service() {
    let gateway = closed("allow_basic_plain = true").await;
    for (path, unknown, forbidden) in SERVICES {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(challenges(&answer), ["Digest", "Basic", "Bearer"], "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(unknown) && text.contains("authorization required"), "{path}: {text}");
        let answer = by(&gateway, "bob", path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), challenges(&answer).len()), (403, 0), "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(forbidden) && text.contains("insufficient"), "{path}: {text}");
        if unknown == "<?xml" {
            assert!(text.contains("<INFO name=\"QUERY_STATUS\" value=\"ERROR\">UsageFault: "), "{text}");
        }
        let asked = gateway.client().request(Method::OPTIONS, gateway.url(path)).send().await.unwrap();
        assert_eq!(asked.status(), 204, "{path}: browsers ask without credentials");
    }
    let cut = format!("/api/image/soda/sync?ID={ID}&PIXEL=1 2 1 2");
    for request in [
        by(&gateway, "ann", &cut),
        gateway.client().get(gateway.url(&cut)).bearer_auth("ann-token"),
        gateway.client().head(gateway.url(&cut)).bearer_auth("ann-token"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-vo-authenticated"], "ann");
    }
    let links = by(&gateway, "ann", &format!("/api/image/soda/links?ID={ID}")).send().await.unwrap();
    let links = links.text().await.unwrap();
    assert!(
        links.contains("<TD>true</TD><TD>true</TD></TR>") && !links.contains("<TD>false</TD>"),
        "{links}"
    );
}

#[tokio::test]
async fn secrets_are_not_asked_for_where_they_would_travel_as_they_are() {
    let gateway = closed("").await;
    let answer = gateway.get("/api/image/soda/query").await;
    assert_eq!((answer.status().as_u16(), challenges(&answer)), (401, vec!["Digest".to_owned()]));
    assert!(!gateway.get("/api/image/soda/capabilities").await.text().await.unwrap().contains("BasicAA"));
}

#[tokio::test]
async fn capabilities_are_open_and_say_how_to_get_in() {
    let gateway = closed("allow_basic_plain = true").await;
    for path in ["/api/image/soda/capabilities", "/image/soda/capabilities/", "/api/image/v1/capabilities"] {
        let answer =
            gateway.client().get(gateway.url(path)).header("Accept", "text/xml").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(challenges(&answer), ["Digest", "Basic"], "{path}");
        assert!(!answer.headers().contains_key("x-vo-authenticated"));
        let text = answer.text().await.unwrap();
        let methods = text.matches("<securityMethod standardID=\"ivo://ivoa.net/sso#BasicAA\"/>").count();
        assert_eq!(methods, 7, "all but the capabilities themselves: {text}");
        let answer = by(&gateway, "ann", path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-vo-authenticated"], "ann");
        let wrong = gateway.client().get(gateway.url(path)).basic_auth("ann", Some("wrong"));
        assert_eq!(wrong.send().await.unwrap().status(), 401, "{path}");
    }
    for path in ["/api/image/soda/data/x/soda/capabilities", "/api/image/v0/v1/capabilities"] {
        assert_eq!(gateway.get(path).await.status(), 401, "{path} only ends like them");
    }
}

#[tokio::test]
async fn too_many_wrong_passwords_are_told_when_to_come_back() {
    let gateway = closed("allow_basic_plain = true\nlockout_failures = 2").await;
    let wrong = || gateway.client().get(gateway.url("/api/image/soda/sync")).basic_auth("ann", Some("x"));
    for _ in 0..2 {
        assert_eq!(wrong().send().await.unwrap().status(), 401);
    }
    let answer = wrong().send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    assert!(answer.text().await.unwrap().starts_with("ServiceUnavailable: "));
}

#[tokio::test]
async fn jobs_of_users_are_theirs_alone() {
    let gateway = closed("allow_basic_plain = true").await;
    for (tree, form) in [
        ("/api/image/soda/async", format!("ID={ID}&CIRCLE=37.6292 0.104625 0.003&PHASE=RUN")),
        ("/api/image/v1/DC_W13_Stripe82/async", "ds=raw&sid=5646240694&PHASE=RUN".to_owned()),
    ] {
        let created = Uws::at(&gateway, tree).by("ann").create(&form).await;
        let ann = Uws::at(&gateway, tree).by("ann");
        let document = ann.ended(&created).await;
        assert!(document.contains("<uws:ownerId>ann</uws:ownerId>"), "{document}");
        assert_eq!(ann.get(&format!("{created}/owner")).await, (200, "ann".to_owned()));
        assert!(ann.get("").await.1.contains(&created[1..]), "listed without a cookie");
        let cid = Uws::at(&gateway, tree).by("cid");
        assert!(!cid.get("").await.1.contains("jobref"));
        for path in ["", "/phase", "/owner", "/parameters", "/results", "/results/result_1", "/error"] {
            let (status, text) = cid.get(&format!("{created}{path}")).await;
            assert!(status == 403 && text.contains("somebody else's"), "{path}: {status} {text}");
        }
        for (path, body) in [("/phase", "PHASE=ABORT"), ("/parameters", "POL=I"), ("", "ACTION=DELETE")] {
            assert_eq!(cid.post(&format!("{created}{path}"), body).await.0, 403, "{path}");
        }
        assert_eq!(cid.send(Method::DELETE, &created, "").await.status(), 403);
        assert_eq!(ann.send(Method::DELETE, &created, "").await.status(), 303);
    }
}
