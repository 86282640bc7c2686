//! Positions against astropy: the table beside this file always, the files of a data directory when
//! `TRIFOCAL_TEST_DATA` names one.

#![expect(clippy::unwrap_used, reason = "a test stops where its data is not as stated")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use trifocal::sky::{FitsPixel, SkyCoord, Wcs};

const POSITION_TOLERANCE_DEG: f64 = 1e-8;
const PIXEL_TOLERANCE: f64 = 1e-6;
/// The COBE cube is evaluated in single precision, here as in wcslib.
const CSC_PIXEL_TOLERANCE: f64 = 5e-5;

fn pixel_tolerance(wcs: &Wcs) -> f64 {
    if wcs.projection() == "CSC" { CSC_PIXEL_TOLERANCE } else { PIXEL_TOLERANCE }
}

fn cards(lines: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let (keyword, value) = line.as_str().unwrap().split_once('=').unwrap();
        bytes.extend(format!("{keyword:<8}= {value:<70}").into_bytes());
    }
    bytes
}

fn separation(longitude: f64, latitude: f64, expected_longitude: f64, expected_latitude: f64) -> f64 {
    let at = |longitude: f64, latitude| SkyCoord::new(longitude.rem_euclid(360.0), latitude).unwrap();
    at(longitude, latitude).separation_deg(at(expected_longitude, expected_latitude))
}

#[test]
fn every_header_of_the_table_agrees_with_astropy() {
    let table: Value = serde_json::from_str(include_str!("reference/wcs.json")).unwrap();
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in table["headers"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        let wcs =
            Wcs::parse(&cards(entry["header"].as_array().unwrap())).unwrap_or_else(|e| panic!("{name}: {e}"));
        for row in entry["positions"].as_array().unwrap() {
            let row: Vec<f64> = row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let [x, y, longitude, latitude, ra, dec] = row[..] else { panic!("{name}: six columns") };
            let pixel = FitsPixel { x, y };
            let native = wcs.native_at(pixel).map(|(lon, lat)| separation(lon, lat, longitude, latitude));
            let sky = wcs.sky_at(pixel).map(|found| separation(found.ra_deg(), found.dec_deg(), ra, dec));
            let back = wcs.pixel_at(SkyCoord::new(ra, dec).unwrap()).map(|b| (b.x - x).hypot(b.y - y));
            let scale = wcs.pixel_scale_deg();
            // The table keeps 12 decimals of a degree: on fine pixels that is what can be had back.
            let pixels = pixel_tolerance(&wcs).max(5e-12 / scale);
            let holds = native.is_some_and(|off| off < POSITION_TOLERANCE_DEG)
                && sky.is_some_and(|off| off < POSITION_TOLERANCE_DEG)
                && back.is_some_and(|off| off < pixels);
            if !holds {
                failures
                    .push(format!("{name} ({x}, {y}): native {native:?} sky {sky:?} deg, back {back:?} px"));
            }
            count += 1;
        }
    }
    assert!(count > 200, "the table is empty");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Image extensions whose positions are known to differ from astropy's. One that agrees must leave this list.
const KNOWN_DEVIATIONS: &[(&str, usize, &str)] = &[
    ("sdss_mosaic_g.fits.bz2", 0, "this test unpacks gzip only"),
    ("wcs_tnx.fits", 0, "TNX is refused by name"),
];

#[test]
fn real_headers_agree_with_astropy() {
    let Some(root) = std::env::var_os("TRIFOCAL_TEST_DATA") else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA names no directory of real files");
        return;
    };
    let mut failures = Vec::new();
    let mut agreed = 0;
    for folder in ["fits", "nina"] {
        let folder = Path::new(&root).join(folder);
        let facts: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("facts.json")).unwrap()).unwrap();
        for (name, file) in facts["files"].as_object().unwrap() {
            let Some(hdus) = file["hdus"].as_array() else { continue };
            for hdu in hdus.iter().filter(|hdu| hdu["wcs"]["corners_full"].is_array()) {
                let index = hdu["index"].as_u64().unwrap() as usize;
                let outcome = match headers(&folder.join(name)) {
                    Ok(headers) => disagreement(&headers[index], hdu),
                    Err(reason) => Some(reason),
                };
                let known = KNOWN_DEVIATIONS.iter().find(|row| (row.0, row.1) == (name.as_str(), index));
                match (outcome, known) {
                    (None, None) => agreed += 1,
                    (Some(_), Some(_)) => {}
                    (Some(reason), None) => failures.push(format!("{name}[{index}]: {reason}")),
                    (None, Some(row)) => failures.push(format!("{name}[{index}] agrees now: not {}", row.2)),
                }
            }
        }
    }
    eprintln!("{agreed} real headers agree");
    assert!(failures.is_empty(), "{agreed} agree, but\n{}", failures.join("\n"));
}

#[test]
fn broken_files_are_no_header_but_no_panic_either() {
    let Some(root) = std::env::var_os("TRIFOCAL_TEST_DATA") else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA names no directory of real files");
        return;
    };
    let mut singular = 0;
    for entry in std::fs::read_dir(Path::new(&root).join("broken")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let outcome = Wcs::parse(&bytes);
        if path.file_name().is_some_and(|name| name == "wcs_cdelt_zero.fits") {
            assert!(matches!(outcome, Err(trifocal::sky::WcsError::SingularMatrix)), "{outcome:?}");
            singular += 1;
        }
    }
    assert_eq!(singular, 1);
}

/// What differs between a header's positions and its facts.
fn disagreement(cards: &[u8], hdu: &Value) -> Option<String> {
    let wcs = match Wcs::parse(cards) {
        Ok(wcs) => wcs,
        Err(error) => return Some(error.to_string()),
    };
    let size: Vec<f64> = hdu["naxis"].as_array()?.iter().map(|n| n.as_f64().unwrap()).collect();
    let (right, top) = (size[0] - 1.0, size[1] - 1.0);
    let mut places: Vec<((f64, f64), &str, Value)> = Vec::new();
    for kind in ["full", "icrs"] {
        let corners = hdu["wcs"][format!("corners_{kind}")].as_array().cloned().unwrap_or_default();
        places.extend(
            [(0.0, 0.0), (right, 0.0), (right, top), (0.0, top)]
                .into_iter()
                .zip(corners)
                .map(|(p, v)| (p, kind, v)),
        );
        places.push(((right / 2.0, top / 2.0), kind, hdu["wcs"][format!("center_{kind}")].clone()));
    }
    let mut worst = BTreeMap::new();
    for ((x, y), kind, expected) in places {
        let pixel = FitsPixel { x: x + 1.0, y: y + 1.0 };
        let expected: Vec<f64> =
            expected.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let found = match kind {
            "full" => wcs.native_at(pixel),
            _ => wcs.sky_at(pixel).map(|found| (found.ra_deg(), found.dec_deg())),
        };
        let off = match (found, &expected[..]) {
            (Some((longitude, latitude)), [lon, lat]) => separation(longitude, latitude, *lon, *lat),
            (None, []) => 0.0,
            (Some(_), []) if kind == "icrs" && hdu["wcs"]["center_icrs"].is_null() => 0.0,
            other => return Some(format!("{kind} {pixel:?}: {other:?}")),
        };
        let entry: &mut f64 = worst.entry(kind).or_default();
        *entry = entry.max(off);
        if kind == "full"
            && let Some((longitude, latitude)) = found
        {
            let back = wcs.pixel_at_native(longitude, latitude);
            let off = back.map_or(f64::INFINITY, |b| (b.x - pixel.x).hypot(b.y - pixel.y));
            if off > pixel_tolerance(&wcs) {
                return Some(format!("{pixel:?} comes back as {back:?}"));
            }
        }
    }
    worst.values().any(|off| *off > POSITION_TOLERANCE_DEG).then(|| format!("off by {worst:?} deg"))
}

/// The header cards of every HDU of a file: enough FITS for this test, nothing more.
fn headers(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let mut bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..])
            .read_to_end(&mut unpacked)
            .map_err(|error| error.to_string())?;
        bytes = unpacked;
    }
    if bytes.starts_with(b"BZh") {
        return Err("bzip2".to_owned());
    }
    let mut headers = Vec::new();
    let mut rest = &bytes[..];
    while rest.len() >= 2880 {
        let Some(end) = rest.chunks_exact(80).position(|card| card.starts_with(b"END     ")) else { break };
        let (header, after) = rest.split_at((end + 1) * 80);
        let integer = |keyword: &str| -> Option<usize> {
            let card =
                header.chunks_exact(80).find(|card| card.starts_with(format!("{keyword:<8}=").as_bytes()))?;
            std::str::from_utf8(&card[10..]).ok()?.split('/').next()?.trim().parse().ok()
        };
        let axes: Vec<usize> =
            (1..=integer("NAXIS").unwrap_or(0)).map(|n| integer(&format!("NAXIS{n}")).unwrap_or(0)).collect();
        let bitpix = header.chunks_exact(80).find(|card| card.starts_with(b"BITPIX  =")).map_or(8, |card| {
            std::str::from_utf8(&card[10..30]).unwrap().trim().parse::<i64>().unwrap().unsigned_abs()
        }) as usize;
        let values = if axes.is_empty() { 0 } else { axes.iter().product::<usize>() };
        let data = bitpix / 8 * integer("GCOUNT").unwrap_or(1) * (integer("PCOUNT").unwrap_or(0) + values);
        headers.push(header.to_vec());
        let padding = (2880 - header.len() % 2880) % 2880;
        let skip = padding + data.div_ceil(2880) * 2880;
        rest = after.get(skip..).unwrap_or_default();
    }
    Ok(headers)
}
