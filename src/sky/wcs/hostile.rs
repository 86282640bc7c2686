//! Headers nobody sane writes: none of them may end in a panic.

use proptest::prelude::*;

use super::*;
use crate::sky::worked_examples::cards;
use crate::sky::{CutoutSize, Extent, Footprint, Region, centred_box, region_box};

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (-400.0..400.0_f64).prop_map(|v| v.to_string()),
        2 => prop_oneof![
            Just(0.0), Just(1.0), Just(-1.0), Just(90.0), Just(-90.0), Just(180.0), Just(360.0), Just(1e-300),
            Just(1e300), Just(-1e300), Just(1e-12), Just(45.0)
        ].prop_map(|v| format!("{v:E}")),
        1 => prop_oneof![Just("''"), Just("'x'"), Just("NaN"), Just("1E400"), Just("T"), Just("'/"), Just("")]
            .prop_map(str::to_owned),
    ]
}

fn keyword() -> impl Strategy<Value = String> {
    let indexed = |roots: &'static [&'static str]| {
        (prop::sample::select(roots), 1..4_u8).prop_map(|(root, axis)| format!("{root}{axis}"))
    };
    prop_oneof![
        4 => indexed(&["CRPIX", "CRVAL", "CDELT", "CROTA", "NAXIS", "ZNAXIS"]),
        2 => (prop::sample::select(&["CD", "PC"][..]), 1..4_u8, 1..4_u8).prop_map(|(r, i, j)| format!("{r}{i}_{j}")),
        3 => (1..3_u8, 0..25_u8).prop_map(|(i, m)| format!("PV{i}_{m}")),
        2 => (prop::sample::select(&["A", "B", "AP"][..]), 0..4_u8, 0..4_u8).prop_map(|(r, i, j)| format!("{r}_{i}_{j}")),
        2 => prop::sample::select(
            &["LONPOLE", "LATPOLE", "EQUINOX", "EPOCH", "A_ORDER", "B_ORDER", "WCSAXES", "RADESYS"][..]
        ).prop_map(str::to_owned),
    ]
}

fn codes() -> impl Strategy<Value = String> {
    let systems = prop::sample::select(
        &[("RA---", "DEC--"), ("GLON-", "GLAT-"), ("ELAT-", "ELON-"), ("HPLN-", "HPLT-")][..],
    );
    let projections = prop::sample::select(
        &[
            "TAN", "SIN", "ARC", "STG", "ZEA", "ZPN", "AIR", "AZP", "SZP", "CAR", "CEA", "MER", "CYP", "SFL",
            "PAR", "AIT", "MOL", "COP", "COE", "COD", "COO", "BON", "PCO", "TSC", "CSC", "QSC", "HPX", "TPV",
            "GLS", "NCP", "TAN-SIP",
        ][..],
    );
    (systems, projections).prop_map(|((a, b), code)| format!("CTYPE1='{a}{code}'\nCTYPE2='{b}{code}'"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_header_panics(
        codes in codes(), changes in prop::collection::vec((keyword(), value()), 0..12), x in -1e3..1e4_f64, dec in -90.0..90.0_f64
    ) {
        let mut lines: Vec<String> = codes.lines().map(str::to_owned).collect();
        lines.extend(["CDELT1=-0.1", "CDELT2=0.1", "CRPIX1=10", "CRPIX2=10"].map(str::to_owned));
        lines.extend(changes.iter().map(|(keyword, value)| format!("{keyword}={value}")));
        let Ok(wcs) = Wcs::parse(&cards(&lines.iter().map(String::as_str).collect::<Vec<_>>())) else { return Ok(()) };
        for pixel in [FitsPixel { x, y: 12.0 }, FitsPixel { x: 1e300, y: -1e300 }] {
            wcs.native_at(pixel);
            if let Some(found) = wcs.sky_at(pixel) {
                prop_assert!((0.0..360.0).contains(&found.ra_deg()) && found.dec_deg().abs() <= 90.0);
            }
        }
        let position = SkyCoord::new(x.rem_euclid(360.0), dec).unwrap();
        wcs.pixel_at(position);
        let (width, height) = (20, 30);
        let region = Region::circle(position.ra_deg(), dec, 3.0).unwrap();
        let size = CutoutSize::new(Extent::Degrees(0.5), Extent::Pixels(7.0)).unwrap();
        for found in [region_box(&wcs, &region, width, height), centred_box(&wcs, position, size, width, height)]
            .into_iter()
            .flatten()
        {
            prop_assert!(found.x + found.width <= width && found.y + found.height <= height);
        }
        if let Some(footprint) = Footprint::of(&wcs, width, height) {
            footprint.contains(position);
            footprint.intersects(&region);
            footprint.unit_vector_box();
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Wcs::parse(&bytes).is_err());
    }
}
