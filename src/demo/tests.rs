//! The demo as a whole, at small scale: what the service will find on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::plan::plan;
use super::survey::{COADDS, Coadd, EXPOSURES};
use super::{EXAMPLES, Scale, night, write_scaled};
use crate::fits::{BLOCK_BYTES, Header};
use crate::sky::{CutoutSize, Extent, FitsPixel, SkyCoord, Wcs, centred_box};

/// Content and time of every file.
fn digests(directory: &Path) -> BTreeMap<String, (String, SystemTime)> {
    let digest = |path: &str| {
        let path = directory.join(path);
        let modified = path.metadata().unwrap().modified().unwrap();
        (format!("{:x}", Sha256::digest(std::fs::read(path).unwrap())), modified)
    };
    plan().iter().map(|file| (file.path.clone(), digest(&file.path))).collect()
}

/// The header of the first HDU with pixels.
fn image_header(path: &Path) -> Header {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    let primary = Header::parse(&bytes).unwrap();
    if primary.integer("NAXIS") == Some(2) {
        return primary;
    }
    assert_eq!(primary.block_bytes(), BLOCK_BYTES);
    Header::parse(&bytes[BLOCK_BYTES..]).unwrap()
}

/// What follows `name=` in a query.
fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn two_runs_write_the_same_bytes_and_times() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let site = write_scaled(first.path(), Scale::Small, |_| ()).unwrap();
    // One thread instead of many: the order of the work must not show.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    alone.install(|| write_scaled(second.path(), Scale::Small, |_| ()).unwrap());
    let (first, second) = (digests(first.path()), digests(second.path()));
    let different: Vec<_> = first.keys().filter(|path| first[*path] != second[*path]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert_eq!(site.files, plan().len());
    assert!(site.bytes < 15_000_000, "{}", site.bytes);
}

#[test]
fn every_documented_example_lies_whole_within_the_file_it_names() {
    let directory = tempfile::tempdir().unwrap();
    let site = write_scaled(directory.path(), Scale::Small, |_| ()).unwrap();
    for example in EXAMPLES {
        let path = directory.path().join("archive").join(example.file);
        let dataset = value(example.query, "ds").unwrap();
        let dataset = site.datasets.iter().find(|held| held.name.eq_ignore_ascii_case(dataset)).unwrap();
        assert!(path.starts_with(&dataset.directory), "{}", example.row);
        let header = image_header(&path);
        let length = |keyword| usize::try_from(header.integer(keyword).unwrap()).unwrap();
        let (width, height) = (length("NAXIS1"), length("NAXIS2"));
        let Some(position) = example.position else { continue };
        assert_eq!(value(example.query, "ra"), Some(position.ra_deg.to_string().as_str()));
        let wcs = Wcs::parse(header.raw_bytes()).unwrap();
        let sky = SkyCoord::new(position.ra_deg, position.dec_deg).unwrap();
        let pixel = wcs.pixel_at(sky).unwrap();
        assert!((0.5..width as f64 + 0.5).contains(&pixel.x), "{}: {pixel:?}", example.row);
        assert!((0.5..height as f64 + 0.5).contains(&pixel.y), "{}: {pixel:?}", example.row);
        let Some(cutout) = example.cutout_px else { continue };
        let extent = |name| {
            let number: f64 = value(example.query, name).unwrap().parse().unwrap();
            let is_angle = value(example.query, "unit") == Some("arcsec");
            if is_angle { Extent::Degrees(number / 3600.0) } else { Extent::Pixels(number) }
        };
        let asked = CutoutSize::new(extent("width"), extent("height")).unwrap();
        let found = centred_box(&wcs, sky, asked, width, height).unwrap();
        assert_eq!((found.width, found.height), cutout, "{}", example.row);
    }
}

#[test]
fn examples_by_id_name_the_file_of_that_id() {
    for example in EXAMPLES {
        let (file, query) = (example.file, example.query);
        if let Some(field) = value(query, "field") {
            let [run, camcol, filter] = ["run", "camcol", "filter"].map(|name| value(query, name).unwrap());
            assert!(file.contains(&format!("-{run:0>6}-{filter}{camcol}-{field:0>4}.")), "{file}");
        }
        if let Some(patch) = value(query, "patch") {
            let [tract, filter] = ["tract", "filter"].map(|name| value(query, name).unwrap());
            assert!(file.contains(&format!("-{filter}-{tract}-{patch}.")), "{file}");
        }
    }
    // The decimal and binary ids of the documentation, worked out by hand.
    let by_id: BTreeSet<_> =
        EXAMPLES.iter().filter_map(|example| Some((value(example.query, "sid")?, example.file))).collect();
    assert_eq!(
        by_id.into_iter().collect::<Vec<_>>(),
        [
            ("23986176", "deepCoadd/coadd-u-0-366,0.fits"),
            ("3325410171", "calexp/calexp-003325-z1-0171.fits"),
            ("3325410171", "raw/fpC-003325-z1-0171.fit.gz"),
            ("5646240694", "calexp/calexp-005646-r4-0694.fits"),
            ("5646240694", "raw/fpC-005646-r4-0694.fit"),
        ]
    );
}

#[test]
fn every_example_file_is_planned_and_no_dataset_holds_an_image_twice() {
    let paths: BTreeSet<_> = plan().into_iter().map(|file| file.path).collect();
    for example in EXAMPLES {
        assert!(paths.contains(&format!("archive/{}", example.file)), "{}", example.file);
    }
    let images: BTreeSet<_> =
        paths.iter().map(|path| path.split_once(".fit").map(|(stem, _)| stem.to_owned())).collect();
    assert_eq!(images.len(), paths.len());
}

#[test]
fn the_small_parts_lie_within_the_whole_images() {
    let windows = |scale| {
        let ccds = EXPOSURES.iter().map(move |exposure| exposure.window(scale));
        ccds.chain(COADDS.iter().map(move |coadd| coadd.window(scale))).collect::<Vec<_>>()
    };
    for (whole, part) in windows(Scale::Full).into_iter().zip(windows(Scale::Small)) {
        assert!(whole.x <= part.x && part.x + part.width <= whole.x + whole.width, "{part:?} {whole:?}");
        assert!(whole.y <= part.y && part.y + part.height <= whole.y + whole.height, "{part:?} {whole:?}");
    }
}

#[test]
fn the_service_finds_the_pixels_the_demo_drew_on() {
    let frames = night::frames();
    let geometries = [
        EXPOSURES[0].raw_geometry(),
        EXPOSURES[0].calexp_geometry(),
        EXPOSURES[8].calexp_geometry(),
        Coadd::geometry(),
        frames[0].geometry().unwrap(),
        frames[21].geometry().unwrap(),
    ];
    for geometry in geometries {
        let mut header = Header::new();
        geometry.describe(&mut header);
        let wcs = Wcs::parse(header.raw_bytes()).unwrap();
        let [x, y] = geometry.crpix;
        for [dx, dy] in [[0.0, 0.0], [-1000.0, -700.0], [1000.0, 700.0], [-766.5, 511.5]] {
            let drawn = geometry.sky_at([x + dx, y + dy]);
            let found = wcs.pixel_at(SkyCoord::new(drawn.ra_deg, drawn.dec_deg).unwrap()).unwrap();
            assert!((found.x - x - dx).hypot(found.y - y - dy) < 1e-5, "{geometry:?} {dx} {dy}: {found:?}");
            let shown = wcs.sky_at(FitsPixel { x: x + dx, y: y + dy }).unwrap();
            let apart = shown.separation_deg(SkyCoord::new(drawn.ra_deg, drawn.dec_deg).unwrap());
            assert!(apart < 1e-9, "{geometry:?}: {apart}");
        }
    }
}

#[test]
fn a_killed_run_is_taken_up_and_a_finished_one_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let made = || {
        let made = Mutex::new(BTreeSet::new());
        let site = write_scaled(directory.path(), Scale::Small, |progress| {
            made.lock().unwrap().insert(progress.file);
        });
        (site.unwrap(), made.into_inner().unwrap())
    };
    let (first, all) = made();
    assert_eq!(all.len(), plan().len());
    let whole = digests(directory.path());
    assert_eq!(made(), (first.clone(), BTreeSet::new()), "complete: nothing is written");

    // Someone removed one file and cut another short.
    let files = plan();
    let (removed, cut) = (&files[0].path, &files[9].path);
    std::fs::remove_file(directory.path().join(removed)).unwrap();
    std::fs::write(directory.path().join(cut), b"SIMPLE").unwrap();
    let (mended, again) = made();
    assert_eq!((mended, again), (first.clone(), BTreeSet::from([removed.clone(), cut.clone()])));

    // Killed: the manifest was begun, not finished; one file is missing, one lies under its temporary name.
    super::manifest::begin(directory.path(), Scale::Small).unwrap();
    std::fs::remove_file(directory.path().join(removed)).unwrap();
    let folder = directory.path().join(removed).parent().unwrap().to_owned();
    std::fs::write(folder.join(".calexp-005646-r4-0694.fits.part"), b"SIMPLE").unwrap();
    let (completed, again) = made();
    assert_eq!((completed, again), (first, BTreeSet::from([removed.clone()])));
    assert_eq!(digests(directory.path()), whole);
    assert!(!folder.join(".calexp-005646-r4-0694.fits.part").exists());
}
