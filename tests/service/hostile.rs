//! Files and requests nobody means well with, through the services themselves.

use std::path::{Path, PathBuf};

use ndarray::Array3;
use reqwest::Response;
use trifocal::fits::Header;
use trifocal::fits::create::FitsWriter;
use trifocal::pixel::Raster;

use crate::support::{Gateway, Site};
use crate::votable::Table;

const SYNC: &str = "/api/image/soda/sync";
const V1: &str = "/api/image/v1/odd";

/// The cards of an image of 40 x 40 pixels of 3.6 arc seconds around RA 150, Dec 2.
fn located() -> Header {
    let mut header = Header::new();
    for (axis, ctype, crval, cdelt) in [(1, "RA---TAN", 150.0, -1e-3), (2, "DEC--TAN", 2.0, 1e-3)] {
        header.set_text(&format!("CTYPE{axis}"), ctype, "");
        header.set_real(&format!("CRVAL{axis}"), crval, "");
        header.set_real(&format!("CRPIX{axis}"), 20.5, "");
        header.set_real(&format!("CDELT{axis}"), cdelt, "");
    }
    header.set_text("FILTER", "r", "");
    header
}

fn write(path: &Path, header: Header) {
    let pixels = Array3::from_shape_fn((1, 40, 40), |(_, row, column)| (100 * row + column) as f32);
    FitsWriter::new().image(header, Raster::F32(pixels)).write(path).unwrap();
}

/// An archive `odd` with a dataset `files` of numbered images, catalogued once: what happens to the files afterwards
/// is seen by nobody but those who ask for them.
async fn archive(files: &[(u32, Header)]) -> (Gateway, PathBuf) {
    let site = Site::new();
    let folder = site.path().join("odd");
    std::fs::create_dir(&folder).unwrap();
    for (number, header) in files {
        write(&folder.join(format!("image_{number}.fits")), header.clone());
    }
    let settings = format!(
        "[[archives]]\nid = \"odd\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"files\"\n\
         directory = \"{}\"\nscience_id = \"sequence\"\nfile_name = 'image_(?<sequence>[0-9]+)'\n\
         [ingest]\nsettle_seconds = 0.001\nnotify = false\npoll_seconds = 86400.0\n",
        folder.display()
    );
    (site.with_settings(&settings).serve().await, folder)
}

async fn soda(gateway: &Gateway, number: u32, query: &str) -> Response {
    gateway.get(&format!("{SYNC}?ID=odd.files.{number}&{query}")).await
}

async fn text(answer: Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.unwrap())
}

const CIRCLE: &str = "CIRCLE=150+2+0.005";

#[tokio::test]
async fn positions_nobody_can_evaluate_are_refused_by_name_and_pixels_are_cut() {
    let with = |changes: &[(&str, &str)]| {
        let mut header = located();
        for (keyword, value) in changes {
            header.set_text(keyword, value, "");
        }
        header
    };
    let mut blind = located();
    for keyword in ["CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2"] {
        blind.remove(keyword);
    }
    let (gateway, _) = archive(&[
        (1, with(&[("CTYPE1", "RA---TNX"), ("CTYPE2", "DEC--TNX"), ("WAT0_001", "system=image")])),
        (2, with(&[("CTYPE1", "RA---ZPX"), ("CTYPE2", "DEC--ZPX")])),
        (3, with(&[("CTYPE1", "HPLN-TAN"), ("CTYPE2", "HPLT-TAN")])),
        (4, blind),
    ])
    .await;
    for (number, word) in [(1, "TNX"), (2, "ZPX"), (3, "frame"), (4, "no celestial coordinates")] {
        let (status, body) = text(soda(&gateway, number, CIRCLE).await).await;
        assert_eq!(status, 400, "{number}: {body}");
        assert!(body.starts_with("UsageError: ") && body.contains(word) && body.contains("PIXEL"), "{body}");
        let cut = soda(&gateway, number, "PIXEL=11 20 21 30").await;
        assert_eq!(cut.headers()["x-cutout-bounds"], "11:20,21:30", "{number}");
        assert_eq!(soda(&gateway, number, "").await.status(), 200, "{number}: the whole file");
        let v1 = format!("{V1}?ds=files&sid={number}&ra=150&dec=2&width=5&height=5&unit=pixel");
        let (status, body) = gateway.json(&v1).await;
        let expected = if number == 4 { (500, "RuntimeError") } else { (501, "NotImplementedError") };
        assert_eq!((status, body["exception"].as_str().unwrap()), expected, "{number}: {body}");
        let word = if number == 4 { "wcs missing in source image" } else { word };
        assert!(body["message"].as_str().unwrap().contains(word), "{body}");
    }
}

#[tokio::test]
async fn files_that_changed_after_they_were_catalogued_are_told_apart() {
    let (gateway, folder) = archive(&[(1, located()), (2, located()), (3, located()), (4, located())]).await;
    for number in 1..=4 {
        assert_eq!(soda(&gateway, number, CIRCLE).await.status(), 200, "{number}");
    }
    let path = |number: u32| folder.join(format!("image_{number}.fits"));
    // Cut off in the middle of its pixels, within a header, replaced by something else, removed.
    let whole = std::fs::read(path(1)).unwrap();
    std::fs::write(path(1), &whole[..2880 + 40 * 30]).unwrap();
    std::fs::write(path(2), &whole[..1000]).unwrap();
    std::fs::write(path(3), b"<html>502 Bad Gateway</html>").unwrap();
    std::fs::remove_file(path(4)).unwrap();
    for number in 1..=4 {
        for query in [CIRCLE, "PIXEL=31 40 31 40", "POS=RANGE 0 360 -90 90"] {
            let (status, body) = text(soda(&gateway, number, query).await).await;
            assert_eq!(status, 500, "{number} {query}: {body}");
            assert!(body.starts_with("Error: ") && !body.contains('/'), "{number} {query}: {body}");
        }
        let v1 = format!("{V1}?ds=files&sid={number}&ra=150&dec=2&width=5&height=5&unit=pixel");
        let (status, body) = gateway.json(&v1).await;
        assert_eq!((status, body["exception"].as_str()), (500, Some("RuntimeError")), "{number}: {body}");
        assert!(!body.to_string().contains(folder.to_str().unwrap()), "{body}");
        let (status, body) = gateway.json(&format!("{V1}?ds=files&sid={number}")).await;
        assert_eq!((status, body["exception"].as_str()), (500, Some("RuntimeError")), "{number}: {body}");
        assert_eq!(
            soda(&gateway, number, "").await.status(),
            500,
            "{number}: the whole of what is not whole"
        );
    }
    // A part of a shortened file that is still there is still answered; a file that came back is cut again.
    assert_eq!(soda(&gateway, 1, "PIXEL=1 5 1 3").await.status(), 200);
    std::fs::write(path(4), &whole).unwrap();
    assert_eq!(soda(&gateway, 4, CIRCLE).await.status(), 200);
}

#[tokio::test]
async fn the_nearest_image_is_told_of_even_when_its_file_cannot_be_opened_any_more() {
    // The second image lies half a degree away and contains the point, too; it does not take the first one's place.
    let mut wide = located();
    wide.set_real("CDELT1", -0.1, "");
    wide.set_real("CDELT2", 0.1, "");
    wide.set_real("CRVAL1", 150.5, "");
    let (gateway, folder) = archive(&[(1, located()), (2, wide)]).await;
    let at = |ra: f64| format!("{V1}?ds=files&filter=r&ra={ra}&dec=2&width=5&height=5&unit=pixel");
    assert_eq!(gateway.get(&at(150.0)).await.headers()["x-science-id"], "1");
    for broken in [Some("<html>502 Bad Gateway</html>"), None] {
        let path = folder.join("image_1.fits");
        broken.map_or_else(|| std::fs::remove_file(&path), |content| std::fs::write(&path, content)).unwrap();
        let (status, body) = gateway.json(&at(150.0)).await;
        assert_eq!((status, body["exception"].as_str()), (500, Some("RuntimeError")), "{body}");
        assert_eq!(gateway.get(&at(150.1)).await.headers()["x-science-id"], "2");
    }
}

#[tokio::test]
async fn links_of_a_file_that_broke_say_so_in_its_row() {
    let (gateway, folder) = archive(&[(1, located()), (2, located()), (3, located())]).await;
    std::fs::write(folder.join("image_1.fits"), b"<html>502 Bad Gateway</html>").unwrap();
    std::fs::remove_file(folder.join("image_2.fits")).unwrap();
    let did = |number: u32| format!("ivo://example.org/odd?files/{number}");
    let ids = [1, 2, 3, 4].map(|number| format!("ID={}", did(number))).join("&");
    let answer = gateway.get(&format!("/api/image/soda/links?{ids}")).await;
    assert_eq!(answer.status(), 200);
    let table = Table::of(answer).await;
    assert_eq!(table.statuses(), ["OK"]);
    let rows: Vec<_> = table.column("ID").into_iter().zip(table.column("error_message")).collect();
    for (number, label) in [(1, "FatalFault: "), (2, "FatalFault: "), (4, "NotFoundFault: ")] {
        let of_this: Vec<_> = rows.iter().filter(|(id, _)| *id == did(number)).collect();
        assert!(matches!(of_this[..], [(_, message)] if message.starts_with(label)), "{of_this:?}");
        assert!(number == 4 || !of_this[0].1.contains(folder.to_str().unwrap()), "{of_this:?}");
    }
    let good: Vec<_> = rows.iter().filter(|(id, _)| *id == did(3)).collect();
    assert!(good.len() > 3 && good.iter().all(|(_, message)| message.is_empty()), "{good:?}");
}

#[tokio::test]
async fn a_file_that_was_replaced_by_another_image_is_cut_as_it_is_now() {
    let (gateway, folder) = archive(&[(1, located())]).await;
    assert_eq!(soda(&gateway, 1, CIRCLE).await.headers()["x-cutout-bounds"], "16:25,16:25");
    let mut moved = located();
    moved.set_real("CRPIX1", 10.5, "");
    moved.set_text("OBJECT", "another header", "");
    write(&folder.join("image_1.fits"), moved);
    assert_eq!(soda(&gateway, 1, CIRCLE).await.headers()["x-cutout-bounds"], "6:15,16:25");
}

#[tokio::test]
async fn numbers_without_a_value_in_a_file_make_no_positions() {
    let (gateway, _) = archive(&[
        (1, {
            let mut header = located();
            header.set_text("CRVAL1", "NaN", "");
            header
        }),
        (2, {
            let mut header = located();
            header.set_real("CDELT1", 0.0, "");
            header
        }),
        (3, {
            let mut header = located();
            header.set_text("CRPIX1", "1e999", "");
            header
        }),
    ])
    .await;
    for number in 1..=3 {
        let (status, body) = text(soda(&gateway, number, CIRCLE).await).await;
        assert_eq!(status, 500, "{number}: {body}");
        assert!(body.starts_with("Error: the image's "), "{body}");
        assert_eq!(soda(&gateway, number, "PIXEL=1 2 1 2").await.status(), 200, "{number}");
    }
}

#[tokio::test]
async fn polygons_of_any_kind_are_cut_or_refused_at_once() {
    let (gateway, _) = archive(&[(1, located())]).await;
    let ring = |count: usize, radius: f64| {
        let vertex = |n: usize| {
            let turn = std::f64::consts::TAU * n as f64 / count as f64;
            format!("{} {}", 150.0 + radius * turn.cos(), 2.0 + radius * turn.sin())
        };
        (0..count).map(vertex).collect::<Vec<_>>().join(" ")
    };
    let ask = async |polygon: String| {
        let form = gateway.client().post(gateway.url(SYNC));
        let form = form.header("Content-Type", "application/x-www-form-urlencoded");
        text(form.body(format!("ID=odd.files.1&POLYGON={polygon}")).send().await.unwrap()).await
    };
    for radius in [0.005, 0.5] {
        assert_eq!(ask(ring(2048, radius)).await.0, 200, "as many vertices as there may be");
        let (status, body) = ask(ring(10_000, radius)).await;
        assert_eq!(status, 400);
        assert!(body.starts_with("UsageError: invalid POLYGON value") && body.contains("vertices"), "{body}");
        assert!(body.len() < 300, "the answer does not repeat them: {body}");
    }
    for (name, polygon) in [
        ("bow-tie", "150 2 150.01 2.01 150.01 2 150 2.01".to_owned()),
        ("antipodal neighbours", "150 2 330 -2 10 50".to_owned()),
        ("no area", "150 0 150.01 0 150.02 0".to_owned()),
        ("one point", "150 2 150 2 150 2".to_owned()),
        ("odd", "150 2 150.01 2 150".to_owned()),
        ("infinite", "150 2 Inf 2 150 3".to_owned()),
        ("no number", "150 2 NaN 2 150 3".to_owned()),
        ("beyond the pole", "150 91 151 2 150 3".to_owned()),
        (
            "a star of many crossings",
            (0..101).map(|n| format!("{} {}", 150 + n * 37 % 101, n % 3)).collect::<Vec<_>>().join(" "),
        ),
    ] {
        assert_eq!(ask(polygon).await.0, 400, "{name}");
    }
}

#[tokio::test]
async fn ids_are_names_and_never_paths() {
    let (gateway, folder) = archive(&[(1, located())]).await;
    let secret = folder.parent().unwrap().join("secret.fits");
    write(&secret, located());
    for id in [
        "../secret",
        "odd.files.../secret",
        "odd.files.1/../../secret.fits",
        "odd.files.1%00.fits",
        "file:///etc/passwd",
        "ivo://example.org/odd?files/../secret",
        "ivo://example.org/odd?files/1%2F..%2F..%2Fsecret",
        "http://127.0.0.1/api/image/soda/data/odd/files/..%2F..%2Fsecret",
        "odd.files.-1",
        "odd.files.18446744073709551616",
    ] {
        let (status, body) = text(gateway.get(&format!("{SYNC}?ID={id}&{CIRCLE}")).await).await;
        assert_eq!(status, 404, "{id}: {body}");
        assert!(body.starts_with("UsageError: ID not found"), "{id}: {body}");
        let (status, body) = text(gateway.get(&format!("{SYNC}?ID={id}")).await).await;
        assert!([400, 404].contains(&status) && body.starts_with("UsageError: "), "{id}: {body}");
    }
    for path in [
        "/api/image/soda/data/odd/files/..%2F..%2Fsecret",
        "/api/image/soda/data/odd/files/1/../../../secret.fits",
        "/api/image/soda/data/odd/..%2Fsecret.fits/1",
        "/api/image/soda/preview/odd/files/%2e%2e%2fsecret",
        "/api/image/v1/..%2F..%2Fsecret?ds=files&sid=1",
    ] {
        assert_eq!(gateway.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn xml_is_refused_wherever_it_is_sent() {
    let (gateway, _) = archive(&[(1, located())]).await;
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    for path in [
        SYNC,
        "/api/image/soda/async",
        "/api/image/soda/query",
        "/api/image/soda/links",
        V1,
        "/api/image/v1/odd/async",
    ] {
        for media_type in ["text/xml", "application/xml", "application/x-votable+xml"] {
            let posted =
                gateway.client().post(gateway.url(path)).header("Content-Type", media_type).body(bomb);
            let answer = posted.send().await.unwrap();
            assert_eq!(answer.status(), 415, "{path} {media_type}");
            assert!(!answer.text().await.unwrap().contains("root:"), "{path}");
        }
    }
}
