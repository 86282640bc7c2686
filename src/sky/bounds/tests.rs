//! Regions on the worked examples.

use super::image::{Image, PixelExtent};
use super::region::{extent, projected_boundary};
use super::*;
use crate::pixel::PixelBox;
use crate::sky::worked_examples::{E1, HEIGHT, P1, S1, T1, WIDTH, Z1, wcs};
use crate::sky::{Region, Wcs};

fn circle(ra: f64, dec: f64, radius: f64) -> Region {
    Region::circle(ra, dec, radius).unwrap()
}

fn range(sides: [f64; 4]) -> Region {
    Region::range(sides[0], sides[1], sides[2], sides[3]).unwrap()
}

fn polygon(values: &[f64]) -> Region {
    Region::polygon(values).unwrap()
}

fn section(wcs: &Wcs, region: &Region) -> Option<String> {
    region_box(wcs, region, WIDTH, HEIGHT).map(PixelBox::to_fits_section)
}

/// The real-valued extent of a region that has one.
fn extent_of(image: Image<'_>, region: &Region) -> PixelExtent {
    extent(image.wcs, &projected_boundary(image, region).unwrap())
}

const INF: f64 = f64::INFINITY;

/// Rows C1 to C19: header, region, bounds as a FITS section.
#[test]
fn regions_of_the_worked_examples() {
    let rows = [
        ("C1", E1, circle(150.0, 2.0, 0.0103), Some("163:238,113:188")),
        ("C2", E1, circle(150.05, 2.03, 0.0103), Some("1:58,221:296")),
        ("C3", E1, polygon(&[149.98, 1.9901, 150.02, 1.9901, 150.0, 2.0202]), Some("129:272,115:223")),
        ("C4", E1, range([149.9901, 150.0102, 1.9949, 2.0051]), Some("164:236,132:169")),
        ("C5", E1, circle(150.0612, 2.0472, 0.004), None),
        ("C6", E1, circle(150.0, 2.0, 0.00005), Some("200:201,150:151")),
        ("C7", Z1, circle(0.0, 0.0, 0.005), Some("225:297,120:192")),
        ("C7 at 360", Z1, circle(360.0, 0.0, 0.005), Some("225:297,120:192")),
        ("C8", Z1, range([359.995, 0.005, -0.004, 0.004]), Some("215:306,113:199")),
        (
            "C9",
            Z1,
            polygon(&[359.995, -0.004, 0.005, -0.004, 0.005, 0.004, 359.995, 0.004]),
            Some("215:306,113:199"),
        ),
        (
            "C9 reversed",
            Z1,
            polygon(&[359.995, 0.004, 0.005, 0.004, 0.005, -0.004, 359.995, -0.004]),
            Some("215:306,113:199"),
        ),
        ("C10", P1, circle(0.0, 90.0, 0.0203), Some("164:237,204:277")),
        ("C10 by another name", P1, circle(217.0, 90.0, 0.0203), Some("164:237,204:277")),
        ("C11", P1, range([0.0, 360.0, 89.9797, 90.0]), Some("164:237,204:277")),
        ("C12", P1, range([30.0, 60.0, 89.9002, 89.9803]), Some("154:247,61:206")),
        ("C13", P1, circle(225.0, 89.95, 0.0303), Some("146:255,276:300")),
        ("C14", P1, polygon(&[0.0, 89.96, 90.0, 89.96, 180.0, 89.96, 270.0, 89.96]), Some("150:251,190:291")),
        ("C15", S1, circle(210.0, 54.0, 0.005), Some("101:199,72:170")),
        (
            "C16",
            S1,
            polygon(&[210.01, 53.995, 209.98, 53.995, 209.98, 54.012, 210.01, 54.012]),
            Some("84:286,50:247"),
        ),
        ("C17", S1, range([209.98, 210.01, 53.995, 54.012]), Some("84:286,50:247")),
        ("C18", T1, circle(210.0, 54.0, 0.0051), Some("100:200,71:171")),
        ("C19 circle", E1, circle(150.0, 2.0, 100.0), Some("1:400,1:300")),
        ("C19 range", E1, range([0.0, 360.0, -90.0, 90.0]), Some("1:400,1:300")),
        ("C19 open range", E1, range([-INF, INF, -INF, INF]), Some("1:400,1:300")),
    ];
    for (row, header, region, expected) in rows {
        assert_eq!(section(&wcs(header), &region).as_deref(), expected, "{row}");
    }
}

/// Real-valued extents of the same rows, to the four digits they are published with.
#[test]
fn extents_of_the_worked_examples() {
    let rows = [
        ("C1", E1, circle(150.0, 2.0, 0.0103), [163.4200, 237.5800, 113.4200, 187.5800]),
        ("C2", E1, circle(150.05, 2.03, 0.0103), [-16.4671, 57.6929, 221.4228, 295.5828]),
        (
            "C3",
            E1,
            polygon(&[149.98, 1.9901, 150.02, 1.9901, 150.0, 2.0202]),
            [128.5434, 272.4566, 114.8604, 223.2200],
        ),
        ("C4", E1, range([149.9901, 150.0102, 1.9949, 2.0051]), [163.8023, 236.1184, 132.1400, 168.8601]),
        ("C6", E1, circle(150.0, 2.0, 0.00005), [200.3200, 200.6800, 150.3200, 150.6800]),
        ("C7", Z1, circle(0.0, 0.0, 0.005), [224.6038, 296.6038, 119.9269, 191.9269]),
        ("C8", Z1, range([359.995, 0.005, -0.004, 0.004]), [215.0269, 306.1807, 112.9854, 198.8684]),
        ("C10", P1, circle(0.0, 90.0, 0.0203), [163.9600, 237.0400, 203.9600, 277.0401]),
        ("C11", P1, range([0.0, 360.0, 89.9797, 90.0]), [163.9600, 237.0400, 203.9600, 277.0401]),
        ("C12", P1, range([30.0, 60.0, 89.9002, 89.9803]), [154.0058, 246.9942, 60.8600, 206.2483]),
        ("C13", P1, circle(225.0, 89.95, 0.0303), [145.9599, 255.0401, 275.9601, 385.0404]),
        (
            "C14",
            P1,
            polygon(&[0.0, 89.96, 90.0, 89.96, 180.0, 89.96, 270.0, 89.96]),
            [149.5883, 251.4117, 189.5883, 291.4118],
        ),
        ("C15", S1, circle(210.0, 54.0, 0.005), [101.1740, 199.2299, 71.6825, 169.7454]),
        (
            "C16",
            S1,
            polygon(&[210.01, 53.995, 209.98, 53.995, 209.98, 54.012, 210.01, 54.012]),
            [84.0273, 285.9629, 50.1045, 247.2608],
        ),
        ("C18", T1, circle(210.0, 54.0, 0.0051), [100.2428, 200.2813, 70.7572, 170.7570]),
    ];
    for (row, header, region, [x0, x1, y0, y1]) in rows {
        let wcs = wcs(header);
        let image = Image { wcs: &wcs, width: WIDTH, height: HEIGHT };
        let found = extent_of(image, &region);
        let off = [found.x[0] - x0, found.x[1] - x1, found.y[0] - y0, found.y[1] - y1];
        assert!(off.iter().all(|off| off.abs() < 6e-5), "{row}: {found:?}");
    }
}

/// The search must find the extremes a dense walk along the edge finds.
#[test]
fn extents_are_right_to_a_hundred_thousandth_of_a_pixel() {
    for (header, region) in [
        (E1, circle(150.01, 2.003, 0.03)),
        (Z1, circle(0.01, -0.01, 0.02)),
        (P1, circle(33.0, 89.93, 0.05)),
        (P1, range([20.0, 190.0, 89.91, 89.97])),
        (S1, circle(210.002, 53.999, 0.013)),
        (S1, polygon(&[210.02, 53.99, 209.98, 53.995, 209.99, 54.012])),
        (T1, circle(209.99, 54.003, 0.015)),
    ] {
        let wcs = wcs(header);
        let image = Image { wcs: &wcs, width: WIDTH, height: HEIGHT };
        let found = extent_of(image, &region);
        let mut dense = PixelExtent::EMPTY;
        for curve in region.boundary() {
            for step in 0..=20_000 {
                dense.include(wcs.pixel_at(curve.at(f64::from(step) / 20_000.0).unwrap()).unwrap());
            }
        }
        for (found, dense) in [(found.x, dense.x), (found.y, dense.y)] {
            assert!((found[0] - dense[0]).abs() < 1e-5 && (found[1] - dense[1]).abs() < 1e-5, "{region:?}");
            assert!(found[0] <= dense[0] + 1e-7 && found[1] >= dense[1] - 1e-7, "{region:?}");
        }
    }
}

#[test]
fn a_region_ending_on_a_pixel_edge_leaves_the_neighbour_alone() {
    // North-up pixels of exactly 1/64 degree at the equator of a CAR map: edges fall on round coordinates.
    let map = wcs(&[
        "CTYPE1='RA---CAR'",
        "CTYPE2='DEC--CAR'",
        "CRPIX1=1",
        "CRPIX2=1",
        "CRVAL1=10",
        "CRVAL2=0",
        "CDELT1=0.015625",
        "CDELT2=0.015625",
    ]);
    let edge = |pixel: f64| 10.0 + (pixel - 1.5) * 0.015_625;
    // The lower edges of pixels 5 and 9, 3 and 4.
    let region = range([edge(5.0), edge(9.0), edge(3.0) - 10.0, edge(4.0) - 10.0]);
    assert_eq!(section(&map, &region).as_deref(), Some("5:8,3:3"));
}

#[test]
fn degenerate_ranges_select_the_pixels_they_cross() {
    let wcs = wcs(E1);
    assert_eq!(section(&wcs, &range([150.0, 150.0, 2.0001, 2.0001])).as_deref(), Some("201:201,151:151"));
    let line = section(&wcs, &range([149.99, 150.01, 2.0001, 2.0001])).unwrap();
    assert!(line.ends_with(",151:151"), "{line}");
}

/// A region that reaches round the back of an all-sky map is found on both its edges.
#[test]
fn a_region_on_the_seam_of_an_all_sky_map_takes_both_ends() {
    let map = |code: &str| {
        let types = [format!("CTYPE1='RA---{code}'"), format!("CTYPE2='DEC--{code}'")];
        wcs(&[
            &types[0],
            &types[1],
            "NAXIS1=360",
            "NAXIS2=180",
            "CRPIX1=180.5",
            "CRPIX2=90.5",
            "CRVAL1=0",
            "CRVAL2=0",
            "CDELT1=-1",
            "CDELT2=1",
        ])
    };
    let region = circle(180.0, 0.0, 10.0);
    for (code, expected) in [("CAR", "1:360,81:100"), ("SFL", "1:360,81:100"), ("AIT", "18:343,76:105")] {
        let found = region_box(&map(code), &region, 360, 180).unwrap().to_fits_section();
        assert_eq!(found, expected, "{code}");
    }
    let pole = circle(0.0, 90.0, 10.0);
    assert_eq!(region_box(&map("CAR"), &pole, 360, 180).unwrap().to_fits_section(), "1:360,171:180");
}
