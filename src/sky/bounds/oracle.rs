//! The box against brute force: every pixel cut into 8 x 8 parts, each tested on the sphere.

use proptest::prelude::*;

use super::region_box;
use crate::sky::worked_examples::wcs;
use crate::sky::{FitsPixel, Region, SkyCoord, Wcs};

const WIDTH: usize = 44;
const HEIGHT: usize = 31;
const PARTS: usize = 8;

/// Bounds of the pixels one of whose parts lies in the region: 0-based first and last column, first and last row.
fn brute_force(wcs: &Wcs, region: &Region) -> Option<[usize; 4]> {
    let mut found: Option<[usize; 4]> = None;
    for row in 0..HEIGHT * PARTS {
        for column in 0..WIDTH * PARTS {
            let centre = |part: usize| (part as f64 + 0.5) / PARTS as f64 + 0.5;
            let pixel = FitsPixel { x: centre(column), y: centre(row) };
            if wcs.sky_at(pixel).is_some_and(|position| region.contains(position)) {
                let (x, y) = (column / PARTS, row / PARTS);
                let [x0, x1, y0, y1] = found.unwrap_or([x, x, y, y]);
                found = Some([x0.min(x), x1.max(x), y0.min(y), y1.max(y)]);
            }
        }
    }
    found
}

/// An image of some projection somewhere, pixels of `scale` degrees.
fn image(code: &str, (ra, dec, turn, scale): (f64, f64, f64, f64)) -> Wcs {
    let (sin, cos) = turn.to_radians().sin_cos();
    let mut lines = vec![
        format!("NAXIS1={WIDTH}"),
        format!("NAXIS2={HEIGHT}"),
        format!("CTYPE1='RA---{code}'"),
        format!("CTYPE2='DEC--{code}'"),
        "CRPIX1=20.3".to_owned(),
        "CRPIX2=17.8".to_owned(),
        format!("CRVAL1={ra}"),
        format!("CRVAL2={dec}"),
        format!("CD1_1={}", -scale * cos),
        format!("CD1_2={}", scale * sin),
        format!("CD2_1={}", scale * sin),
        format!("CD2_2={}", scale * cos),
    ];
    if code == "TAN-SIP" {
        lines.extend(
            ["A_ORDER=3", "B_ORDER=2", "A_2_0=1E-4", "A_1_1=-2E-4", "A_3_0=3E-6", "B_0_2=3E-4", "B_1_1=1E-4"]
                .map(str::to_owned),
        );
    }
    if code == "TPV" {
        lines.extend(
            ["PV1_1=1.0", "PV1_2=0.01", "PV1_4=0.02", "PV2_1=0.99", "PV2_5=0.03", "PV2_7=0.01"]
                .map(str::to_owned),
        );
    }
    wcs(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn check(wcs: &Wcs, region: &Region) -> Result<(), TestCaseError> {
    let hits = brute_force(wcs, region);
    let found = region_box(wcs, region, WIDTH, HEIGHT);
    // Between the parts a sliver can hide: nothing to compare with.
    let Some([x0, x1, y0, y1]) = hits else { return Ok(()) };
    let Some(found) = found else {
        return Err(TestCaseError::fail(format!("{region:?}: none, but {hits:?} are touched")));
    };
    let (last_x, last_y) = (found.x + found.width - 1, found.y + found.height - 1);
    prop_assert!(
        found.x <= x0 && last_x >= x1 && found.y <= y0 && last_y >= y1,
        "{:?}: {:?} leaves out some of {:?}",
        region,
        found,
        hits
    );
    // Inside the image as a whole the box fits to a pixel; a region that sticks out may have a larger one. Points
    // of the region's edge show the tips that slip between the parts.
    if x0 > 0 && x1 + 1 < WIDTH && y0 > 0 && y1 + 1 < HEIGHT {
        let [x0, x1, y0, y1] = with_edge(wcs, region, [x0, x1, y0, y1]);
        prop_assert!(
            found.x + 1 >= x0 && last_x <= x1 + 1 && found.y + 1 >= y0 && last_y <= y1 + 1,
            "{:?}: {:?} is wider than {:?}",
            region,
            found,
            hits
        );
    }
    Ok(())
}

/// Bounds widened by the pixels 2000 points of each piece of the edge fall on.
fn with_edge(wcs: &Wcs, region: &Region, bounds: [usize; 4]) -> [usize; 4] {
    let [mut x0, mut x1, mut y0, mut y1] = bounds;
    for curve in region.boundary() {
        for step in 0..=2000 {
            let Some(pixel) = curve.at(f64::from(step) / 2000.0).and_then(|position| wcs.pixel_at(position))
            else {
                continue;
            };
            let (x, y) = ((pixel.x - 0.5).floor(), (pixel.y - 0.5).floor());
            if (0.0..WIDTH as f64).contains(&x) && (0.0..HEIGHT as f64).contains(&y) {
                (x0, x1) = (x0.min(x as usize), x1.max(x as usize));
                (y0, y1) = (y0.min(y as usize), y1.max(y as usize));
            }
        }
    }
    [x0, x1, y0, y1]
}

fn placement() -> impl Strategy<Value = (f64, f64, f64, f64)> {
    let declination = prop_oneof![-89.0..89.0_f64, Just(90.0), Just(-90.0), Just(89.9), Just(0.0)];
    let longitude = prop_oneof![0.0..360.0_f64, Just(0.0), Just(359.999)];
    (longitude, declination, 0.0..360.0_f64, -4.0..-1.0_f64)
        .prop_map(|(ra, dec, turn, magnitude)| (ra, dec, turn, 10.0_f64.powf(magnitude)))
}

/// A position on or near the image.
fn near(wcs: &Wcs, (x, y): (f64, f64)) -> Option<SkyCoord> {
    wcs.sky_at(FitsPixel { x: 0.5 + x * WIDTH as f64, y: 0.5 + y * HEIGHT as f64 })
}

fn offset() -> impl Strategy<Value = (f64, f64)> {
    (-0.3..1.3_f64, -0.3..1.3_f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn circles_on_pictures(
        code in prop_oneof![Just("TAN"), Just("TAN-SIP"), Just("TPV"), Just("SIN"), Just("ZEA"), Just("STG")],
        place in placement(), centre in offset(), size in -1.5..2.5_f64
    ) {
        let wcs = image(code, place);
        if let Some(centre) = near(&wcs, centre) {
            let radius = (wcs.pixel_scale_deg() * 10.0_f64.powf(size)).min(180.0);
            check(&wcs, &Region::circle(centre.ra_deg(), centre.dec_deg(), radius).unwrap())?;
        }
    }

    #[test]
    fn polygons_on_pictures(
        code in prop_oneof![Just("TAN"), Just("TAN-SIP"), Just("TPV"), Just("ARC")],
        place in placement(), corners in prop::collection::vec(offset(), 3..7)
    ) {
        let wcs = image(code, place);
        let values: Vec<f64> = corners
            .iter()
            .filter_map(|corner| near(&wcs, *corner))
            .flat_map(|position| [position.ra_deg(), position.dec_deg()])
            .collect();
        if let Ok(region) = Region::polygon(&values) {
            check(&wcs, &region)?;
        }
    }

    #[test]
    fn ranges_on_pictures(
        code in prop_oneof![Just("TAN"), Just("TAN-SIP"), Just("CAR"), Just("CEA")],
        place in placement(), corner in offset(), spans in (0.0..40.0_f64, 0.0..30.0_f64)
    ) {
        let place = if code == "CEA" || code == "CAR" { (place.0, 0.0, place.2, place.3) } else { place };
        let wcs = image(code, place);
        if let Some(corner) = near(&wcs, corner) {
            let scale = wcs.pixel_scale_deg();
            let wide = spans.0 * scale / corner.dec_deg().to_radians().cos().max(1e-3);
            let east = if wide >= 360.0 { 360.0 } else { (corner.ra_deg() + wide).rem_euclid(360.0) };
            let west = if wide >= 360.0 { 0.0 } else { corner.ra_deg() };
            let north = (corner.dec_deg() + spans.1 * scale).min(90.0);
            check(&wcs, &Region::range(west, east, corner.dec_deg(), north).unwrap())?;
        }
    }

    #[test]
    fn circles_on_maps_of_the_sky(
        code in prop_oneof![Just("AIT"), Just("MOL"), Just("CAR"), Just("SFL"), Just("ZEA"), Just("HPX"), Just("MER")],
        (ra, dec, radius) in (0.0..360.0_f64, -90.0..90.0_f64, 2.0..120.0_f64), longitude in 0.0..360.0_f64
    ) {
        let wcs = image(code, (longitude, 0.0, 0.0, 8.0));
        check(&wcs, &Region::circle(ra, dec, radius).unwrap())?;
    }

    #[test]
    fn regions_far_larger_than_the_picture(
        code in prop_oneof![Just("TAN"), Just("TAN-SIP"), Just("TPV"), Just("SIN")],
        place in placement(), edge in offset(), bearing in 0.0..360.0_f64, radius in 1.0..170.0_f64
    ) {
        // A circle whose edge passes by or through the image.
        let wcs = image(code, place);
        if let Some(point) = near(&wcs, edge) {
            let arm = Region::circle(point.ra_deg(), point.dec_deg(), radius).unwrap();
            let centre = arm.boundary()[0].at(bearing / 360.0).unwrap();
            check(&wcs, &Region::circle(centre.ra_deg(), centre.dec_deg(), radius).unwrap())?;
        }
    }
}
