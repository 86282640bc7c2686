//! Query strings as the requests they are, and as refusals.

use super::*;
use crate::sky::{CutoutSize, Extent};

fn request(query: &str, scheme: ScienceIdScheme) -> Result<Request, Failure> {
    Request::of(&Parameters::of(query)?, scheme)
}

fn ccd(query: &str) -> Result<Request, Failure> {
    request(query, ScienceIdScheme::SdssCcd)
}

fn id_of(request: Request) -> u64 {
    match request {
        Request::Image { selector: Selector::ById { id, .. }, .. } | Request::ScienceIdOf(id) => id.get(),
        other => panic!("{other:?} names no id"),
    }
}

#[test]
fn each_selector_names_its_image() {
    assert_eq!(id_of(ccd("sid=3325410171").unwrap()), 3_325_410_171);
    assert_eq!(id_of(ccd("run=5646&camcol=4&field=0694&filter=G").unwrap()), 5_646_140_694);
    let coadd = |query| request(query, ScienceIdScheme::SdssCoadd);
    assert_eq!(id_of(coadd("tract=0&patch=225, 1&filter=i").unwrap()), 14_745_611);
    assert_eq!(id_of(coadd("tract=0&patch_x=366&patch_y=0&filter=u").unwrap()), 23_986_176);
    assert!(matches!(
        ccd("ra=359.195&dec=-0.1055&filter=r").unwrap(),
        Request::Image { selector: Selector::Nearest { .. }, cutout: None, .. }
    ));
}

#[test]
fn utilities_are_arithmetic() {
    assert_eq!(id_of(ccd("get_ccdexpid=get&camcol=4&field=694&filter=r&run=5646").unwrap()), 5_646_240_694);
    let Request::DataIdOf(DataId::Ccd { run, field, .. }) = ccd("get_dataid&ccdexpid=5646240964").unwrap()
    else {
        panic!("a data id was asked for")
    };
    assert_eq!((run, field), (5646, 964));
}

#[test]
fn units_become_pixels_or_degrees() {
    let size = |unit: &str| match ccd(&format!("ra=1&dec=2&filter=r&width=30&height=45&{unit}")).unwrap() {
        Request::Image { cutout: Some(cutout), .. } => cutout.size,
        other => panic!("{other:?} is no cutout"),
    };
    let arcseconds = CutoutSize::new(Extent::Degrees(30.0 / 3600.0), Extent::Degrees(45.0 / 3600.0)).unwrap();
    assert_eq!(size(""), arcseconds);
    assert_eq!(size("unit=%22arcsec%22"), arcseconds);
    assert_eq!(size("unit=ARCSEC"), arcseconds);
    assert_eq!(size("unit=px"), CutoutSize::new(Extent::Pixels(30.0), Extent::Pixels(45.0)).unwrap());
}

#[test]
fn requests_that_cannot_be_meant_are_refused() {
    for query in [
        "ra=1&dec=2",
        "filter=r",
        "ra=nan&dec=2&filter=r",
        "ra=inf&dec=2&filter=r",
        "ra=12h3m&dec=2&filter=r",
        "ra=361&dec=2&filter=r",
        "ra=1&dec=-90.1&filter=r",
        "ra=1&dec=2&filter=x",
        "ra=1&dec=2&filter=r&width=30",
        "ra=1&dec=2&filter=r&width=0&height=1",
        "ra=1&dec=2&filter=r&width=-3&height=1",
        "ra=1&dec=2&filter=r&width=1e999&height=1",
        "ra=1&dec=2&filter=r&width=1&height=1&unit=parsec",
        "sid=5646240694&run=5646",
        "sid=5646240694&ra=1&dec=2",
        "sid=5646240694&width=1&height=1",
        "sid=5646540694",
        "sid=-1",
        "sid=99999999999999999999",
        "run=5646&camcol=4&filter=r",
        "run=5646&camcol=7&field=1&filter=r",
        "tract=0&patch=225,1&filter=i",
        "get_dataid",
        "get_dataid&sid=abc",
        "get_ccdexpid&run=1",
    ] {
        assert!(ccd(query).is_err(), "{query}");
    }
}

#[test]
fn a_filter_beside_an_id_must_agree_with_it() {
    assert!(ccd("sid=5646240694&filter=r").is_ok());
    assert_eq!(ccd("sid=5646240694&filter=g").unwrap_err(), Failure::image_not_found());
}
