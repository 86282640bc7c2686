//! ImageServ beyond the published examples: bodies, older addresses, negotiation, methods.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use trifocal::fits::{FitsFile, Hdu};
use trifocal::pixel::Limits;

use crate::support::Gateway;
use crate::vo::demo_archive;

const DB: &str = "/api/image/v1/DC_W13_Stripe82";
const CUTOUT: &str = "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30&height=45&unit=arcsec";

/// Status and the pixels that were cut.
async fn outcome(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let bounds = answer.headers().get("x-cutout-bounds").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), bounds.unwrap_or_default())
}

fn post(gateway: &Gateway, path: &str) -> RequestBuilder {
    gateway.client().post(gateway.url(path))
}

#[tokio::test]
async fn a_form_a_multipart_form_and_a_json_document_say_what_the_query_says() {
    let gateway = demo_archive().await;
    let expected = outcome(gateway.client().get(gateway.url(&format!("{DB}?{CUTOUT}")))).await;
    assert_eq!(expected.0, 200);
    assert!(!expected.1.is_empty());
    let form = post(&gateway, DB).header("Content-Type", "application/x-www-form-urlencoded").body(CUTOUT);
    assert_eq!(outcome(form).await, expected);
    let pairs = CUTOUT.split('&').map(|pair| pair.split_once('=').unwrap());
    let multipart = pairs.fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
    assert_eq!(outcome(post(&gateway, DB).multipart(multipart)).await, expected);
    let document = json!({ "image": { "db": "DC_W13_Stripe82", "ds": "calexp", "cutout": {
        "image_id": { "ccd_exp_id": 5_646_240_694_u64 },
        "center": { "x": 37.6292, "y": 0.104_625, "unit": "deg" },
        "size": { "x": 30, "y": 45, "unit": "arcsec" } } } });
    assert_eq!(outcome(post(&gateway, DB).json(&document)).await, expected);
    let nearest = json!({ "image": { "ds": "calexp", "cutout": {
        "image_id": { "nearest": { "center": { "x": 37.644_598, "y": 0.104_625 }, "filter": "r" } },
        "center": { "x": 135_465.12, "y": 376.65, "unit": "arcsec" },
        "size": { "x": 30, "y": 45 } } } });
    assert_eq!(
        outcome(post(&gateway, DB).json(&nearest)).await,
        expected,
        "found at one place, cut at another"
    );
    let split = post(&gateway, &format!("{DB}?ds=calexp&sid=5646240694"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("ra=37.6292&dec=0.104625&width=30&height=45&SID=5646240694");
    assert_eq!(outcome(split).await, expected);
}

/// Names and shapes of the images of an answer.
async fn images(gateway: &Gateway, query: &str) -> Vec<(String, Vec<usize>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.fits");
    std::fs::write(&path, gateway.bytes(&format!("{DB}?{query}")).await).unwrap();
    let file = FitsFile::open(&path, &Limits::default()).unwrap();
    let shape = |hdu: &Hdu| Some((hdu.name().unwrap_or_default(), hdu.image.as_ref()?.axes.clone()));
    file.hdus().iter().filter_map(shape).collect()
}

#[tokio::test]
async fn edges_are_padded_and_files_are_answered_in_part_when_that_is_asked_for() {
    let gateway = demo_archive().await;
    let corner = "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=3000&height=40&unit=pixel";
    for (more, width, planes) in [
        ("", 256, &["IMAGE", "MASK", "VARIANCE"][..]),
        ("&edge=trim&detail=exposure", 256, &["IMAGE", "MASK", "VARIANCE"]),
        ("&edge=pad", 3000, &["IMAGE", "MASK", "VARIANCE"]),
        ("&edge=PAD&detail=maskedimage", 3000, &["IMAGE", "MASK", "VARIANCE"]),
        ("&detail=image", 256, &["IMAGE"]),
    ] {
        let found = images(&gateway, &format!("{corner}{more}")).await;
        let expected: Vec<_> = planes.iter().map(|name| ((*name).to_owned(), vec![width, 40])).collect();
        assert_eq!(found, expected, "{more}");
    }
    let within = corner.replace("3000", "30");
    let strict = outcome(gateway.client().get(gateway.url(&format!("{DB}?{within}&edge=strict")))).await;
    let trimmed = outcome(gateway.client().get(gateway.url(&format!("{DB}?{within}")))).await;
    assert_eq!(strict, trimmed);
    for (form, start) in [("image/png", &b"\x89PNG"[..]), ("image/jpeg", &b"\xff\xd8"[..])] {
        let answer = gateway.get(&format!("{DB}?{within}&RESPONSEFORMAT={form}&stretch=asinh")).await;
        assert_eq!(answer.headers()["content-type"], form);
        assert_eq!(answer.headers()["x-cutout-bounds"], trimmed.1.as_str());
        assert!(answer.bytes().await.unwrap().starts_with(start), "{form}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let gateway = demo_archive().await;
    for path in [
        format!("{DB}?{CUTOUT}"),
        format!("{DB}?{CUTOUT}&RESPONSEFORMAT=image/png"),
        format!("{DB}?ds=calexp&sid=5646240694"),
        format!("{DB}?ds=raw&sid=3325410171"),
        format!("{DB}?ds=raw&get_dataid&sid=3325410171&unknown=1"),
        format!("{DB}?ds=raw&sid=1"),
        "/image/v0/calexp/5646240694/cutout?ra=37.6292&dec=0.104625&widthPix=2000&heightPix=1400".to_owned(),
        "/api/image/v1/capabilities".to_owned(),
        "/api/image/v1".to_owned(),
    ] {
        let got = gateway.get(&path).await;
        let asked = gateway.client().head(gateway.url(&path)).send().await.unwrap();
        assert_eq!(asked.status(), got.status(), "{path}");
        let told = |answer: &reqwest::Response| {
            let name = |name: &&str| !matches!(*name, "date" | "x-request-id" | "vary");
            let names = answer.headers().keys().map(reqwest::header::HeaderName::as_str).filter(name);
            let mut told: Vec<_> =
                names.map(|name| (name.to_owned(), answer.headers()[name].clone())).collect();
            told.sort();
            told
        };
        assert_eq!(told(&asked), told(&got), "{path}");
        assert!(asked.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn other_bodies_are_refused() {
    let gateway = demo_archive().await;
    for (media_type, body, status, exception) in [
        (
            "application/xml",
            "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            415,
            "ValueError",
        ),
        ("text/plain", "ds=raw", 415, "ValueError"),
        ("application/json", "{\"image\":", 400, "ValidationError"),
        (
            "application/json",
            "{\"image\":{\"ds\":\"raw\",\"image_id\":{\"skymap_id\":\"x\"}}}",
            400,
            "ValidationError",
        ),
        ("multipart/form-data", "no boundary", 400, "ValueError"),
    ] {
        let answer = post(&gateway, DB).header("Content-Type", media_type).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{media_type} {body}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["exception"], exception, "{media_type} {body}");
    }
    let endless = post(&gateway, DB)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("ds={}", "x".repeat((1 << 20) + 1)));
    assert_eq!(outcome(endless).await.0, 413);
}

#[tokio::test]
async fn older_addresses_answer_as_the_newer_ones() {
    let gateway = demo_archive().await;
    for (old, new) in [
        (
            "/api/image/v0/calexp?ra=37.644598&dec=0.104625&filter=r",
            "ds=calexp&ra=37.644598&dec=0.104625&filter=r",
        ),
        (
            "/image/raw/ids?run=5646&camcol=4&field=694&filter=g",
            "ds=raw&run=5646&camcol=4&field=694&filter=g",
        ),
        ("/image/v0/deepCoadd/ids?tract=0&patch=225,1&filter=i", "ds=deepcoadd&tract=0&patch=225,1&filter=i"),
        ("/api/image/v0/raw/id?id=3325410171", "ds=raw&sid=3325410171"),
        (
            "/image/raw/cutout?ra=359.195&dec=-0.1055&filter=r&width=30.0&height=45.0",
            "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30.0&height=45.0&unit=arcsec",
        ),
        (
            "/image/raw/cutoutPixel?ra=359.195&dec=-0.1055&filter=r&width=30&height=45",
            "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30&height=45&unit=pixel",
        ),
        (
            "/image/v0/calexp/5646240694/cutout?ra=37.6292&dec=0.104625&widthAng=30.0&heightAng=45.0",
            "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30.0&height=45.0&unit=arcsec",
        ),
        (
            "/image/calexp/5646240694/cutout?ra=37.6292&dec=0.104625&widthPix=100&heightPix=100",
            "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=100&height=100&unit=pixel",
        ),
    ] {
        let newer = outcome(gateway.client().get(gateway.url(&format!("{DB}?{new}")))).await;
        assert_eq!(newer.0, 200, "{new}");
        assert_eq!(outcome(gateway.client().get(gateway.url(old))).await, newer, "{old}");
    }
    for (path, status) in [
        ("/image/raw/id", 400),
        ("/image/v0/warped/id?id=1", 404),
        ("/image/v0/raw/ids?run=1", 400),
        ("/image/v0/skymap/deepCoadd/cutout?ra=1&dec=1&filter=r&width=1&height=1&source=/etc", 404),
        ("/image/v0/skymap/deepCoadd/cutout?ra=1&dec=1&filter=r", 400),
    ] {
        assert_eq!(gateway.json(path).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn the_two_documents_come_as_json_unless_another_form_is_preferred() {
    let gateway = demo_archive().await;
    for (accept, media_type) in [
        (None, "application/json"),
        (Some("*/*"), "application/json"),
        (Some("application/json, text/html;q=0.5"), "application/json"),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "text/html; charset=utf-8"),
        (Some("text/html, image/gif, image/jpeg, */*; q=0.2"), "text/html; charset=utf-8"),
        (Some("application/xml"), "text/xml; charset=utf-8"),
        (Some("text/xml;q=0.9, application/json;q=0.5"), "text/xml; charset=utf-8"),
        (Some("image/png"), "application/json"),
    ] {
        for name in ["availability", "capabilities"] {
            let request = gateway.client().get(gateway.url(&format!("/api/image/v1/{name}")));
            let request =
                accept.map_or(request.try_clone().unwrap(), |accept| request.header("Accept", accept));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], media_type, "{name} {accept:?}");
            assert_eq!(answer.headers()["vary"], "Accept");
            let standard = gateway.bytes(&format!("/api/image/soda/{name}")).await;
            let is_standard = answer.bytes().await.unwrap() == standard;
            assert_eq!(is_standard, media_type.starts_with("text/xml"), "{name} {accept:?}");
        }
    }
    let (_, body) = gateway.json("/api/image/v1/capabilities").await;
    assert_eq!(body["soda"], gateway.url("/api/image/soda/sync"));
}

#[tokio::test]
async fn methods_are_told_and_scripts_of_other_origins_are_let_in() {
    let gateway = demo_archive().await;
    let send = |method: Method, path: &str| gateway.client().request(method, gateway.url(path)).send();
    let refused = send(Method::DELETE, DB).await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.headers()["allow"], "GET, HEAD, POST, PUT");
    let asked = send(Method::OPTIONS, DB).await.unwrap();
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(asked.headers()["access-control-allow-origin"], "*");
    let head = send(Method::HEAD, "/api/image/v1/availability").await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.headers()["access-control-expose-headers"].to_str().unwrap().contains("X-Cutout-Bounds"));
}
