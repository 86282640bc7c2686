//! Frames of the telescope as pictures of a camera, and pictures of a camera as frames.

use std::time::Duration;

use reqwest::Response;
use trifocal::pixel::codec::jpeg_decode;
use trifocal::pixel::{EightBit, Limits};

use super::support::{Frame, Gateway, Site};

const SNAPSHOT: &str = "/api/camera/snapshot?width=640&height=480";

/// The pictures of a camera as they come.
struct Pictures {
    answer: Response,
    received: Vec<u8>,
}

impl Pictures {
    async fn of(gateway: &Gateway, source: &str) -> Self {
        let answer = gateway.get(&format!("{SNAPSHOT}&source={source}&fps=10")).await;
        Self { answer, received: Vec::new() }
    }

    async fn next(&mut self) -> EightBit {
        loop {
            if let Some((start, end)) = self.part() {
                let picture = jpeg_decode(&self.received[start..end], &Limits::default()).unwrap();
                self.received.drain(..end);
                return picture;
            }
            let more = self.answer.chunk().await.unwrap().expect("a stream does not end");
            self.received.extend_from_slice(&more);
        }
    }

    /// Where the next picture begins and ends, once it is here.
    fn part(&self) -> Option<(usize, usize)> {
        let head = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let text = std::str::from_utf8(&self.received[..head]).unwrap();
        let (_, length) = text.rsplit_once("Content-Length: ").unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        let start = head + 4;
        (self.received.len() >= start + length).then_some((start, start + length))
    }

    /// The next picture that `fits`; before it may come notices, or others of a show.
    async fn until(&mut self, fits: impl Fn(&EightBit) -> bool) -> EightBit {
        let wait = async {
            loop {
                let picture = self.next().await;
                if fits(&picture) {
                    return picture;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("no picture fitted")
    }
}

fn brightness(picture: &EightBit, x: usize, y: usize) -> u8 {
    picture.samples()[(y * 640 + x) * picture.channels().count()]
}

/// Brighter to the right.
fn rises_eastwards(picture: &EightBit) -> bool {
    brightness(picture, 600, 240) > brightness(picture, 40, 240).saturating_add(60)
}

/// Brighter below. Archives store their lowest row first, so the file rises with falling rows.
fn rises_downwards(picture: &EightBit) -> bool {
    brightness(picture, 320, 440) > brightness(picture, 320, 40).saturating_add(60)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_frame_of_the_night_is_a_camera() {
    let gateway = Site::new()
        .with_settings("[[cameras]]\nname = \"nina\"\nurl = \"nina:?size=640x480\"\n")
        .frame(
            "2024-01-01_00-00-00_L_120.00s_0001.fits",
            Frame::gradient().text("DATE-OBS", "2024-01-01T00:00:00"),
        )
        .serve()
        .await;
    // The gradient is seen, stretched.
    let is_stretched =
        |picture: &EightBit| brightness(picture, 600, 440) > brightness(picture, 20, 20).saturating_add(40);
    Pictures::of(&gateway, "nina").await.until(is_stretched).await;
    gateway.stop().await;
}

/// An archive image around a place, one degree wide.
fn plate(ra_deg: f64, dec_deg: f64, filter: &str, sample: impl Fn(usize, usize) -> u16) -> Frame {
    Frame::of(48, 64, sample)
        .text("FILTER", filter)
        .text("RADESYS", "ICRS")
        .text("CTYPE1", "RA---TAN")
        .text("CTYPE2", "DEC--TAN")
        .real("CRVAL1", ra_deg)
        .real("CRVAL2", dec_deg)
        .real("CRPIX1", 32.5)
        .real("CRPIX2", 24.5)
        .real("CDELT1", -1.0 / 64.0)
        .real("CDELT2", 1.0 / 64.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_a_slide_show_whole_or_of_one_place_or_filter() {
    let site = Site::new();
    let plates = site.path().join("plates");
    std::fs::create_dir(&plates).unwrap();
    let eastwards = |_: usize, column: usize| (1000 + 100 * column) as u16;
    let downwards = |row: usize, _: usize| (9000 - 150 * row) as u16;
    plate(10.0, 20.0, "r", eastwards).write(&plates.join("plate_1.fits"));
    plate(200.0, -30.0, "g", downwards).write(&plates.join("plate_2.fits"));
    let camera = |name: &str, more: &str| {
        format!(
            "[[cameras]]\nname = \"{name}\"\nurl = \"archive:sky/plates?seconds=0.2&size=640x480{more}\"\n"
        )
    };
    let settings = format!(
        "[[archives]]\nid = \"sky\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"plates\"\n\
         directory = \"{}\"\nscience_id = \"sequence\"\n{}{}{}{}{}",
        plates.display(),
        camera("all", ""),
        camera("here", "&circle=10.2,20.1,0.3"),
        camera("green", "&filter=G"),
        camera("both", "&circle=200,-30,1&filter=g"),
        camera("nowhere", "&circle=100,20,1"),
    );
    let gateway = site.with_settings(&settings).serve().await;
    let mut all = Pictures::of(&gateway, "all").await;
    for _ in 0..2 {
        all.until(rises_eastwards).await;
        all.until(rises_downwards).await;
    }
    for (source, shown, hidden) in [
        ("here", rises_eastwards as fn(&EightBit) -> bool, rises_downwards as fn(&EightBit) -> bool),
        ("green", rises_downwards, rises_eastwards),
        ("both", rises_downwards, rises_eastwards),
    ] {
        let mut pictures = Pictures::of(&gateway, source).await;
        pictures.until(shown).await;
        // More pictures than there are plates.
        for _ in 0..4 {
            let seen = pictures.next().await;
            assert!(shown(&seen) && !hidden(&seen), "{source}");
        }
    }
    let empty = gateway.get(&format!("{SNAPSHOT}&source=nowhere")).await;
    assert_eq!(empty.headers()["x-source-state"], "offline");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_still_that_is_kept_becomes_a_frame_found_by_its_time() {
    let site = Site::new();
    let stills = site.path().join("stills");
    let dome = "[[cameras]]\nname = \"dome\"\nurl = \"test:?size=640x480\"\n";
    let settings = format!("{dome}[intercom]\nkeep_directory = \"{}\"\n", stills.display());
    let gateway = site.with_settings(&settings).serve().await;
    let mut saved = gateway.socket().await;
    let picture = gateway.get(&format!("{SNAPSHOT}&keep=1")).await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let name = picture.headers()["x-kept"].to_str().unwrap().to_owned();
    assert!(stills.join(&name).is_file(), "{name}");
    while saved.json().await["Response"]["Event"] != "IMAGE-SAVE" {}
    let history = gateway.json("/v2/api/image-history?all=true&imageType=SNAPSHOT").await.1;
    assert_eq!(history["Response"].as_array().unwrap().len(), 1, "{history}");
    let frame = gateway
        .bytes("/v2/api/image/0?imageType=SNAPSHOT&stream=true&quality=90&resize=true&size=640x480")
        .await;
    assert!(frame.starts_with(&[0xFF, 0xD8]));
    gateway.stop().await;
}
