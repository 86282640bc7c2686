//! The history and the pictures of its frames.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat};

use super::{decode, light_flat_light};
use crate::support::{Frame, Gateway, Site};

async fn picture(gateway: &Gateway, query: &str) -> (ImageFormat, DynamicImage) {
    decode(&gateway.bytes(&format!("/v2/api/image/0?stream=true&{query}")).await)
}

#[tokio::test]
async fn an_empty_history_counts_zero_lists_nothing_and_has_no_newest() {
    let gateway = Site::new().serve().await;
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 0);
    assert_eq!(gateway.json("/v2/api/image-history?all=true").await.1["Response"], serde_json::json!([]));
    let (status, body) = gateway.json("/v2/api/image-history").await;
    assert_eq!((status, &body["Error"]), (400, &"Index out of range".into()));
    let (status, body) = gateway.json("/v2/api/image/0").await;
    assert_eq!((status, &body["Error"]), (500, &"No images available".into()));
}

#[tokio::test]
async fn indexes_are_relative_to_the_filtered_list_in_history_and_image_alike() {
    let gateway = light_flat_light().await;
    let filter_of = |body: serde_json::Value| body["Response"][0]["Filter"].as_str().unwrap().to_owned();
    let second_light = gateway.json("/v2/api/image-history?imageType=LIGHT&index=1").await.1;
    assert_eq!(filter_of(second_light), "OIII");
    let newest = gateway.json("/v2/api/image-history").await.1;
    assert_eq!(filter_of(newest), "OIII");
    let direct = gateway.bytes("/v2/api/image/2?stream=true").await;
    assert_eq!(gateway.bytes("/v2/api/image/1?imageType=LIGHT&stream=true").await, direct);
    let count = |query: &'static str| {
        let gateway = &gateway;
        async move {
            gateway.json(&format!("/v2/api/image-history?count=true&{query}")).await.1["Response"].clone()
        }
    };
    assert_eq!(count("imageType=LIGHT").await, 2);
    assert_eq!(count("imageType=light").await, 0);
    assert_eq!(count("IMAGETYPE=LIGHT").await, 3);
    for index in ["3", "-1"] {
        let (status, body) = gateway.json(&format!("/v2/api/image-history?index={index}")).await;
        assert_eq!((status, &body["Error"]), (400, &"Index out of range".into()));
        let (status, body) = gateway.json(&format!("/v2/api/image/{index}")).await;
        assert_eq!((status, &body["Error"]), (400, &"Index out of range".into()));
    }
}

#[tokio::test]
async fn an_entry_has_its_keys_in_the_documented_order() {
    let gateway = Site::new()
        .frame(
            "frame.fits",
            Frame::gradient()
                .text("DATE-LOC", "2026-01-31T22:04:05.1234567")
                .text("DATE-OBS", "2026-01-31T21:04:05.1234567")
                .text("FILTER", "Ha")
                .text("OBJECT", "NGC 7000")
                .text("INSTRUME", "ExampleCam 2600")
                .text("TELESCOP", "Refractor 80")
                .real("FOCALLEN", 480.0)
                .real("CCD-TEMP", -10.0)
                .real("GAIN", 100.0),
        )
        .serve()
        .await;
    let body = gateway.get("/v2/api/image-history?index=0").await.text().await.unwrap();
    insta::assert_snapshot!(body);
}

#[tokio::test]
async fn quality_and_format_follow_the_plugin() {
    let gateway = light_flat_light().await;
    let (format, png) = picture(&gateway, "").await;
    assert_eq!(format, ImageFormat::Png);
    assert!(matches!(png, DynamicImage::ImageLuma16(_)));
    assert_eq!(picture(&gateway, "quality=0").await.0, ImageFormat::Png);
    assert_eq!(picture(&gateway, "quality=80").await.0, ImageFormat::Jpeg);
    assert_eq!(picture(&gateway, "quality=500").await.0, ImageFormat::Jpeg);
    assert_eq!(gateway.get("/v2/api/image/0?quality=x").await.status(), 400);
}

#[tokio::test]
async fn sizes_follow_the_plugin() {
    let frame = Frame::of(480, 640, |row, column| (1000 + row + column) as u16);
    let gateway = Site::new().frame("frame.fits", frame).serve().await;
    for (query, width, height) in [
        ("resize=true&size=320x1", 320, 240),
        ("resize=true&scale=0.05", 64, 48),
        ("resize=true&scale=7", 640, 480),
        ("resize=false&size=10x10", 640, 480),
        ("resize=true", 640, 480),
    ] {
        let (_, picture) = picture(&gateway, &format!("quality=90&{query}")).await;
        assert_eq!((picture.width(), picture.height()), (width, height), "{query}");
    }
    let (status, body) = gateway.json("/v2/api/image/0?resize=true&size=800").await;
    assert_eq!((status, &body["Error"]), (400, &"Invalid size".into()));
}

#[tokio::test]
async fn the_stretch_is_the_capture_programs_to_the_last_digit() {
    // Median 1200, MAD 60, and the levels of the published table.
    let levels = [0, 950, 951, 952, 1000, 1100, 1200, 1260, 1500, 2000, 5000, 20000, 65535];
    let expected = [0, 0, 5, 70, 3068, 8518, 13107, 15528, 23354, 33814, 53205, 63182, 65520];
    let frame = Frame::of(10, 101, |row, column| match (row, column) {
        (0, column) if column < levels.len() => levels[column],
        (_, column) => [1140, 1200, 1260][column % 3],
    });
    let gateway = Site::new().frame("frame.fits", frame).serve().await;
    let entry = gateway.json("/v2/api/image-history").await.1;
    assert_eq!(entry["Response"][0]["Median"], 1200);
    let (_, picture) = picture(&gateway, "factor=0.2&blackClipping=-2.8").await;
    let samples = picture.into_luma16();
    let stretched: Vec<u16> =
        (0..levels.len() as u32).map(|column| samples.get_pixel(column, 0).0[0]).collect();
    assert_eq!(stretched, expected);
}

#[tokio::test]
async fn bayer_patterns_are_checked_unless_all_is_left_to_us() {
    let mosaic = Frame::gradient().text("BAYERPAT", "RGGB");
    let gateway = Site::new().frame("frame.fits", mosaic).serve().await;
    let (status, body) = gateway.json("/v2/api/image/0?bayerPattern=rggb").await;
    assert_eq!((status, &body["Error"]), (400, &"Invalid bayer pattern".into()));
    let (_, prepared) = picture(&gateway, "bayerPattern=rggb&autoPrepare=true").await;
    assert!(matches!(prepared, DynamicImage::ImageRgb16(_)));
    let (_, grey) = picture(&gateway, "").await;
    assert!(matches!(grey, DynamicImage::ImageLuma16(_)));
    let recorded = gateway.bytes("/v2/api/image/0?stream=true&debayer=true").await;
    assert_eq!(gateway.bytes("/v2/api/image/0?stream=true&debayer=true&bayerPattern=RGGB").await, recorded);
    assert_ne!(gateway.bytes("/v2/api/image/0?stream=true&debayer=true&bayerPattern=BGGR").await, recorded);
    let (status, body) = gateway.json("/v2/api/image/0?debayer=true&bayerPattern=LRGB").await;
    assert_eq!((status, &body["Error"]), (500, &"Unknown error".into()));
}

#[tokio::test]
async fn without_stream_the_picture_comes_in_the_envelope() {
    let gateway = light_flat_light().await;
    let streamed = gateway.bytes("/v2/api/image/0?quality=80&stream=true").await;
    let (status, body) = gateway.json("/v2/api/image/0?quality=80").await;
    assert_eq!(status, 200);
    assert_eq!(STANDARD.decode(body["Response"].as_str().unwrap()).unwrap(), streamed);
}

#[tokio::test]
async fn raw_fits_is_the_file_itself() {
    let site = Site::new().frame("frame.fits", Frame::gradient());
    let file = std::fs::read(site.path().join("captures/frame.fits")).unwrap();
    let gateway = site.serve().await;
    let (_, body) = gateway.json("/v2/api/image/0?raw_fits=true").await;
    assert_eq!(STANDARD.decode(body["Response"].as_str().unwrap()).unwrap(), file);
    let path = "/v2/api/image/0?raw_fits=true&stream=true";
    let answer = gateway.get(path).await;
    assert_eq!(answer.headers()["content-type"], "application/fits");
    assert_eq!(answer.headers()["accept-ranges"], "bytes");
    assert_eq!(answer.bytes().await.unwrap(), file);
    let part = |range| gateway.client().get(gateway.url(path)).header("Range", range).send();
    let answer = part("bytes=2880-2889").await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers()["content-range"], format!("bytes 2880-2889/{}", file.len()));
    assert_eq!(answer.bytes().await.unwrap(), file[2880..2890]);
    let answer = part(&format!("bytes={}-", file.len())).await.unwrap();
    assert_eq!(answer.status(), 416);
    assert_eq!(gateway.json("/v2/api/image/0?raw_fits=false").await.0, 200, "an explicit no is a no");
}

#[tokio::test]
async fn a_packed_original_is_sent_unpacked_in_ranges_too() {
    let site = Site::new().frame("../plain.fits", Frame::gradient());
    let plain = std::fs::read(site.path().join("plain.fits")).unwrap();
    let packed = std::fs::File::create(site.path().join("captures/frame.fits.gz")).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &plain).unwrap();
    encoder.finish().unwrap();
    let gateway = site.serve().await;
    let path = "/v2/api/image/0?raw_fits=true&stream=true";
    assert_eq!(gateway.bytes(path).await, plain);
    let answer = gateway.client().get(gateway.url(path)).header("Range", "bytes=-80").send().await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.bytes().await.unwrap(), plain[plain.len() - 80..]);
}

#[tokio::test]
async fn the_newest_frame_of_any_kind_is_the_prepared_image() {
    let gateway = Site::new().serve().await;
    let answer = gateway.get("/v2/api/prepared-image?quality=90").await;
    assert_eq!(answer.status(), 404);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!((&body["Error"], body["StatusCode"].as_u64()), (&"No image".into(), Some(404)));

    let mosaic = |minute: &str| {
        let frame = Frame::gradient().text("BAYERPAT", "RGGB");
        frame.text("DATE-LOC", &format!("2026-01-31T22:{minute}:00"))
    };
    let gateway = Site::new()
        .frame("1.fits", mosaic("00"))
        .frame("2.fits", mosaic("10").text("IMAGETYP", "FLAT"))
        .serve()
        .await;
    // The profile shows mosaics in colour, whether the client asks for it or not.
    let prepared = gateway.bytes("/v2/api/prepared-image").await;
    assert!(matches!(decode(&prepared).1, DynamicImage::ImageRgb16(_)));
    assert_eq!(prepared, gateway.bytes("/v2/api/image/1?stream=true&autoPrepare=true").await);
    for query in ["debayer=true", "debayer=true&bayerPattern=LRGB", "stream=false", "autoPrepare=true"] {
        assert_eq!(prepared, gateway.bytes(&format!("/v2/api/prepared-image?{query}")).await, "{query}");
    }
    let small = gateway.bytes("/v2/api/prepared-image?quality=80&resize=true&scale=0.5").await;
    assert_eq!(decode(&small).1.width(), 32);
}

#[tokio::test]
async fn a_whole_history_is_sent_once_to_a_client_that_holds_it() {
    let gateway = light_flat_light().await;
    let url = gateway.url("/v2/api/image-history?all=true");
    let first = gateway.client().get(&url).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let held = gateway.client().get(&url).header("If-None-Match", tag.clone()).send().await.unwrap();
    assert_eq!(held.status(), 304);
    let lights = format!("{url}&imageType=LIGHT");
    let other = gateway.client().get(lights).header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(other.json::<serde_json::Value>().await.unwrap()["Response"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_picture_the_client_holds_is_not_sent_again() {
    let gateway = light_flat_light().await;
    let path = "/v2/api/image/0?stream=true&quality=80";
    let first = gateway.get(path).await;
    let tag = first.headers()["etag"].clone();
    assert!(first.headers().contains_key("last-modified"));
    let again =
        gateway.client().get(gateway.url(path)).header("If-None-Match", tag.clone()).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let other = gateway.url("/v2/api/image/0?stream=true&quality=81");
    let other = gateway.client().get(other).header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(other.status(), 200);
    let head = gateway.client().head(gateway.url(path)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], first.headers()["content-length"]);
}

#[tokio::test]
async fn a_frame_whose_file_vanished_fails_alone() {
    let site = Site::new().frame("a.fits", Frame::gradient()).frame("b.fits", Frame::gradient());
    let vanishing = site.path().join("captures/a.fits");
    let gateway = site.serve().await;
    std::fs::remove_file(vanishing).unwrap();
    let (status, body) = gateway.json("/v2/api/image/0?quality=77").await;
    assert_eq!((status, &body["Error"]), (500, &"Unknown error".into()));
    assert_eq!(gateway.get("/v2/api/image/1?quality=77").await.status(), 200);
}
