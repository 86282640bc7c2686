//! Answers that fail after they began: nobody may take the part for the whole.

use trifocal::catalogue::synthetic::SyntheticSurvey;
use trifocal::catalogue::{Catalogue, Role};
use trifocal::clock::SystemClock;

use crate::support::{Gateway, Site};
use crate::votable::Table;

const QUERY: &str = "/api/image/soda/query?MAXREC=5000";
/// More than are read before anything is sent.
const IMAGES: usize = 3000;

/// A service over a survey of which the catalogue cannot read the image with this science id.
async fn with_broken(science_id: i64) -> Gateway {
    let site = Site::new();
    let (archive, dataset) = SyntheticSurvey::name();
    let root = site.path().to_owned();
    std::fs::create_dir(root.join("empty")).unwrap();
    let settings = format!(
        "[[archives]]\nid = \"{archive}\"\nauthority = \"example.org\"\n\
         [[archives.datasets]]\nname = \"{dataset}\"\ndirectory = \"{}/empty\"\nscience_id = \"sequence\"\n\
         [ingest]\nsettle_seconds = 0.001\nnotify = false\npoll_seconds = 86400.0\n",
        root.display()
    );
    let gateway = site.with_settings(&settings).serve().await;
    // After the scan, which would forget images that have no files.
    let url = format!("sqlite://{}/work/trifocal.db", root.display());
    let catalogue = Catalogue::open(&url, Role::Command, SystemClock::start()).await.unwrap();
    SyntheticSurvey::of(IMAGES).fill(&catalogue, 1).await.unwrap();
    catalogue.close().await;
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    let broken = sqlx::query("update image set outline = x'0102' where science_id = ?");
    assert_eq!(broken.bind(science_id).execute(&database).await.unwrap().rows_affected(), 1);
    database.close().await;
    gateway
}

#[tokio::test]
async fn a_table_that_fails_later_says_so_behind_its_rows() {
    let gateway = with_broken(2500).await;
    for format in ["votable/td", "votable/b2"] {
        let answer = gateway.get(&format!("{QUERY}&RESPONSEFORMAT={format}")).await;
        assert_eq!(answer.status(), 200, "the first rows were sent");
        let text = answer.text().await.unwrap();
        let table = Table::read(&text);
        assert_eq!(table.statuses(), ["OK", "ERROR"], "{format}");
        let (_, _, reason) = table.infos.last().unwrap();
        assert_eq!(reason, "FatalFault: the search could not be completed", "{format}");
        assert!(text.rfind("</TABLE>") < text.rfind("QUERY_STATUS"), "{format}");
        if format == "votable/td" {
            assert!((1024..2500).contains(&table.rows.len()), "{}", table.rows.len());
        }
    }
}

#[tokio::test]
async fn text_that_fails_later_breaks_off() {
    let gateway = with_broken(2500).await;
    for format in ["csv", "tsv", "text", "html", "fits"] {
        let answer = gateway.get(&format!("{QUERY}&RESPONSEFORMAT={format}")).await;
        if answer.status() == 200 {
            assert!(answer.bytes().await.is_err(), "{format} was taken for whole");
        } else {
            assert_eq!(answer.status(), 500, "{format}");
        }
    }
}

#[tokio::test]
async fn a_search_that_fails_at_once_has_a_status_of_its_own() {
    let gateway = with_broken(100).await;
    let answer = gateway.get(QUERY).await;
    assert_eq!(answer.status(), 500);
    let table = Table::of(answer).await;
    assert_eq!(table.statuses(), ["ERROR"]);
    assert!(table.infos[0].2.starts_with("FatalFault: "), "{:?}", table.infos);
    let answer = gateway.get(&format!("{QUERY}&RESPONSEFORMAT=csv")).await;
    assert_eq!(answer.status(), 500);
    assert!(answer.text().await.unwrap().starts_with("FatalFault: "));
    // Everything beside the broken image is still found.
    let others = gateway.get("/api/image/soda/query?MAXREC=5&ID=ivo://example.org/synthetic?fields/7").await;
    assert_eq!(Table::of(others).await.rows.len(), 1);
}
