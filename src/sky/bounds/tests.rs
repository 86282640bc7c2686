//! Regions on the worked examples.

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
