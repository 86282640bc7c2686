//! SODA sync over the demo archive: the conformance table, extensions, bad input.

use reqwest::{Method, Response};

use crate::support::Gateway;
use crate::vo::demo_archive;

const SYNC: &str = "/api/image/soda/sync";
/// An image of the demo, by its short name.
pub(crate) const ID: &str = "DC_W13_Stripe82.calexp.5646240694";
/// A circle on it.
const CIRCLE: &str = "CIRCLE=37.6292+0.104625+0.003";

async fn ask(gateway: &Gateway, query: &str) -> Response {
    gateway.get(&format!("{SYNC}?{query}")).await
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The bytes without the card that says when they were made.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    let cards = bytes.chunks(80).map(|card| if card.starts_with(b"DATE    ") { &b""[..] } else { card });
    cards.flatten().copied().collect()
}

#[tokio::test]
async fn without_parameters_the_service_describes_itself() {
    let gateway = demo_archive().await;
    let answer = gateway.get(SYNC).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "application/x-votable+xml");
    let text = answer.text().await.unwrap();
    assert!(text.contains("utype=\"adhoc:this\"") && text.contains("xtype=\"circle\""), "{text}");
}

#[tokio::test]
async fn a_dataset_has_four_names() {
    let gateway = demo_archive().await;
    let whole = ask(&gateway, &format!("ID={ID}")).await;
    assert_eq!(
        (whole.status().as_u16(), header(&whole, "content-type")),
        (200, "application/fits".to_owned())
    );
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    let cut = ask(&gateway, &format!("ID={ID}&{CIRCLE}")).await;
    assert_eq!(cut.status(), 200);
    let bounds = header(&cut, "x-cutout-bounds");
    let cut = cut.bytes().await.unwrap();
    let did = text_card(&cut, "CUTID");
    for id in [
        did.as_str(),
        &urlencoded(&did),
        &format!("{}/api/image/soda/data/DC_W13_Stripe82/calexp/5646240694", gateway.url("")),
        "DC_W13_Stripe82.calexp.r",
    ] {
        let again = ask(&gateway, &format!("ID={id}&{CIRCLE}")).await;
        assert_eq!(again.status(), 200, "{id}");
        assert_eq!(header(&again, "x-cutout-bounds"), bounds, "{id}");
        assert_eq!(timeless(&again.bytes().await.unwrap()), timeless(&cut), "{id}");
    }
}

/// The text of a card.
fn text_card(bytes: &[u8], keyword: &str) -> String {
    let card = bytes.chunks(80).find(|card| card.starts_with(keyword.as_bytes())).unwrap();
    let text = String::from_utf8_lossy(card).into_owned();
    text.split('\'').nth(1).unwrap().trim().to_owned()
}

fn urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn parameters_come_in_any_case_and_by_every_way() {
    let gateway = demo_archive().await;
    let expected = timeless(&ask(&gateway, &format!("ID={ID}&{CIRCLE}")).await.bytes().await.unwrap());
    let lower = ask(&gateway, &format!("id={ID}&circle=37.6292,0.104625,0.003&ignored=x")).await;
    assert_eq!(timeless(&lower.bytes().await.unwrap()), expected);
    let form = "application/x-www-form-urlencoded";
    let post = |query: &str| gateway.client().post(gateway.url(&format!("{SYNC}{query}")));
    let posted =
        post("").header("Content-Type", form).body(format!("ID={ID}&{CIRCLE}")).send().await.unwrap();
    assert_eq!(timeless(&posted.bytes().await.unwrap()), expected);
    let split = post(&format!("?ID={ID}")).header("Content-Type", form).body(CIRCLE).send().await.unwrap();
    assert_eq!(timeless(&split.bytes().await.unwrap()), expected);
    let fields = reqwest::multipart::Form::new().text("ID", ID).text("CIRCLE", "37.6292 0.104625 0.003");
    let multipart = post("").multipart(fields).send().await.unwrap();
    assert_eq!(timeless(&multipart.bytes().await.unwrap()), expected);
    let circle = "POS=circle 37.6292 0.104625 0.003";
    let positioned = ask(&gateway, &format!("ID={ID}&{circle}")).await;
    assert!(!header(&positioned, "x-cutout-bounds").is_empty());
}

#[tokio::test]
async fn refusals_speak_plain_text_and_begin_with_their_label() {
    let gateway = demo_archive().await;
    for (query, status, start) in [
        ("ID=x", 404, "UsageError: ID not found: x"),
        ("ID=DC_W13_Stripe82.calexp.5646240999", 404, "UsageError: ID not found"),
        ("ID=../../etc/passwd", 404, "UsageError: ID not found"),
        ("ID=ivo://x/y?raw/..%2F..%2Fetc&CIRCLE=1 2 3", 404, "UsageError: ID not found"),
        (CIRCLE, 400, "UsageError: ID is required"),
        ("ID=$&CIRCLE=1 2", 400, "UsageError"),
        ("ID=$&CIRCLE=1 2 0", 400, "UsageError"),
        ("ID=$&CIRCLE=1 2 -1", 400, "UsageError"),
        ("ID=$&CIRCLE=1 2 181", 400, "UsageError"),
        ("ID=$&CIRCLE=1 91 1", 400, "UsageError"),
        ("ID=$&CIRCLE=a b c", 400, "UsageError"),
        ("ID=$&CIRCLE=1 2 NaN", 400, "UsageError"),
        ("ID=$&CIRCLE=Inf 2 1", 400, "UsageError"),
        ("ID=$&CIRCLE=361 2 1", 400, "UsageError"),
        ("ID=$&POLYGON=1 2 3 4", 400, "UsageError"),
        ("ID=$&POLYGON=1 2 3 4 5", 400, "UsageError"),
        ("ID=$&POLYGON=1 2 3 4 5 6 7", 400, "UsageError"),
        ("ID=$&POLYGON=1 2 3 4 1 2", 400, "UsageError"),
        ("ID=$&POLYGON=0 0 180 0 90 45", 400, "UsageError"),
        ("ID=$&POLYGON=0 0 1 1 1 0 0 1", 400, "UsageError"),
        ("ID=$&POS=SQUARE 1 2 3", 400, "UsageError"),
        ("ID=$&POS=FK5 CIRCLE 1 2 3", 400, "UsageError"),
        ("ID=$&POS=RANGE 1 2 3", 400, "UsageError"),
        ("ID=$&POS=RANGE 1 2 5 4", 400, "UsageError"),
        ("ID=$&POS=RANGE NaN 2 4 5", 400, "UsageError"),
        ("ID=$&CIRCLE=1 2 3&CIRCLE=1 2 4", 400, "MultiValuedParamNotSupported: CIRCLE"),
        ("ID=$&CIRCLE=1 2 3&POS=CIRCLE 1 2 4", 400, "MultiValuedParamNotSupported: POS"),
        ("ID=$&ID=x", 400, "MultiValuedParamNotSupported: ID"),
        ("ID=$&BAND=2 1", 400, "UsageError"),
        ("ID=$&POL=Z", 400, "UsageError"),
        ("ID=$&POL=I", 400, "UsageError: dataset has no polarization metadata"),
        ("ID=$&RESPONSEFORMAT=foo/bar", 400, "UsageError"),
        ("ID=DC_W13_Stripe82.calexp.r", 400, "UsageError: an ID that names a filter"),
    ] {
        let answer = ask(&gateway, &query.replace('$', ID)).await;
        assert_eq!(answer.status().as_u16(), status, "{query}");
        assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8", "{query}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(start), "{query}: {text}");
        assert!(!text.contains('/') || query.contains('/') || text.contains("image/"), "{text}");
    }
    let vertices: Vec<String> = (0..10_000).map(|n| format!("{} {}", f64::from(n) * 0.01, n % 2)).collect();
    let vertices = vertices.join(" ");
    let form = "application/x-www-form-urlencoded";
    let many = gateway.client().post(gateway.url(SYNC)).header("Content-Type", form);
    let many = many.body(format!("ID={ID}&POLYGON={vertices}")).send().await.unwrap();
    assert_eq!(many.status(), 400, "ten thousand vertices");
    let votable = ask(&gateway, &format!("ID={ID}&CIRCLE=1&RESPONSEFORMAT=votable")).await;
    assert_eq!(votable.status(), 400);
    let xml = gateway.client().post(gateway.url(SYNC)).header("Content-Type", "text/xml").body("<a/>").send();
    assert_eq!(xml.await.unwrap().status(), 415);
    let deleted = gateway.client().request(Method::DELETE, gateway.url(SYNC)).send().await.unwrap();
    assert_eq!((deleted.status().as_u16(), header(&deleted, "allow")), (405, "GET, HEAD, POST, PUT".into()));
}

#[tokio::test]
async fn both_windings_and_the_whole_sky_are_understood() {
    let gateway = demo_archive().await;
    let bounds = async |query: &str| {
        let answer = ask(&gateway, &format!("ID={ID}&{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        header(&answer, "x-cutout-bounds")
    };
    let cut = async |query: &str| {
        let bytes = ask(&gateway, &format!("ID={ID}&{query}")).await.bytes().await.unwrap();
        assert!(bytes.starts_with(b"SIMPLE"), "{query}");
        timeless(&bytes)
    };
    let one = cut("POLYGON=37.627 0.103 37.631 0.103 37.631 0.106 37.627 0.106").await;
    let other = cut("POLYGON=37.627 0.103 37.627 0.106 37.631 0.106 37.631 0.103 37.627 0.103").await;
    assert!(one == other, "both windings give the same bytes");
    let whole = bounds("POS=RANGE 0 360 -90 90").await;
    for query in ["POS=RANGE -Inf Inf -Inf Inf", "POS=RANGE -Inf +Inf -Inf +Inf", "CIRCLE=37.6292 0.1 180"] {
        assert_eq!(bounds(query).await, whole, "{query}");
    }
}

#[tokio::test]
async fn nothing_in_common_is_no_content_and_says_so_to_people() {
    let gateway = demo_archive().await;
    for query in ["CIRCLE=200 45 0.1", "BAND=1 2", "TIME=1 2", &format!("{CIRCLE}&BAND=1 2")] {
        let answer = ask(&gateway, &format!("ID={ID}&{query}")).await;
        assert_eq!(answer.status(), 204, "{query}");
        assert_eq!(header(&answer, "x-reason"), "no overlap");
        assert!(answer.headers().get("content-type").is_none());
        assert!(answer.bytes().await.unwrap().is_empty());
    }
    let inside = ask(&gateway, &format!("ID={ID}&{CIRCLE}&BAND=6e-7&TIME=-Inf +Inf")).await;
    assert_eq!(inside.status(), 200);
}

#[tokio::test]
async fn fits_comes_under_the_name_it_was_asked_for_and_pictures_when_asked() {
    let gateway = demo_archive().await;
    for (format, media_type, start) in [
        ("application/fits", "application/fits", &b"SIMPLE"[..]),
        ("image/fits", "image/fits", b"SIMPLE"),
        ("fits", "application/fits", b"SIMPLE"),
        ("image/png&STRETCH=asinh&MIN_CUT=1&MAX_CUT=99", "image/png", b"\x89PNG"),
        ("jpeg", "image/jpeg", b"\xff\xd8"),
    ] {
        let answer = ask(&gateway, &format!("ID={ID}&{CIRCLE}&RESPONSEFORMAT={format}")).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "content-type").as_str()), (200, media_type));
        assert!(answer.bytes().await.unwrap().starts_with(start), "{format}");
    }
}

#[tokio::test]
async fn extensions_change_the_answer_only_when_asked_for() {
    let gateway = demo_archive().await;
    let length = async |query: &str| {
        let answer = ask(&gateway, &format!("ID={ID}&{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        (header(&answer, "x-cutout-bounds"), answer.bytes().await.unwrap().len())
    };
    let (bounds, exposure) = length(CIRCLE).await;
    let (_, masked) = length(&format!("{CIRCLE}&DETAIL=maskedimage")).await;
    let (_, image) = length(&format!("{CIRCLE}&DETAIL=image")).await;
    let (same, headers) = length(&format!("{CIRCLE}&KIND=HEADER")).await;
    assert_eq!(same, bounds);
    assert!(exposure >= masked && masked > image && exposure > headers);
    assert_eq!(length("PIXEL=11 20 21 30").await.0, "11:20,21:30");
    assert_eq!(length("PIXEL=-9 20 1 10").await.0, "1:20,1:10");
    assert_eq!(length("PIXEL=-9 20 1 10&EDGE=pad&DETAIL=image").await.0, "-9:20,1:10");
    let strict = ask(&gateway, &format!("ID={ID}&PIXEL=-9 20 1 10&EDGE=strict")).await;
    assert_eq!(strict.status(), 400);
    let (_, blanked) = length(&format!("{CIRCLE}&MASK=NaN&DETAIL=image")).await;
    assert_eq!(blanked, image);
    assert_eq!(
        length("POS=BRECT 37.6292 0.104625 30 45 arcsec").await.0,
        length("BBOX=37.6292 0.104625 30 45 arcsec").await.0
    );
}
