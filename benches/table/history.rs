//! The whole history of a night as JSON, against nginx serving the same bytes as a file.

use std::fs;

use ndarray::Array3;
use trifocal::fits::create::FitsWriter;
use trifocal::fits::header::Header;
use trifocal::pixel::Raster;

use crate::gateway::Gateway;
use crate::load::{Target, compare};
use crate::nginx::Nginx;
use crate::row::{Figure, Reach, Row};

/// Frames of the night.
const ENTRIES: usize = 200;

/// What is asked for.
const PATH: &str = "/v2/api/image-history?all=true";

/// Measures the row.
///
/// # Errors
/// When the history is not as long as the night.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let captures = directory.path().join("captures");
    fs::create_dir_all(&captures)?;
    for number in 0..ENTRIES {
        let mut header = Header::new();
        header.set_text("IMAGETYP", "LIGHT", "");
        header.set_text("FILTER", "Ha", "");
        header.set_text("OBJECT", "NGC 7000", "");
        header.set_text("INSTRUME", "ExampleCam 2600", "");
        header.set_text("TELESCOP", "Refractor 80", "");
        header.set_text("DATE-OBS", &format!("2026-01-31T{:02}:{:02}:00", 18 + number / 60, number % 60), "");
        let samples = Array3::from_shape_fn((1, 16, 16), |(_, row, column)| (number + row * column) as u16);
        let path = captures.join(format!("2026-01-31_Ha_-10.00_120.00s_{number:04}.fits"));
        FitsWriter::new().image(header, Raster::U16(samples)).write(&path)?;
    }
    let settings = format!("[nina]\ndirectories = [\"{}\"]\n", captures.display());
    let gateway = Gateway::start(directory.path(), &settings)?;
    let listing = gateway.fetch(PATH)?;
    let entries = listing.windows(14).filter(|bytes| *bytes == b"\"ExposureTime\"").count();
    anyhow::ensure!(entries == ENTRIES, "the history lists {entries} entries");
    let served = directory.path().join("served");
    fs::create_dir_all(&served)?;
    fs::write(served.join("history.json"), listing)?;
    let nginx = Nginx::serve(&served, 0)?;
    let (ours, peer) = compare(
        directory.path(),
        &Target { base: gateway.base(), paths: vec![PATH.into()] },
        &Target { base: nginx.base(), paths: vec!["/history.json".into()] },
    )?;
    Ok(vec![Row {
        name: "200 history entries as JSON, 8 connections",
        ours: Figure::PerSecond(ours),
        floor: Figure::PerSecond(peer),
        floor_is: "nginx sending the same bytes",
        reach: Reach::AtLeast(0.5),
        note: String::new(),
    }])
}
