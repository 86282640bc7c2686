//! What the operator and the operator's machines see.

use std::time::Duration;

use serde_json::Value;
use trifocal::catalogue::{CatalogueError, Role};
use trifocal::clock::SystemClock;
use trifocal::server::{Error, Service};

use crate::process::Process;
use crate::support::{Frame, Site};

#[tokio::test]
async fn health_readiness_and_metrics_are_there() {
    let gateway = Site::new().frame("a.fits", Frame::gradient()).serve().await;
    assert_eq!(gateway.get("/healthz").await.status(), 200);
    assert_eq!(gateway.get("/readyz").await.status(), 200);
    gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
    gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
    gateway.get("/v2/api/image/99").await;
    let metrics = gateway.get("/metrics").await.text().await.unwrap();
    for line in [
        r#"trifocal_requests_total{dialect="nina",endpoint="/v2/api/image/{index}",status="200"} 2"#,
        r#"trifocal_requests_total{dialect="nina",endpoint="/v2/api/image/{index}",status="400"} 1"#,
        r#"trifocal_cache_requests_total{cache="renditions",outcome="hit"} 1"#,
        r#"trifocal_cache_requests_total{cache="renditions",outcome="miss"} 1"#,
        r#"trifocal_frames{origin="nina"} 1"#,
        "trifocal_renders_in_flight 0",
        "trifocal_renders_queued 0",
    ] {
        assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn past_the_bound_of_the_queue_a_client_is_asked_to_come_back() {
    let noise = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 65_521) as u16;
    let gateway = Site::new()
        .with_settings("[limits]\nrenders_in_flight = 1\nrenders_queued = 1\n")
        .frame("a.fits", Frame::of(1500, 2000, noise))
        .serve()
        .await;
    let ask = |number: usize| {
        let url = gateway.url(&format!("/v2/api/image/0?stream=true&factor=0.{number}"));
        gateway.client().get(url).send()
    };
    let answers = futures_util::future::join_all((1..=8).map(ask)).await;
    let (mut served, mut refused) = (0, 0);
    for answer in answers.into_iter().map(Result::unwrap) {
        match answer.status().as_u16() {
            200 => served += 1,
            503 => {
                refused += 1;
                assert_eq!(answer.headers()["retry-after"], "1");
            }
            other => panic!("answered {other}"),
        }
    }
    assert!(served >= 2 && refused >= 1, "{served} served, {refused} refused");
    assert_eq!(gateway.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn the_page_is_served_and_unknown_paths_are_not() {
    let gateway = Site::new().serve().await;
    let page = gateway.get("/").await.text().await.unwrap();
    assert!(page.contains("Trifocal"));
    for (part, media_type) in [("/page.css", "text/css"), ("/page.js", "text/javascript")] {
        assert!(page.contains(part), "the page uses {part}");
        let answer = gateway.get(part).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(media_type));
    }
    assert_eq!(gateway.get("/nobody/knows").await.status(), 404);
    let (status, body) = gateway.json("/api/nobody/knows").await;
    assert_eq!((status, body["error"]["code"].as_u64()), (200, Some(2)));
}

#[tokio::test]
async fn every_answer_carries_its_request_id() {
    let gateway = Site::new().serve().await;
    let first = gateway.get("/healthz").await.headers()["x-request-id"].clone();
    assert_ne!(first, gateway.get("/healthz").await.headers()["x-request-id"]);
}

#[tokio::test]
async fn the_log_tells_what_went_wrong_in_the_request_a_client_names() {
    let site = Site::new().frame("one.fits", Frame::gradient());
    site.config();
    let process = Process::start(&site.path().join("trifocal.toml"));
    process.history(|count| count == 1).await;
    std::fs::write(site.path().join("captures/one.fits"), "no frame any more").unwrap();
    let failed = process.get("/v2/api/image/0?stream=true").await;
    assert_eq!(failed.status(), 500);
    let id = failed.headers()["x-request-id"].to_str().unwrap();
    // The log comes through a pipe, a moment later.
    let lines: Vec<Value> = loop {
        let log = process.log();
        let lines =
            log.lines().filter(|line| line.contains(id)).map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        if lines.iter().any(|line| line["message"] == "answered") {
            break lines;
        }
        tokio::task::yield_now().await;
    };
    let why = lines.iter().find(|line| line["message"] == "request failed").unwrap();
    assert_eq!(why["request"], id);
    assert!(why["error"].as_str().is_some_and(|error| !error.is_empty()), "{why}");
}

#[tokio::test]
async fn a_second_service_on_the_same_catalogue_is_refused() {
    let site = Site::new();
    let config = site.config();
    let gateway = site.serve().await;
    let refused = Service::start(config.clone(), SystemClock::start()).await.err().unwrap();
    assert!(matches!(refused, Error::Catalogue(CatalogueError::InUse)), "{refused}");
    gateway.stop().await;
    let role = Role::Service;
    trifocal::catalogue::Catalogue::open(&config.storage.database, role, SystemClock::start()).await.unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Site::new().config();
    config.server.listen = holder.local_addr().unwrap();
    let refused = Service::start(config, SystemClock::start()).await.err().unwrap().to_string();
    assert!(refused.contains(&holder.local_addr().unwrap().to_string()), "{refused}");
}

#[tokio::test]
async fn a_stop_ends_the_service_within_its_time() {
    let gateway = Site::new().serve().await;
    let url = gateway.url("/healthz");
    let client = gateway.client().clone();
    tokio::time::timeout(Duration::from_secs(10), gateway.stop()).await.unwrap();
    assert!(client.get(url).send().await.is_err());
}

#[tokio::test]
async fn history_survives_a_restart_with_its_indexes() {
    let site = Site::new().frame("a.fits", Frame::gradient()).frame("b.fits", Frame::gradient());
    let config = site.config();
    let directory = site.keep();
    let first = crate::support::Gateway::start(config.clone(), directory.clone()).await;
    let before = first.bytes("/v2/api/image-history?all=true").await;
    first.stop().await;
    let second = crate::support::Gateway::start(config, directory).await;
    assert_eq!(second.bytes("/v2/api/image-history?all=true").await, before);
}
