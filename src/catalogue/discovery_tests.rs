//! Searches find what they describe, page by page, in a fixed order.

use std::path::PathBuf;

use chrono::DateTime;

use super::*;
use crate::catalogue::tests::empty;
use crate::catalogue::{Coverage, FrameFacts, HeaderDigest, ImagePlace, NewImage, Origin, ScienceIdScheme};
use crate::fits::{FileStamp, HduIndex};
use crate::sky::{Footprint, SkyCoord};

fn names() -> (ArchiveId, Dataset) {
    (ArchiveId::try_from("Survey").unwrap(), Dataset::try_from("calexp").unwrap())
}

fn facts(number: u64) -> FrameFacts {
    FrameFacts {
        stamp: FileStamp { bytes: 2880, modified_ns: 1 },
        digest: HeaderDigest(number),
        hdu: HduIndex(0),
        columns: 100,
        rows: 100,
        planes: 1,
        bitpix: -32,
        data_offset: None,
        started_at: DateTime::from_timestamp(900_000_000, 5),
        exposure_s: Some(number as f64),
        filter: None,
        target: (number == 3).then(|| "M 31".to_owned()),
        instrument: (number < 3).then(|| "Camera".to_owned()),
        telescope: None,
        bayer_pattern: None,
    }
}

/// A square of a tenth of a degree at RA `number` degrees, Dec 0, in filter g or r.
fn image(number: u64) -> NewImage {
    let at = |ra: f64, dec: f64| SkyCoord::new(ra, dec).unwrap();
    let ra = number as f64;
    let outline = vec![at(ra - 0.05, -0.05), at(ra - 0.05, 0.05), at(ra + 0.05, 0.05), at(ra + 0.05, -0.05)];
    let (centre, radius_deg) = (at(ra, 0.0), 0.0708);
    let bounds = Footprint::restore(&outline, centre, radius_deg).unit_vector_box();
    NewImage {
        scheme: ScienceIdScheme::Sequence,
        science_id: ScienceId::try_from(number).unwrap(),
        filter: if number.is_multiple_of(2) { "g" } else { "r" }.to_owned(),
        place: Some((ImagePlace { centre, outline, radius_deg, pixel_scale_arcsec: 3.6 }, bounds)),
        time_mjd: Some((50_000.0 + ra, 50_000.5 + ra)),
        coverage: Coverage {
            is_cube: number == 4,
            em_m: (number == 4).then_some((0.2, 0.22)),
            polarisations: (number == 4).then(|| "/I/Q/".to_owned()),
            resolution_arcsec: (number == 5).then_some(1.2),
            ..Coverage::default()
        },
    }
}

async fn filled(count: u64) -> (tempfile::TempDir, Arc<Catalogue>) {
    let (folder, catalogue) = empty().await;
    let (db, dataset) = names();
    let origin = Origin::Archive { db, dataset };
    let mut batch = catalogue.begin().await.unwrap();
    for number in 1..=count {
        let path = PathBuf::from(format!("/a/{number}.fits"));
        let frame = batch.put_frame(&origin, &path, &facts(number)).await.unwrap();
        batch.put_image(frame, &origin, &image(number)).await.unwrap().unwrap();
    }
    batch.commit().await.unwrap();
    (folder, catalogue)
}

fn dataset(science_ids: &[u64]) -> SearchedDataset {
    let (db, dataset) = names();
    let band = |filter: &str, range_m| SpectralBand { filter: filter.to_owned(), range_m };
    SearchedDataset {
        db,
        dataset,
        bands: Arc::new([band("G", (400e-9, 540e-9)), band("r", (550e-9, 690e-9))]),
        facility: Some("Telescope".to_owned()),
        instrument: None,
        science_ids: science_ids.iter().map(|id| ScienceId::try_from(*id).unwrap()).collect(),
    }
}

async fn found(catalogue: &Arc<Catalogue>, dataset: SearchedDataset, wanted: ImageSearch) -> Vec<u64> {
    let mut search = catalogue.search(dataset, Arc::new(wanted));
    let mut ids = Vec::new();
    while let Some(page) = search.next_page().await.unwrap() {
        ids.extend(page.iter().map(|image| image.science_id.get()));
    }
    ids
}

#[tokio::test]
async fn each_condition_finds_its_images() {
    let (_folder, catalogue) = filled(6).await;
    let all = ImageSearch::default;
    let between = |low: f64, high: f64| vec![Interval { low, high }];
    let circle = |ra: f64, radius: f64| Region::circle(ra, 0.0, radius).unwrap();
    for (name, wanted, expected) in [
        ("everything", all(), vec![1, 2, 3, 4, 5, 6]),
        ("place", ImageSearch { regions: vec![circle(2.0, 0.001)], ..all() }, vec![2]),
        ("edge", ImageSearch { regions: vec![circle(2.06, 0.011)], ..all() }, vec![2]),
        ("beside", ImageSearch { regions: vec![circle(2.06, 0.009)], ..all() }, vec![]),
        (
            "two places",
            ImageSearch { regions: vec![circle(5.0, 0.01), circle(2.0, 1.0), circle(1.0, 0.1)], ..all() },
            vec![1, 2, 3, 5],
        ),
        ("the sky", ImageSearch { regions: vec![circle(0.0, 180.0)], ..all() }, vec![1, 2, 3, 4, 5, 6]),
        (
            "a range",
            ImageSearch { regions: vec![Region::range(2.5, 4.5, -1.0, 1.0).unwrap()], ..all() },
            vec![3, 4],
        ),
        (
            "a filter's wavelengths",
            ImageSearch { wavelengths_m: between(540e-9, 541e-9), ..all() },
            vec![2, 6],
        ),
        ("a header's wavelengths", ImageSearch { wavelengths_m: between(0.21, 0.3), ..all() }, vec![4]),
        (
            "all wavelengths",
            ImageSearch { wavelengths_m: between(f64::NEG_INFINITY, f64::INFINITY), ..all() },
            vec![1, 2, 3, 4, 5, 6],
        ),
        ("resolving power", ImageSearch { resolving_powers: between(4.0, 5.0), ..all() }, vec![1, 3, 5]),
        (
            "resolving power of a cube",
            ImageSearch { resolving_powers: between(10.0, 11.0), ..all() },
            vec![4],
        ),
        ("time", ImageSearch { times_mjd: between(50_002.5, 50_003.0), ..all() }, vec![2, 3]),
        (
            "the end of a time",
            ImageSearch { times_mjd: between(f64::NEG_INFINITY, 50_002.0), ..all() },
            vec![1, 2],
        ),
        (
            "two times",
            ImageSearch {
                times_mjd: [between(50_005.1, 50_005.2), between(50_001.0, 50_001.0)].concat(),
                ..all()
            },
            vec![1, 5],
        ),
        (
            "a target at a place",
            ImageSearch { regions: vec![circle(2.0, 2.0)], targets: vec!["M 31".into()], ..all() },
            vec![3],
        ),
        (
            "a target at another time",
            ImageSearch { targets: vec!["M 31".into()], times_mjd: between(50_005.0, 50_006.0), ..all() },
            vec![],
        ),
        ("exposure", ImageSearch { exposures_s: between(5.0, f64::INFINITY), ..all() }, vec![5, 6]),
        ("field", ImageSearch { fields_of_view_deg: between(0.2, 1.0), ..all() }, vec![]),
        ("seeing", ImageSearch { resolutions_arcsec: between(0.0, 2.0), ..all() }, vec![5]),
        ("polarisation", ImageSearch { polarisations: vec!["Q".into()], ..all() }, vec![4]),
        ("target", ImageSearch { targets: vec!["M 31".into(), "M 33".into()], ..all() }, vec![3]),
        ("target in another case", ImageSearch { targets: vec!["m 31".into()], ..all() }, vec![]),
        ("facility", ImageSearch { facilities: vec!["Telescope".into()], ..all() }, vec![1, 2, 3, 4, 5, 6]),
        ("instrument", ImageSearch { instruments: vec!["Camera".into()], ..all() }, vec![1, 2]),
        ("cubes", ImageSearch { is_cube: Some(true), ..all() }, vec![4]),
        (
            "two conditions",
            ImageSearch { instruments: vec!["Camera".into()], exposures_s: between(2.0, 9.0), ..all() },
            vec![2],
        ),
    ] {
        assert_eq!(found(&catalogue, dataset(&[]), wanted).await, expected, "{name}");
    }
    assert_eq!(found(&catalogue, dataset(&[5, 2, 77]), all()).await, [2, 5]);
    assert_eq!(
        catalogue.equipment(&names().0, &names().1).await.unwrap(),
        (Vec::new(), vec!["Camera".to_owned()])
    );
}

#[tokio::test]
async fn long_answers_come_in_order_and_whole() {
    let (_folder, catalogue) = filled(300).await;
    let regions = vec![Region::circle(150.0, 0.0, 180.0).unwrap()];
    let near = found(&catalogue, dataset(&[]), ImageSearch { regions, ..ImageSearch::default() }).await;
    assert_eq!(near, (1..=300).collect::<Vec<_>>());
    assert_eq!(found(&catalogue, dataset(&[]), ImageSearch::default()).await.len(), 300);
}

#[tokio::test]
async fn a_frame_whose_file_is_gone_is_not_found() {
    let (_folder, catalogue) = empty().await;
    let origin = Origin::Nina;
    let mut batch = catalogue.begin().await.unwrap();
    let frame = batch.put_frame(&origin, &PathBuf::from("/c/1.fits"), &facts(1)).await.unwrap();
    batch.put_image(frame, &origin, &image(1)).await.unwrap().unwrap();
    batch.commit().await.unwrap();
    let nina = SearchedDataset {
        db: ArchiveId::try_from(crate::catalogue::NINA_ARCHIVE).unwrap(),
        dataset: Dataset::try_from(crate::catalogue::NINA_DATASET).unwrap(),
        ..dataset(&[])
    };
    assert_eq!(found(&catalogue, nina.clone(), ImageSearch::default()).await, [1]);
    let mut batch = catalogue.begin().await.unwrap();
    batch.mark_missing(frame).await.unwrap();
    batch.commit().await.unwrap();
    assert_eq!(found(&catalogue, nina, ImageSearch::default()).await, [0_u64; 0]);
}
