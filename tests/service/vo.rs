//! ImageServ v1 over the demo archive: every published example, every refusal.

use std::sync::Arc;

use trifocal::config::Config;
use trifocal::demo;

use crate::support::{Gateway, Site};

/// Number of a published example, its query, and the size of the cutout it answers with: `None` for a whole file.
type Example = (&'static str, &'static str, Option<(usize, usize)>);

const EXAMPLES: [Example; 20] = [
    ("I_1", "ds=raw&ra=359.195&dec=-0.1055&filter=r", None),
    ("I_2", "ds=raw&run=5646&camcol=4&field=694&filter=g", None),
    ("I_3", "ds=raw&sid=3325410171", None),
    ("I_4", "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30.0&height=45.0&unit=arcsec", Some((76, 114))),
    ("I_5", "ds=raw&ra=359.195&dec=-0.1055&filter=r&width=30&height=45&unit=pixel", Some((30, 45))),
    ("I_6", "ds=calexp&ra=37.644598&dec=0.104625&filter=r", None),
    ("I_7", "ds=calexp&run=5646&camcol=4&field=694&filter=g", None),
    ("I_8", "ds=calexp&sid=3325410171", None),
    (
        "I_9",
        "ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=30.0&height=45.0&unit=arcsec",
        Some((76, 114)),
    ),
    (
        "I_10",
        "ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=100&height=100&unit=pixel",
        Some((100, 100)),
    ),
    (
        "I11",
        "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30.0&height=45.0&unit=arcsec",
        Some((76, 114)),
    ),
    (
        "I12",
        "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=100&height=100&unit=pixel",
        Some((100, 100)),
    ),
    ("I_13", "ds=deepcoadd&ra=19.37995&dec=-0.3146&filter=r", None),
    ("I_14", "ds=deepcoadd&tract=0&patch=225,1&filter=i", None),
    ("I_15", "ds=deepcoadd&sid=23986176", None),
    (
        "I_17",
        "ds=deepcoadd&ra=19.36995&dec=-0.3147&filter=r&width=115&height=235&unit=pixel",
        Some((115, 235)),
    ),
    (
        "I18",
        "ds=raw&sid=5646240694&ra=37.6292&dec=0.104625&width=30.0&height=45.0&unit=arcsec",
        Some((76, 114)),
    ),
    (
        "I19",
        "ds=raw&sid=5646240694&ra=37.6292&dec=0.104625&width=100&height=100&unit=pixel",
        Some((100, 100)),
    ),
    (
        "I20",
        "ds=deepcoadd&sid=23986176&ra=9.47103&dec=-1.181766&width=30.0&height=45.0&unit=arcsec",
        Some((76, 114)),
    ),
    (
        "I21",
        "ds=deepcoadd&sid=23986176&ra=9.47103&dec=-1.181766&width=100&height=100&unit=pixel",
        Some((100, 100)),
    ),
];

pub(crate) async fn demo_archive() -> Gateway {
    let (directory, toml) = demo_settings();
    let settings = directory.path().join("trifocal.toml");
    std::fs::write(&settings, toml).unwrap();
    Gateway::start(Config::load(&[settings]).unwrap(), directory).await
}

/// A demo observatory on disk, and the settings that serve it.
pub(crate) fn demo_settings() -> (Arc<tempfile::TempDir>, String) {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let site = demo::write_scaled(directory.path(), demo::Scale::Small, |_| ()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let toml = format!("{}\n[ingest]\nsettle_seconds = 0.001\n", site.settings(directory.path(), listen));
    (directory, toml)
}

#[tokio::test]
async fn every_published_example_answers_with_an_image() {
    let gateway = demo_archive().await;
    for (row, query, size) in EXAMPLES {
        let answer = gateway.get(&format!("/api/image/v1/DC_W13_Stripe82?{query}")).await;
        assert_eq!(answer.status(), 200, "{row}");
        assert_eq!(answer.headers()["content-type"], "image/fits", "{row}");
        let announced: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bounds =
            answer.headers().get("x-cutout-bounds").map(|bounds| bounds.to_str().unwrap().to_owned());
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(bytes.len(), announced, "{row}");
        assert!(bytes.starts_with(b"SIMPLE  ="), "{row}");
        assert_eq!(bounds.map(|bounds| size_of(&bounds)), size, "{row}");
    }
}

fn size_of(bounds: &str) -> (usize, usize) {
    let lengths: Vec<usize> = bounds
        .split(',')
        .map(|range| {
            let (first, last) = range.split_once(':').unwrap();
            last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1
        })
        .collect();
    (lengths[0], lengths[1])
}

#[tokio::test]
async fn identities_are_translated_both_ways() {
    let gateway = demo_archive().await;
    let (status, body) =
        gateway.json("/api/image/v1/DC_W13_Stripe82?ds=raw&get_dataid=get&ccdexpid=5646240964").await;
    assert_eq!(status, 200);
    assert_eq!(body, serde_json::json!({ "run": 5646, "camcol": 4, "field": 964, "filter": "r" }));
    let utility =
        "/api/image/v1/DC_W13_Stripe82?ds=raw&get_ccdexpid=get&camcol=4&field=694&filter=r&run=5646";
    assert_eq!(gateway.json(utility).await, (200, 5_646_240_694_u64.into()));
}

#[tokio::test]
async fn availability_and_capabilities_are_the_published_documents() {
    let gateway = demo_archive().await;
    let (status, body) = gateway.json("/api/image/v1/availability").await;
    assert_eq!(status, 200);
    assert_eq!(body["Status"], "imageREST_v1 is accepting queries.");
    assert_eq!(body["available"], "true");
    let text = gateway.get("/api/image/v1/capabilities").await.text().await.unwrap();
    assert!(
        text.starts_with(
            r#"{"availability":{"url":"image/v1/availability"},"query":{"url":"image/v1/DC_W13_Stripe82","interface":["DAX"]},"capabilities":{"url":"image/v1/capabilities"}"#
        ),
        "{text}"
    );
    assert_eq!(gateway.get("/image/v1/availability/").await.status(), 200);
}

#[tokio::test]
async fn refusals_speak_json() {
    let gateway = demo_archive().await;
    for (query, status, message) in [
        ("", 404, "Missing ds parameter"),
        ("ds=warped&sid=1", 404, "Db Not Found"),
        ("ds=raw&sid=5646240999", 404, "Image Not Found"),
        ("ds=raw&ra=200&dec=40&filter=r", 404, "Image Not Found"),
        ("ds=raw&sid=5646240694&ra=200&dec=40&width=1&height=1", 404, "Image Not Found"),
        ("ds=raw&ra=91x&dec=2&filter=r", 400, "Invalid ra 91x and dec 2. "),
        ("ds=raw&ra=1&dec=2&filter=q", 400, "Invalid filter q. Valid filters are ugriz."),
        ("ds=raw&sid=5646540694", 400, "invalid data id"),
        ("ds=raw&run=5646&camcol=4", 400, "missing field, filter"),
        ("ds=raw&sid=1&run=5646", 400, "conflicting image selectors"),
    ] {
        let (answered, body) = gateway.json(&format!("/api/image/v1/DC_W13_Stripe82?{query}")).await;
        assert_eq!((answered, body["message"].as_str().unwrap()), (status, message), "{query}");
        assert!(body["exception"].is_string(), "{query}");
    }
    assert_eq!(gateway.json("/api/image/v1/Nowhere?ds=raw&sid=1").await.0, 404);
    assert_eq!(gateway.json("/api/image/v2/x").await.0, 404);
    let posted = gateway.client().delete(gateway.url("/api/image/v1/availability")).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    assert!(posted.headers().contains_key("allow"));
}

#[tokio::test]
async fn a_whole_file_can_be_had_in_parts_and_by_head() {
    let gateway = demo_archive().await;
    let path = "/api/image/v1/DC_W13_Stripe82?ds=calexp&sid=5646240694";
    let whole = gateway.bytes(path).await;
    let part =
        gateway.client().get(gateway.url(path)).header("Range", "bytes=2880-5759").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), whole[2880..5760]);
    let head = gateway.client().head(gateway.url(path)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), whole.len().to_string());
}

#[tokio::test]
async fn an_archive_without_files_still_says_what_it_is() {
    let gateway = Site::new().serve().await;
    let (_, body) = gateway.json("/api/image/v1/availability").await;
    assert_eq!(body["repositories"][0]["id"], "nina");
    assert_eq!(body["repositories"].as_array().unwrap().len(), 1);
}
