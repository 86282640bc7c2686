//! Which image covers a point, wherever on the sky, and which one a number names.

use std::path::PathBuf;

use chrono::DateTime;

use super::*;
use crate::catalogue::tests::empty;
use crate::catalogue::{Batch, FrameFacts, HeaderDigest, Origin, SdssFilter};
use crate::fits::{FileStamp, HduIndex};

fn db() -> ArchiveId {
    ArchiveId::try_from("Stripe82").unwrap()
}

fn dataset(name: &str) -> Dataset {
    Dataset::try_from(name).unwrap()
}

fn at(ra: f64, dec: f64) -> SkyCoord {
    SkyCoord::new(ra, dec).unwrap()
}

fn facts() -> FrameFacts {
    FrameFacts {
        stamp: FileStamp { bytes: 2880, modified_ns: 1 },
        digest: HeaderDigest(1),
        hdu: HduIndex(1),
        columns: 2048,
        rows: 1489,
        planes: 1,
        bitpix: -32,
        data_offset: Some(5760),
        started_at: DateTime::from_timestamp(900_000_000, 5),
        exposure_s: Some(53.9),
        filter: Some("r".to_owned()),
        target: None,
        instrument: None,
        telescope: None,
        bayer_pattern: None,
    }
}

/// An image of a circle of half a degree.
fn image(field: u16, filter: &str, centre: SkyCoord) -> NewImage {
    let filter_of_id = SdssFilter::try_from(filter).unwrap();
    let data_id = DataId::Ccd { run: 5646, camcol: 4, field, filter: filter_of_id };
    let place = ImagePlace { centre, outline: vec![centre; 3], radius_deg: 0.5, pixel_scale_arcsec: 0.396 };
    NewImage {
        scheme: ScienceIdScheme::SdssCcd,
        science_id: ScienceIdScheme::SdssCcd.encode(&data_id).unwrap(),
        filter: filter.to_owned(),
        place: Some((place, UnitVectorBox::around(centre, 0.5))),
        time_mjd: Some((51075.5, 51075.6)),
        coverage: Coverage::default(),
    }
}

async fn put(batch: &mut Batch, name: &str, path: &str, image: &NewImage) -> Result<(), Duplicate> {
    let origin = Origin::Archive { db: db(), dataset: dataset(name) };
    let frame = batch.put_frame(&origin, &PathBuf::from(path), &facts()).await.unwrap();
    batch.put_image(frame, &origin, image).await.unwrap()
}

/// Fields of the images found, nearest first.
async fn found(catalogue: &Catalogue, name: &str, filter: &str, point: SkyCoord) -> Vec<u64> {
    let images = catalogue.candidates_at(&db(), &dataset(name), filter, point).await.unwrap();
    images.iter().map(|image| image.science_id.get() % 10_000).collect()
}

#[tokio::test]
async fn nearest_centre_comes_first_everywhere_on_the_sky() {
    let (_folder, catalogue) = empty().await;
    let mut batch = catalogue.begin().await.unwrap();
    for (field, ra, dec) in [
        (1, 359.9, 0.0),
        (2, 0.3, 0.0),
        (3, 120.0, 89.8),
        (4, 300.0, 89.9),
        (5, 77.0, -90.0),
        (6, 180.0, 0.2),
    ] {
        put(&mut batch, "calexp", &format!("/{field}"), &image(field, "r", at(ra, dec))).await.unwrap();
    }
    batch.commit().await.unwrap();
    for (ra, dec, expected) in [
        (0.0, 0.0, vec![1, 2]),
        (0.2, 0.0, vec![2, 1]),
        (0.0, 90.0, vec![4, 3]),
        (200.0, -89.9, vec![5]),
        (180.0, 0.0, vec![6]),
        (90.0, 0.0, vec![]),
    ] {
        assert_eq!(found(&catalogue, "calexp", "r", at(ra, dec)).await, expected, "{ra} {dec}");
    }
}

#[tokio::test]
async fn only_images_of_the_asked_dataset_and_filter_are_candidates() {
    let (_folder, catalogue) = empty().await;
    let mut batch = catalogue.begin().await.unwrap();
    let here = at(37.6, 0.1);
    for (field, name, filter) in [(1, "calexp", "r"), (2, "raw", "r"), (3, "calexp", "g"), (4, "calexp", "r")]
    {
        put(&mut batch, name, &format!("/{field}"), &image(field, filter, here)).await.unwrap();
    }
    batch.commit().await.unwrap();
    assert_eq!(found(&catalogue, "CALEXP", " R ", here).await, [1, 4], "a tie goes to the smaller id");
    assert_eq!(found(&catalogue, "raw", "r", here).await, [2]);
    assert_eq!(found(&catalogue, "calexp", "g", here).await, [3]);
    assert!(found(&catalogue, "calexp", "z", here).await.is_empty());
    assert!(found(&catalogue, "deepcoadd", "r", here).await.is_empty());
    assert_eq!(catalogue.datasets().await.unwrap(), [(db(), dataset("calexp")), (db(), dataset("raw"))]);
}

#[tokio::test]
async fn image_comes_back_as_it_was_put() {
    let (_folder, catalogue) = empty().await;
    let new = image(694, "r", at(37.6, 0.1));
    let mut without_place = image(695, "r", at(0.0, 0.0));
    without_place.place = None;
    without_place.time_mjd = None;
    let mut batch = catalogue.begin().await.unwrap();
    put(&mut batch, "calexp", "/a", &new).await.unwrap();
    put(&mut batch, "calexp", "/b", &without_place).await.unwrap();
    batch.commit().await.unwrap();
    let by_id = |id| {
        let catalogue = catalogue.clone();
        async move { catalogue.image_by_science_id(&db(), &dataset("CalExp"), id).await.unwrap() }
    };
    let found = by_id(new.science_id).await.unwrap();
    assert_eq!(Some(&found.data_id), ScienceIdScheme::SdssCcd.decode(new.science_id).ok().as_ref());
    assert_eq!((found.place.as_ref(), found.time_mjd), (new.place.as_ref().map(|p| &p.0), new.time_mjd));
    assert_eq!((found.filter.as_str(), &found.frame.facts), ("r", &facts()));
    let blind = by_id(without_place.science_id).await.unwrap();
    assert_eq!((&blind.place, blind.time_mjd), (&None, None));
    assert_eq!(by_id(ScienceId::try_from(1).unwrap()).await, None);
}

#[tokio::test]
async fn image_that_moved_is_found_at_its_new_place_only() {
    let (_folder, catalogue) = empty().await;
    for (ra, filter) in [(10.0, "r"), (20.0, "g")] {
        let mut batch = catalogue.begin().await.unwrap();
        put(&mut batch, "calexp", "/a", &image(7, filter, at(ra, 0.0))).await.unwrap();
        batch.commit().await.unwrap();
    }
    assert!(found(&catalogue, "calexp", "r", at(10.0, 0.0)).await.is_empty());
    assert_eq!(found(&catalogue, "calexp", "g", at(20.0, 0.0)).await, [7]);
    assert_eq!(catalogue.count_images(&db(), &dataset("calexp")).await.unwrap(), 1);
    let mut batch = catalogue.begin().await.unwrap();
    let duplicate = put(&mut batch, "calexp", "/b", &image(7, "g", at(30.0, 0.0))).await;
    assert_eq!(duplicate, Err(Duplicate { first: PathBuf::from("/a") }));
    batch.commit().await.unwrap();
    assert!(found(&catalogue, "calexp", "g", at(30.0, 0.0)).await.is_empty());
}
