//! Every FITS file of the shared data folder against the reference values beside it (made with astropy).
//! Needs `TRIFOCAL_TEST_DATA`; skipped aloud without.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test panics and talks")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use serde_json::Value;
use sha2::{Digest, Sha256};
use trifocal::fits::{
    Cutout, CutoutNote, FitsFile, Hdu, HduIndex, HduKind, ImageCut, Kept, SixteenBitFrame, section,
};
use trifocal::image_file;
use trifocal::pixel::{Limits, PixelBox, Scanlines};

/// No broken file may keep us longer, even in an unoptimised build.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nor may one make us hold more than this, which leaves room for the sound files when both tests share a process.
const MEMORY_KIB: u64 = 1 << 20;

fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TRIFOCAL_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: TRIFOCAL_TEST_DATA is not set, no real files to read");
    }
    folder
}

fn facts(folder: &Path) -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder.join("facts.json")).unwrap();
    let mut facts: Value = serde_json::from_str(&text).unwrap();
    match facts["files"].take() {
        Value::Object(files) => files,
        _ => panic!("facts.json has no files"),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Counts what agreed.
#[derive(Default)]
struct Tally {
    files: usize,
    hdus: usize,
    cutouts: usize,
}

/// All differences of one file from its facts.
fn compare_file(path: &Path, facts: &Value, tally: &mut Tally) -> Vec<String> {
    let file = match FitsFile::open(path, &Limits::default()) {
        Ok(file) => Arc::new(file),
        Err(error) => return vec![format!("does not open: {error}")],
    };
    let mut differences = Vec::new();
    let expected = facts["hdus"].as_array().unwrap();
    if file.hdus().len() != expected.len() {
        differences.push(format!("has {} HDUs, not {}", file.hdus().len(), expected.len()));
    }
    if let Err(error) = file.ensure_complete() {
        differences.push(error.to_string());
    }
    for (hdu, facts) in file.hdus().iter().zip(expected) {
        let mut found = Vec::new();
        compare_hdu(&file, hdu, facts, &mut found, tally);
        tally.hdus += usize::from(found.is_empty());
        differences.extend(found.into_iter().map(|what| format!("{}: {what}", hdu.index)));
    }
    tally.files += usize::from(differences.is_empty());
    differences
}

fn compare_hdu(file: &Arc<FitsFile>, hdu: &Hdu, facts: &Value, found: &mut Vec<String>, tally: &mut Tally) {
    let kind = match facts["type"].as_str().unwrap_or_default() {
        "image" if facts["shape"].is_null() => HduKind::Empty,
        "image" => HduKind::Image,
        "compressed-image" => HduKind::CompressedImage,
        "BinTableHDU" => HduKind::BinaryTable,
        "TableHDU" => HduKind::AsciiTable,
        "random-groups" => HduKind::RandomGroups,
        other => panic!("unknown HDU type {other}"),
    };
    if hdu.kind != kind {
        found.push(format!("is {:?}, not {kind:?}", hdu.kind));
        return;
    }
    if facts["sha256_raw_be"].is_null() {
        return;
    }
    let image = hdu.image().unwrap();
    let axes: Vec<usize> =
        facts["naxis"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    if image.axes != axes || Some(image.bitpix.code()) != facts["bitpix"].as_i64() {
        found.push(format!("is {:?} {:?}", image.axes, image.bitpix));
        return;
    }
    let whole = PixelBox::whole(image.width(), image.height());
    let (mut raw, mut values) = (Vec::new(), Vec::new());
    for plane in 0..image.planes() {
        match section::stored_bytes(file, hdu.index, plane, whole) {
            Ok(bytes) => raw.extend(normalised(hdu, bytes)),
            Err(error) => {
                found.push(format!("plane {plane}: {error}"));
                return;
            }
        }
        values.extend(section::physical(file, hdu.index, plane, whole).unwrap());
    }
    if facts["sha256_raw_be"] != sha256(&raw) {
        found.push("stored samples differ".to_owned());
    }
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|v| if v.is_nan() { 0x7ff8_0000_0000_0000_u64.to_le_bytes() } else { v.to_le_bytes() })
        .collect();
    if facts["sha256_physical_f64le"] != sha256(&bytes) {
        found.push("physical values differ".to_owned());
    }
    compare_statistics(values, &facts["stats"], found);
    for facts in facts["cutouts"].as_array().into_iter().flatten() {
        if facts["sha256_raw_be"].is_null() {
            continue;
        }
        let before = found.len();
        compare_cutout(file, hdu, facts, found);
        tally.cutouts += usize::from(found.len() == before);
    }
}

/// NaN bits of compressed floats are the decoder's choice; the reference has them quiet and positive.
fn normalised(hdu: &Hdu, mut bytes: Vec<u8>) -> Vec<u8> {
    if hdu.kind == HduKind::CompressedImage {
        match hdu.image().unwrap().bitpix.code() {
            -32 => {
                for sample in bytes.as_chunks_mut::<4>().0 {
                    if f32::from_be_bytes(*sample).is_nan() {
                        *sample = 0x7fc0_0000_u32.to_be_bytes();
                    }
                }
            }
            -64 => {
                for sample in bytes.as_chunks_mut::<8>().0 {
                    if f64::from_be_bytes(*sample).is_nan() {
                        *sample = 0x7ff8_0000_0000_0000_u64.to_be_bytes();
                    }
                }
            }
            _ => {}
        }
    }
    bytes
}

fn compare_statistics(mut values: Vec<f64>, facts: &Value, found: &mut Vec<String>) {
    let total = values.len();
    values.retain(|v| !v.is_nan());
    let nans = total - values.len();
    if facts["n"].as_u64() != Some(total as u64) || facts["n_nan"].as_u64() != Some(nans as u64) {
        found.push(format!("{total} pixels, {nans} NaN"));
    }
    if values.is_empty() || facts["n_inf"] != 0 {
        return;
    }
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    };
    let ours = [
        ("min", values[0]),
        ("max", values[values.len() - 1]),
        ("mean", mean),
        ("median", median),
        ("std", variance.sqrt()),
    ];
    let scale = values[0].abs().max(values[values.len() - 1].abs()).max(1e-30);
    for (name, ours) in ours {
        let theirs = facts[name].as_f64().unwrap();
        if (ours - theirs).abs() > 1e-9 * scale {
            found.push(format!("{name} is {ours}, not {theirs}"));
        }
    }
}

fn compare_cutout(file: &Arc<FitsFile>, hdu: &Hdu, facts: &Value, found: &mut Vec<String>) {
    let bound = |name: &str| facts[name].as_u64().unwrap() as usize;
    let window = PixelBox {
        x: bound("x0"),
        y: bound("y0"),
        width: bound("x1") + 1 - bound("x0"),
        height: bound("y1") + 1 - bound("y0"),
    };
    match section::stored_bytes(file, hdu.index, 0, window).map(|bytes| normalised(hdu, bytes)) {
        Ok(bytes) if facts["sha256_raw_be"] == sha256(&bytes) => {}
        Ok(_) => found.push(format!("section {window:?} differs")),
        Err(error) => found.push(format!("section {window:?}: {error}")),
    }
    let note = CutoutNote { region: "a test".to_owned(), publisher_did: None, made_at: DateTime::UNIX_EPOCH };
    let answer =
        Cutout::plan(Arc::clone(file), &[ImageCut::of_box(hdu.index, window)], Kept::Everything, &note)
            .and_then(|cutout| {
                let bytes = cutout.to_bytes()?;
                assert_eq!(bytes.len() as u64, cutout.content_length());
                Ok(bytes)
            });
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            found.push(format!("cutout {window:?}: {error}"));
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cutout.fits");
    std::fs::write(&path, &answer).unwrap();
    let cut = FitsFile::open(&path, &Limits::default()).unwrap();
    cut.ensure_complete().unwrap();
    let part = cut.hdus().iter().find(|part| part.header.contains("CUTX1")).unwrap();
    let whole = PixelBox::whole(window.width, window.height);
    let bytes = section::stored_bytes(&cut, part.index, 0, whole).unwrap();
    // The part is no longer compressed, but what its NaN bits are was the decoder's choice.
    if facts["sha256_raw_be"] != sha256(&normalised(hdu, bytes)) {
        found.push(format!("cutout {window:?} has other pixels"));
    }
    for (axis, theirs) in facts["crpix"].as_array().into_iter().flatten().enumerate().take(2) {
        let ours = part.header.real(&format!("CRPIX{}", axis + 1)).unwrap_or(0.0);
        let theirs = theirs.as_f64().unwrap();
        if (ours - theirs).abs() > 1e-9 * theirs.abs().max(1.0) {
            found.push(format!("cutout {window:?} has CRPIX{} = {ours}, not {theirs}", axis + 1));
        }
    }
}

#[test]
fn every_real_file_agrees_with_its_reference() {
    let Some(folder) = data_folder() else { return };
    let (mut tally, mut surprises) = (Tally::default(), Vec::new());
    let mut seen = 0;
    for folder in ["fits", "nina"].map(|name| folder.join(name)) {
        for (name, facts) in facts(&folder).iter().filter(|(_, facts)| facts["kind"] == "fits") {
            seen += 1;
            let differences = compare_file(&folder.join(name), facts, &mut tally);
            if !differences.is_empty() {
                surprises.push(format!("{name}: {}", differences.join("; ")));
            }
        }
    }
    eprintln!("{} of {seen} files, {} HDUs and {} cutouts agree", tally.files, tally.hdus, tally.cutouts);
    assert!(surprises.is_empty(), "\n{}", surprises.join("\n"));
}

/// The differences of the first image of an XISF file from its facts, as the FITS file it is opened as.
fn compare_xisf(path: &Path, facts: &Value) -> Result<Vec<String>, trifocal::fits::FitsError> {
    let file = image_file::open(path, &Limits::default())?;
    let image = file.hdu(HduIndex(0))?.image()?;
    let mut differences = Vec::new();
    let shape = [image.planes(), image.height(), image.width()];
    if facts["shape"] != serde_json::json!(shape) {
        differences.push(format!("has shape {shape:?}"));
    }
    let whole = PixelBox::whole(image.width(), image.height());
    let mut values = Vec::new();
    for plane in 0..image.planes() {
        values.extend(section::physical(&file, HduIndex(0), plane, whole)?);
    }
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    if facts["sha256_physical_f64le"] != sha256(&bytes) {
        differences.push("its samples differ".to_owned());
    }
    compare_statistics(values, &facts["stats"], &mut differences);
    Ok(differences)
}

#[test]
fn every_real_xisf_file_agrees_with_its_reference() {
    let Some(folder) = data_folder() else { return };
    let folder = folder.join("nina");
    let mut surprises = Vec::new();
    let files = facts(&folder);
    let files: Vec<_> = files.iter().filter(|(_, facts)| facts["kind"] == "xisf").collect();
    for (name, facts) in &files {
        match compare_xisf(&folder.join(name), &facts["images"][0]) {
            Ok(differences) if differences.is_empty() => {}
            Ok(differences) => surprises.push(format!("{name}: {}", differences.join("; "))),
            Err(error) => surprises.push(format!("{name}: {error}")),
        }
    }
    assert!(!files.is_empty() && surprises.is_empty(), "\n{}", surprises.join("\n"));
}

#[test]
fn no_broken_file_does_harm() {
    let Some(folder) = data_folder() else { return };
    let folder = folder.join("broken");
    let is_image = |facts: &Value| facts["kind"] == "fits" || facts["kind"] == "xisf";
    for (name, facts) in facts(&folder).iter().filter(|(_, facts)| is_image(facts)) {
        let started = Instant::now();
        let outcome = read_everything(&folder.join(name));
        eprintln!("{name}: {outcome:?}");
        assert!(started.elapsed() < PATIENCE, "{name} takes too long");
        assert!(peak_memory_kib() < MEMORY_KIB, "{name} takes {} KiB", peak_memory_kib());
        let is_readable = |hdu: &Value| hdu["sha256_raw_be"].is_string();
        if facts["hdus"].as_array().is_some_and(|hdus| hdus.iter().any(is_readable)) {
            continue;
        }
        let has_image = facts["kind"] == "xisf"
            || facts["hdus"].as_array().is_some_and(|hdus| {
                hdus.iter().any(|hdu| hdu["error"].is_string()) || facts["open_error"].is_string()
            });
        if has_image {
            assert!(outcome.is_err(), "{name} should not be readable");
        }
    }
}

/// The most memory this process ever held.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Reads all planes of all images, as samples, as pictures and as cutouts; the sum of what was there.
fn read_everything(path: &Path) -> Result<f64, trifocal::fits::FitsError> {
    let limits = Limits { image_pixels: 1 << 26, ..Limits::default() };
    let file = Arc::new(image_file::open(path, &limits)?);
    let note = CutoutNote { region: "a test".to_owned(), publisher_did: None, made_at: DateTime::UNIX_EPOCH };
    let mut sum = 0.0;
    for hdu in file.hdus() {
        let Some(image) = &hdu.image else { continue };
        let whole = PixelBox::whole(image.width(), image.height());
        for plane in 0..image.planes() {
            sum += section::physical(&file, hdu.index, plane, whole)?
                .iter()
                .filter(|v| !v.is_nan())
                .sum::<f64>();
        }
        let cutout =
            Cutout::plan(Arc::clone(&file), &[ImageCut::of_box(hdu.index, whole)], Kept::Everything, &note)?;
        assert_eq!(cutout.to_bytes()?.len() as u64, cutout.content_length());
        let frame = SixteenBitFrame::open(Arc::clone(&file), hdu.index)?;
        let shape = frame.shape();
        let mut samples = vec![0; shape.rows * shape.planes * shape.columns];
        frame.read(0..shape.rows, &mut samples).unwrap();
    }
    Ok(sum)
}
