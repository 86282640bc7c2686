//! ImageServ v1 over the demo archive: every published example, every refusal.

use std::sync::Arc;

use trifocal::config::Config;
use trifocal::demo;

use crate::support::{Gateway, Site};

/// Number of a published example, its query, and the size of the cutout it answers with: `None` for a whole file.
type Example = (&'static str, &'static str, Option<(usize, usize)>);

const EXAMPLES: [Example; 22] = [
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
        "I_16",
        "ds=deepcoadd&ra=19.36995&dec=-0.3147&filter=r&width=115&height=235&unit=arcsec",
        Some((290, 593)),
    ),
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
    (
        "I22",
        "ds=deepcoadd&tract=0&patch=225,1&filter=i&ra=40.49055&dec=-0.946593&width=100&height=100&unit=arcsec",
        Some((253, 253)),
    ),
];

pub(crate) async fn demo_archive() -> Gateway {
    demo_archive_with("").await
}

/// The demo archive, served with further settings.
pub(crate) async fn demo_archive_with(settings: &str) -> Gateway {
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    std::fs::write(&path, format!("{toml}\n{settings}")).unwrap();
    Gateway::start(Config::load(&[path]).unwrap(), directory).await
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

/// Numbers of images and what they stand for; the image need not exist.
const IDENTITIES: [(&str, u64, &str); 10] = [
    ("raw", 3_325_410_171, "run=3325&camcol=1&field=171&filter=z"),
    ("raw", 5_646_240_694, "run=5646&camcol=4&field=694&filter=r"),
    ("calexp", 5_646_140_694, "run=5646&camcol=4&field=694&filter=g"),
    ("raw", 5_646_240_964, "run=5646&camcol=4&field=964&filter=r"),
    ("calexp", 2_708_230_103, "run=2708&camcol=3&field=103&filter=r"),
    ("deepcoadd", 23_986_176, "tract=0&patch=366,0&filter=u&patch_x=366&patch_y=0"),
    ("deepcoadd", 14_745_611, "tract=0&patch=225,1&filter=i&patch_x=225&patch_y=1"),
    ("deepcoadd", 20_906_018, "tract=0&patch=319,4&filter=r&patch_x=319&patch_y=4"),
    ("deepcoadd", 21_037_090, "tract=0&patch=321,4&filter=r&patch_x=321&patch_y=4"),
    ("deepcoadd", 3_325_410_171, "tract=6&patch=1589,5999&filter=i&patch_x=1589&patch_y=5999"),
];

#[tokio::test]
async fn identities_are_translated_both_ways() {
    let gateway = demo_archive().await;
    for (ds, id, parts) in IDENTITIES {
        let asked = format!("/api/image/v1/DC_W13_Stripe82?ds={ds}&get_ccdexpid=get&{parts}");
        assert_eq!(gateway.json(&asked).await, (200, id.into()), "{parts}");
        for flag in ["get_dataid=get&ccdexpid", "get_dataid&sid", "get_data_id&science_id"] {
            let (status, body) =
                gateway.json(&format!("/api/image/v1/DC_W13_Stripe82?ds={ds}&{flag}={id}")).await;
            assert_eq!((status, body.as_object().unwrap().len()), (200, parts.split('&').count()), "{id}");
            for part in parts.split('&') {
                let (name, value) = part.split_once('=').unwrap();
                let is_text = matches!(name, "filter" | "patch");
                let value: serde_json::Value =
                    if is_text { value.into() } else { value.parse::<u64>().unwrap().into() };
                assert_eq!(body[name], value, "{id} {name}");
            }
        }
    }
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
