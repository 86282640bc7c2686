use super::*;
use crate::sky::vector::from_degrees;
use crate::sky::worked_examples::{E1, HEIGHT, P1, S1, T1, WIDTH, Z1, wcs};
use proptest::prelude::*;

fn footprint(header: &[&str]) -> Footprint {
    Footprint::of(&wcs(header), WIDTH, HEIGHT).unwrap()
}

fn sky(ra: f64, dec: f64) -> SkyCoord {
    SkyCoord::new(ra, dec).unwrap()
}

#[test]
fn the_outline_runs_along_the_outer_pixel_edges() {
    let found = footprint(E1);
    // From (½, ½): counter-clockwise as seen from the Earth.
    let expected = [
        (150.055_588, 1.958_332),
        (149.944_412, 1.958_332),
        (149.944_409, 2.041_666),
        (150.055_591, 2.041_666),
    ];
    assert_eq!(found.vertices().len(), 4);
    for (vertex, (ra, dec)) in found.vertices().iter().zip(expected) {
        assert!((vertex.ra_deg() - ra).abs() < 1e-6 && (vertex.dec_deg() - dec).abs() < 1e-6, "{vertex:?}");
    }
}

#[test]
fn every_outline_is_counter_clockwise_from_the_earth() {
    let mirrored: Vec<&str> =
        E1.iter().map(|line| if line.starts_with("CDELT1") { "CDELT1=2.8E-4" } else { *line }).collect();
    for header in [E1, Z1, P1, S1, T1, &mirrored] {
        let found = footprint(header);
        let centre = found.centre().unit_vector();
        let corners: Vec<UnitVector> = found.vertices().iter().map(|vertex| vertex.unit_vector()).collect();
        let turned: f64 = (0..corners.len())
            .map(|i| dot(centre, cross(corners[i], corners[(i + 1) % corners.len()])))
            .sum();
        assert!(turned < 0.0, "{header:?}");
        let first = wcs(header).sky_at(FitsPixel { x: 0.5, y: 0.5 }).unwrap();
        assert!(found.vertices()[0].separation_deg(first) < 1e-12);
    }
}

#[test]
fn bent_edges_get_vertices_of_their_own() {
    assert_eq!(footprint(P1).vertices().len(), 4);
    assert!(footprint(S1).vertices().len() > 4);
}

#[test]
fn a_pole_inside_is_inside() {
    let found = footprint(P1);
    assert!(
        found.contains(sky(0.0, 90.0))
            && found.contains(sky(225.0, 89.99))
            && !found.contains(sky(0.0, 89.0))
    );
    assert!(found.unit_vector_box().contains([0.0, 0.0, 1.0]));
    assert!(found.radius_deg() > 0.138 && found.radius_deg() < 0.140, "{}", found.radius_deg());
}

#[test]
fn a_map_of_the_whole_sky_covers_it() {
    let map = wcs(&[
        "CTYPE1='RA---AIT'",
        "CTYPE2='DEC--AIT'",
        "CRPIX1=180.5",
        "CRPIX2=90.5",
        "CRVAL1=0",
        "CRVAL2=0",
        "CDELT1=-1",
        "CDELT2=1",
    ]);
    let found = Footprint::of(&map, 360, 180).unwrap();
    assert!(found.vertices().is_empty());
    assert!(found.contains(sky(180.0, -80.0)));
    assert_eq!(found.unit_vector_box(), UnitVectorBox { min: [-1.0; 3], max: [1.0; 3] });
}

#[test]
fn a_kept_footprint_is_the_same_polygon() {
    let found = footprint(S1);
    let restored = Footprint::restore(found.vertices(), found.centre(), found.radius_deg());
    assert_eq!(restored.vertices(), found.vertices());
    for (ra, dec) in [(210.0, 54.0), (209.96, 54.02), (210.03, 53.98)] {
        assert_eq!(restored.contains(sky(ra, dec)), found.contains(sky(ra, dec)));
    }
}

#[test]
fn regions_that_touch_the_image_intersect_its_footprint() {
    let found = footprint(E1);
    let circle = |ra, dec, radius| Region::circle(ra, dec, radius).unwrap();
    let range = |a, b, c, d| Region::range(a, b, c, d).unwrap();
    for (region, touches) in [
        (circle(150.0, 2.0, 0.001), true),
        (circle(150.0, 2.0, 100.0), true),
        (circle(150.06, 2.0, 0.004), false),
        (circle(150.06, 2.0, 0.005), true),
        (circle(150.0612, 2.0472, 0.004), false),
        (circle(330.0, -2.0, 170.0), false),
        (range(0.0, 360.0, -90.0, 90.0), true),
        (range(149.0, 151.0, 1.99, 1.995), true),
        (range(149.0, 151.0, 2.05, 3.0), false),
        (range(150.0, 150.0, 2.0, 2.0), true),
        (range(140.0, 160.0, 2.0, 2.0), true),
        (Region::polygon(&[149.0, 1.0, 151.0, 1.0, 150.0, 1.9]).unwrap(), false),
        (Region::polygon(&[149.0, 1.0, 151.0, 1.0, 150.0, 2.2]).unwrap(), true),
        (Region::polygon(&[149.99, 1.99, 150.01, 1.99, 150.0, 2.01]).unwrap(), true),
        (Region::polygon(&[140.0, -8.0, 160.0, -8.0, 160.0, 12.0, 140.0, 12.0]).unwrap(), true),
    ] {
        assert_eq!(found.intersects(&region), touches, "{region:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The box holds every pixel of images of any size and place, edges' bulge and inside included.
    #[test]
    fn the_unit_vector_box_covers_the_image(
        ra in 0.0..360.0, dec in -90.0..90.0_f64, turn in 0.0..360.0, scale in 1e-5..0.15_f64, aspect in 0.1..1.0_f64
    ) {
        let lines = [
            "CTYPE1='RA---TAN'".to_owned(), "CTYPE2='DEC--TAN'".to_owned(), "CRPIX1=200.5".to_owned(),
            format!("CRPIX2={}", 200.0 * aspect + 0.5), format!("CRVAL1={ra}"), format!("CRVAL2={dec}"),
            format!("CDELT1={}", -scale), format!("CDELT2={scale}"), format!("CROTA2={turn}"),
        ];
        let wcs = wcs(&lines.each_ref().map(String::as_str));
        let height = (400.0 * aspect) as usize + 1;
        let found = Footprint::of(&wcs, 400, height).unwrap();
        let bounds = found.unit_vector_box();
        for i in 0..=20 {
            for j in 0..=20 {
                let pixel = FitsPixel {
                    x: 0.5 + 400.0 * f64::from(i) / 20.0, y: 0.5 + height as f64 * f64::from(j) / 20.0
                };
                let position = wcs.sky_at(pixel).unwrap();
                prop_assert!(bounds.contains(from_degrees(position.ra_deg(), position.dec_deg())), "{:?}", pixel);
                prop_assert!(found.centre().separation_deg(position) <= found.radius_deg());
                let is_inside = (1..20).contains(&i) && (1..20).contains(&j);
                prop_assert!(!is_inside || found.contains(position));
            }
        }
        prop_assert!(!found.contains(SkyCoord::from_vector(found.centre().unit_vector().map(|c| -c)).unwrap()));
    }

    #[test]
    fn the_box_of_a_circle_covers_it(ra in 0.0..360.0, dec in -90.0..90.0_f64, radius in 0.001..180.0_f64, t in 0.0..1.0) {
        let region = Region::circle(ra, dec, radius).unwrap();
        let bounds = UnitVectorBox::of_region(&region);
        prop_assert!(bounds.contains(sky(ra, dec).unit_vector()));
        for curve in region.boundary() {
            prop_assert!(bounds.contains(curve.at(t).unwrap().unit_vector()));
        }
    }
}
