//! Thumbnails: small, made once, kept.

use image::ImageFormat;

use super::{decode, light_flat_light};
use crate::support::{Frame, Gateway, Site};

#[tokio::test]
async fn thumbnails_are_small_jpegs_indexed_as_the_history_is() {
    let gateway = light_flat_light().await;
    let direct = gateway.bytes("/v2/api/image/thumbnail/2").await;
    assert_eq!(gateway.bytes("/v2/api/image/thumbnail/1?imageType=LIGHT&width=9&height=9").await, direct);
    let (format, picture) = decode(&direct);
    assert_eq!((format, picture.width(), picture.height()), (ImageFormat::Jpeg, 64, 48));
    let answer = gateway.get("/v2/api/image/thumbnail/0").await;
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    for (query, error) in [
        ("3", "Index out of range"),
        ("-1", "Index out of range"),
        ("0?imageType=DARK", "No thumbnails available"),
    ] {
        let (status, body) = gateway.json(&format!("/v2/api/image/thumbnail/{query}")).await;
        assert_eq!((status, &body["Error"]), (400, &error.into()), "{query}");
    }
}

#[tokio::test]
async fn large_frames_have_thumbnails_of_256_pixels() {
    let wide = Frame::of(300, 2700, |row, column| (row + column) as u16);
    let tall = Frame::of(1024, 512, |row, column| (row + column) as u16);
    let gateway = Site::new()
        .frame("1.fits", wide.text("DATE-LOC", "2026-01-31T22:00:00"))
        .frame("2.fits", tall.text("DATE-LOC", "2026-01-31T23:00:00"))
        .serve()
        .await;
    for (index, size) in [(0, (256, 28)), (1, (128, 256))] {
        let picture = decode(&gateway.bytes(&format!("/v2/api/image/thumbnail/{index}")).await).1;
        assert_eq!((picture.width(), picture.height()), size);
    }
}

#[tokio::test]
async fn thumbnails_outlive_the_service_and_even_the_file() {
    let site = Site::new().frame("a.fits", Frame::gradient());
    let (config, file) = (site.config(), site.path().join("captures/a.fits"));
    let directory = site.keep();
    let gateway = Gateway::start(config.clone(), directory.clone()).await;
    let before = gateway.bytes("/v2/api/image/thumbnail/0").await;
    gateway.stop().await;
    std::fs::remove_file(file).unwrap();
    let gateway = Gateway::start(config, directory).await;
    assert_eq!(gateway.json("/v2/api/image/0").await.0, 500, "the file is gone");
    assert_eq!(gateway.bytes("/v2/api/image/thumbnail/0").await, before);
}

#[tokio::test]
async fn thumbnails_of_a_catalogue_that_was_thrown_away_go_with_it() {
    let site = Site::new().frame("a.fits", Frame::gradient()).frame("b.fits", Frame::gradient());
    let (config, work) = (site.config(), site.path().join("work"));
    let directory = site.keep();
    let gateway = Gateway::start(config.clone(), directory.clone()).await;
    for index in 0..2 {
        gateway.bytes(&format!("/v2/api/image/thumbnail/{index}")).await;
    }
    std::fs::remove_file(gateway.capture("b.fits")).unwrap();
    gateway.stop().await;
    let kept = || {
        let files = walkdir::WalkDir::new(work.join("thumbnails")).into_iter().flatten();
        files.filter(|entry| entry.file_type().is_file()).count()
    };
    assert_eq!(kept(), 2);
    for entry in std::fs::read_dir(&work).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("trifocal.db") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let gateway = Gateway::start(config, directory).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while kept() > 1 {
        assert!(std::time::Instant::now() < deadline, "the thumbnail of a file nobody knows any more stays");
        gateway.bytes("/v2/api/image/thumbnail/0").await;
    }
}

#[tokio::test]
async fn a_replaced_file_has_a_new_thumbnail() {
    let gateway = Site::new().frame("a.fits", Frame::gradient()).serve().await;
    let before = gateway.bytes("/v2/api/image/thumbnail/0").await;
    Frame::of(40, 80, |row, _| row as u16).write(&gateway.capture("a.fits"));
    let mut after = before.clone();
    while after == before {
        after = gateway.bytes("/v2/api/image/thumbnail/0").await;
    }
    assert_eq!(decode(&after).1.width(), 80);
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 1);
}
