//! Ten thousand new images into the catalogue, against cfitsio reading the same keywords of the same files.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use anyhow::ensure;
use fitsio::sys;
use ndarray::Array3;
use trifocal::catalogue::{Catalogue, Role};
use trifocal::clock::SystemClock;
use trifocal::fits::create::FitsWriter;
use trifocal::fits::header::Header;
use trifocal::ingest::{ArchiveConfig, ClockZone, Scanner, Source};
use trifocal::pixel::{Limits, Raster};

use crate::row::{Figure, Reach, Row, median};

/// Files.
const FILES: usize = 10_000;
/// Times both sides read them all.
const ROUNDS: usize = 3;
/// Cards of no use to anyone here, as real headers have them.
const OTHER_CARDS: usize = 60;
/// What a catalogue keeps of an image, and what its place on the sky is made of.
const NUMBERS: [&str; 14] = [
    "NAXIS1", "NAXIS2", "BITPIX", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_1", "CD2_2",
    "EXPTIME", "GAIN", "EQUINOX",
];
const TEXTS: [&str; 8] =
    ["CTYPE1", "CTYPE2", "RADESYS", "FILTER", "DATE-OBS", "OBJECT", "TELESCOP", "INSTRUME"];

/// Measures the row.
///
/// # Errors
/// When the files cannot be written or not all of them be read.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let archive = directory.path().join("archive");
    fs::create_dir(&archive)?;
    (0..FILES).try_for_each(|number| write(&archive, number))?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        floor.push(cfitsio(&archive)?);
        ours.push(ingest(&archive, &directory.path().join(format!("round-{round}.db")))?);
    }
    Ok(vec![Row {
        name: "ingest of 10 000 images, headers only",
        ours: Figure::Time(median(ours)),
        floor: Figure::Time(median(floor)),
        floor_is: "cfitsio reading the keywords, one thread",
        reach: Reach::AtMost(1.5),
        note: "found, read, placed on the sky, written and indexed".to_owned(),
    }])
}

/// An image of the size of a postage stamp under the header of a large one.
fn write(archive: &Path, number: usize) -> anyhow::Result<()> {
    let mut header = Header::new();
    for (keyword, text) in [
        ("CTYPE1", "RA---TAN"),
        ("CTYPE2", "DEC--TAN"),
        ("RADESYS", "ICRS"),
        ("FILTER", "r"),
        ("DATE-OBS", "2026-11-20T21:00:00"),
        ("OBJECT", "stripe 82"),
        ("TELESCOP", "bench"),
        ("INSTRUME", "camera"),
    ] {
        header.set_text(keyword, text, "");
    }
    let (ra, dec) = ((number % 1000) as f64 * 0.36, (number / 1000) as f64 - 5.0);
    for (keyword, value) in [
        ("CRPIX1", 16.5),
        ("CRPIX2", 16.5),
        ("CRVAL1", ra),
        ("CRVAL2", dec),
        ("CD1_1", -1e-3),
        ("CD1_2", 0.0),
        ("CD2_1", 0.0),
        ("CD2_2", 1e-3),
        ("EXPTIME", 53.9),
        ("GAIN", 4.7),
        ("EQUINOX", 2000.0),
    ] {
        header.set_real(keyword, value, "");
    }
    for card in 0..OTHER_CARDS {
        header.set_real(&format!("OTHER{card}"), card as f64, "of no use here");
    }
    let pixels = Raster::F32(Array3::zeros((1, 32, 32)));
    FitsWriter::new().image(header, pixels).write(&archive.join(format!("image_{number}.fits")))?;
    Ok(())
}

/// One scan into an empty catalogue.
fn ingest(archive: &Path, database: &Path) -> anyhow::Result<Duration> {
    let archive: ArchiveConfig = serde_json::from_value(serde_json::json!({
        "id": "bench", "authority": "example.org",
        "datasets": [{ "name": "stamps", "directory": archive, "science_id": "sequence" }]
    }))?;
    let source = Source::dataset(&archive, &archive.datasets[0]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = SystemClock::start();
        let url = format!("sqlite://{}", database.display());
        let catalogue = Catalogue::open(&url, Role::Command, clock.clone()).await?;
        let scanner = Scanner::new(catalogue.clone(), Limits::default(), ClockZone::Machine, clock)?;
        let started = Instant::now();
        let report = scanner.scan(&source, None, &()).await?;
        let time = started.elapsed();
        catalogue.close().await;
        ensure!(report.added.len() == FILES, "{} of {FILES} files were added", report.added.len());
        Ok(time)
    })
}

/// Every file opened and its keywords read by name.
#[expect(unsafe_code, reason = "the peer is a C library; every call gets a live handle and live locals")]
fn cfitsio(archive: &Path) -> anyhow::Result<Duration> {
    let named = |names: &[&str]| names.iter().map(|name| CString::new(*name)).collect::<Result<Vec<_>, _>>();
    let (numbers, texts) = (named(&NUMBERS)?, named(&TEXTS)?);
    let started = Instant::now();
    let mut read = 0;
    for entry in fs::read_dir(archive)? {
        let path = CString::new(entry?.path().as_os_str().as_bytes())?;
        let (mut file, mut status) = (ptr::null_mut(), 0);
        // SAFETY: `file` is a live local that receives the handle, `path` ends with a zero byte.
        unsafe { sys::ffdkopn(&raw mut file, path.as_ptr(), 0, &raw mut status) };
        for name in &numbers {
            let mut value = 0.0_f64;
            // SAFETY: the handle is open; without a comment the pointer may be null.
            unsafe { sys::ffgkyd(file, name.as_ptr(), &raw mut value, ptr::null_mut(), &raw mut status) };
            std::hint::black_box(value);
        }
        for name in &texts {
            let mut value = [0; 72];
            // SAFETY: as above; a value has at most 68 characters and a zero byte.
            unsafe { sys::ffgkys(file, name.as_ptr(), value.as_mut_ptr(), ptr::null_mut(), &raw mut status) };
            std::hint::black_box(value);
        }
        // SAFETY: the handle is open and not used afterwards.
        unsafe { sys::ffclos(file, &raw mut status) };
        ensure!(status == 0, "cfitsio says {status}");
        read += 1;
    }
    let time = started.elapsed();
    ensure!(read == FILES, "{read} of {FILES} files");
    Ok(time)
}
