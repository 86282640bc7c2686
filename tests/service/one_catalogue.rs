//! One frame, several doors: a capture that knows where on the sky it is comes out of the N.I.N.A. dialect and of the
//! Virtual Observatory with the same pixels.

use trifocal::fits::{FitsFile, HduIndex};
use trifocal::pixel::{Limits, PixelBox};

use crate::support::{Frame, Gateway, Site};

/// A capture of 64 x 48 pixels of an arc second around RA 10, Dec 20.
fn solved() -> Frame {
    Frame::of(48, 64, |row, column| (1000 + 97 * row + 7 * column) as u16)
        .text("FILTER", "Ha")
        .text("OBJECT", "M 1")
        .text("DATE-OBS", "2026-01-31T22:00:00")
        .text("RADESYS", "ICRS")
        .text("CTYPE1", "RA---TAN")
        .text("CTYPE2", "DEC--TAN")
        .real("CRVAL1", 10.0)
        .real("CRVAL2", 20.0)
        .real("CRPIX1", 32.5)
        .real("CRPIX2", 24.5)
        .real("CDELT1", -1.0 / 3600.0)
        .real("CDELT2", 1.0 / 3600.0)
}

/// The stored samples of the first image of a FITS file.
fn samples(bytes: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let fits = FitsFile::open(file.path(), &Limits::default()).unwrap();
    let image = fits.hdu(HduIndex(0)).unwrap().image().unwrap();
    let mut stored = vec![0; image.width() * image.height() * 2];
    fits.read_exact_at(&mut stored, fits.hdu(HduIndex(0)).unwrap().data_offset).unwrap();
    stored
}

/// The samples of a box of the whole frame, 64 pixels wide.
fn cut(whole: &[u8], part: PixelBox) -> Vec<u8> {
    let row = |row: usize| {
        let first = (row * 64 + part.x) * 2;
        whole[first..first + part.width * 2].to_vec()
    };
    (part.y..part.y + part.height).flat_map(row).collect()
}

async fn searched(gateway: &Gateway, query: &str) -> String {
    let answer = gateway.get(&format!("/api/image/soda/query?RESPONSEFORMAT=tsv&{query}")).await;
    answer.text().await.unwrap()
}

#[tokio::test]
async fn a_solved_capture_has_the_same_pixels_through_every_door() {
    let gateway =
        Site::new().frame("solved.fits", solved()).frame("blind.fits", Frame::gradient()).serve().await;
    let original = gateway.bytes("/v2/api/image/1?raw_fits=true&stream=true").await;
    let (first, second) = (gateway.bytes("/v2/api/image/0?raw_fits=true&stream=true").await, original);
    // Which was saved first depends on the clock of the headers.
    let is_solved = |bytes: &[u8]| bytes.windows(8).any(|text| text == b"RA---TAN");
    let nina_door = if is_solved(&first) { first } else { second };

    let found = searched(&gateway, "POS=CIRCLE+10+20+0.001").await;
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines.len(), 2, "{found}");
    let names: Vec<&str> = lines[0].split('\t').collect();
    let cells: Vec<&str> = lines[1].split('\t').collect();
    let value = |name: &str| cells[names.iter().position(|known| *known == name).unwrap()];
    assert_eq!((value("obs_collection"), value("target_name"), value("em_min")), ("nina", "M 1", "6.528e-7"));

    let number = value("obs_publisher_did").rsplit_once('/').unwrap().1;
    let vo_door = gateway.bytes(&format!("/api/image/soda/data/nina/captures/{number}")).await;
    assert_eq!(vo_door, nina_door);

    // A box of 9 x 5 pixels whose middle is the pixel left and below the reference point.
    let (ra, dec) = (10.0 + 0.5 / 3600.0 / 20.0_f64.to_radians().cos(), 20.0 - 0.5 / 3600.0);
    let centre = format!("ra={ra:.9}&dec={dec:.9}&width=9&height=5&unit=pixel");
    let url = format!("/api/image/v1/nina?ds=captures&sid={number}&{centre}");
    let answer = gateway.get(&url).await;
    assert_eq!(answer.status(), 200, "{url}");
    assert_eq!(answer.headers()["x-cutout-bounds"], "28:36,22:26");
    let part = PixelBox { x: 27, y: 21, width: 9, height: 5 };
    assert_eq!(samples(&answer.bytes().await.unwrap()), cut(&samples(&nina_door), part));
}

#[tokio::test]
async fn a_capture_that_is_gone_is_not_found_and_one_that_is_back_is() {
    let site = Site::new().frame("solved.fits", solved());
    let path = site.path().join("captures/solved.fits");
    let aside = site.path().join("aside.fits");
    let directory = {
        let config = site.config();
        let directory = site.keep();
        let gateway = Gateway::start(config.clone(), directory.clone()).await;
        assert_eq!(searched(&gateway, "COLLECTION=nina").await.lines().count(), 2);
        gateway.stop().await;
        std::fs::rename(&path, &aside).unwrap();
        let gateway = Gateway::start(config.clone(), directory.clone()).await;
        assert_eq!(searched(&gateway, "COLLECTION=nina").await.lines().count(), 1);
        gateway.stop().await;
        std::fs::rename(&aside, &path).unwrap();
        (config, directory)
    };
    let gateway = Gateway::start(directory.0, directory.1).await;
    assert_eq!(searched(&gateway, "COLLECTION=nina").await.lines().count(), 2);
}
