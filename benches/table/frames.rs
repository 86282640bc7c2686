//! Cold renditions of 26-megapixel frames to a JPEG of 1280 columns, against reading, one pass and one encode, and
//! against what one would write with numpy and `OpenCV`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use trifocal::pixel::Limits;
use trifocal::pixel::codec::{EightBit, jpeg_decode, jpeg_encode};

use crate::files;
use crate::gateway::Gateway;
use crate::python;
use crate::row::{Figure, Reach, Row, median};

/// Quality of the JPEG.
const QUALITY: u8 = 90;

/// Renditions timed, each with a stretch nobody asked for before.
const REPEATS: usize = 15;

/// Measures the rows.
///
/// # Errors
/// When anything but a JPEG of the right size comes back.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let captures = directory.path().join("captures");
    std::fs::create_dir_all(&captures)?;
    let (mono, bayer) = (captures.join("mono_0000.fits"), captures.join("rggb_0001.fits"));
    files::write_frame(&mono, None, 0)?;
    files::write_frame(&bayer, Some("RGGB"), 1)?;
    let gateway =
        Gateway::start(directory.path(), &format!("[nina]\ndirectories = [\"{}\"]\n", captures.display()))?;
    let (mono_time, bayer_time) = (cold(&gateway, 0, "")?, cold(&gateway, 1, DEBAYER)?);
    Ok(vec![
        Row {
            name: "26 MP mono frame, cold, 1280 px JPEG",
            ours: Figure::Time(mono_time),
            floor: Figure::Time(floor(&mono, &picture(&gateway, 0, "")?)?),
            floor_is: "read, one pass, libjpeg-turbo encode",
            reach: Reach::AtMost(2.0),
            note: String::new(),
        },
        Row {
            name: "26 MP Bayer frame, unlinked, cold, 1280 px",
            ours: Figure::Time(bayer_time),
            floor: Figure::Time(floor(&bayer, &picture(&gateway, 1, DEBAYER)?)?),
            floor_is: "read, one pass, libjpeg-turbo encode",
            reach: Reach::AtMost(4.0),
            note: String::new(),
        },
        Row {
            name: "the same mono frame",
            ours: Figure::Time(mono_time),
            floor: Figure::Time(peer(&mono, None)?),
            floor_is: "numpy and OpenCV, statistics known",
            reach: Reach::AtMost(1.0),
            note: String::new(),
        },
        Row {
            name: "the same Bayer frame",
            ours: Figure::Time(bayer_time),
            floor: Figure::Time(peer(&bayer, Some("RGGB"))?),
            floor_is: "numpy and OpenCV, statistics known",
            reach: Reach::AtMost(1.0),
            note: String::new(),
        },
    ])
}

/// The same picture made by a Python program.
fn peer(path: &Path, bayer_pattern: Option<&str>) -> anyhow::Result<Duration> {
    let mut arguments = vec![path.as_os_str().to_owned(), QUALITY.to_string().into()];
    arguments.extend(bayer_pattern.map(Into::into));
    python::time("rendition", &arguments)
}

const DEBAYER: &str = "&debayer=true&bayerPattern=RGGB&unlinked=true";

/// The path of a rendition of frame `index`, stretched so that its median comes to lie at `factor`.
fn path(index: usize, factor: f64, more: &str) -> String {
    let height = 1280 * files::FRAME.1 / files::FRAME.0;
    format!(
        "/v2/api/image/{index}?stream=true&resize=true&size=1280x{height}&quality={QUALITY}&factor={factor}{more}"
    )
}

/// The median time of renditions that no cache can hold.
fn cold(gateway: &Gateway, index: usize, more: &str) -> anyhow::Result<Duration> {
    let paths = (0..REPEATS).map(|number| path(index, 0.2 + number as f64 * 1e-4, more));
    Ok(median(gateway.time(paths)?))
}

/// The rendition itself, decoded again: what the floor has to encode.
fn picture(gateway: &Gateway, index: usize, more: &str) -> anyhow::Result<EightBit> {
    let jpeg = gateway.fetch(&path(index, 0.25, more))?;
    Ok(jpeg_decode(&jpeg, &Limits::default())?)
}

/// The least that has to be done, on all cores: read the file's samples, touch each once in the machine's byte
/// order, encode the small picture.
fn floor(path: &Path, picture: &EightBit) -> anyhow::Result<Duration> {
    let file = File::open(path)?;
    let bytes = files::FRAME.0 * files::FRAME.1 * 2;
    let band_bytes = files::FRAME.0 * 2 * 64;
    let times = (0..REPEATS).map(|_| {
        let started = Instant::now();
        let sum = (0..bytes.div_ceil(band_bytes))
            .into_par_iter()
            .map_init(
                || vec![0_u8; band_bytes],
                |band, number| {
                    let start = number * band_bytes;
                    let band = &mut band[..band_bytes.min(bytes - start)];
                    // The header in front is as long as any block of samples; its length does not matter here.
                    file.read_exact_at(band, start as u64)?;
                    Ok(band
                        .chunks_exact(2)
                        .map(|pair| u64::from(u16::from_be_bytes([pair[0], pair[1]])))
                        .sum())
                },
            )
            .collect::<std::io::Result<Vec<u64>>>()?;
        std::hint::black_box(sum);
        std::hint::black_box(jpeg_encode(picture, QUALITY)?);
        anyhow::Ok(started.elapsed())
    });
    Ok(median(times.collect::<Result<_, _>>()?))
}
