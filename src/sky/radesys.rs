//! The reference frames a FITS header may state its positions in, and the way from each to ICRS.
//!
//! Accuracy, against astropy 8.0 (which uses the same published constants): ICRS exact, FK5 of any equinox,
//! Galactic, ecliptic and FK4 better than 1e-10 degrees. An FK4 position is taken at the epoch of its equinox,
//! because FITS headers rarely state another; a source observed 50 years later is 0.25 arcsec off at most.

use super::coordinates::SkyCoord;
use super::precession::{
    ARCSEC, besselian_to_jd, fk4_to_fk5, fk5_to_galactic, icrs_to_ecliptic, icrs_to_fk5, newcomb_precession,
    polynomial, precession_from_j2000,
};
use super::vector::{self, Matrix, UnitVector, combine, dot, inverted, normalised, product, transposed};

/// A celestial reference frame (FITS Paper II §3.1): `RADESYSa`/`EQUINOXa` for equatorial and ecliptic axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RadeSys {
    /// International Celestial Reference System.
    Icrs,
    /// Mean equator and equinox of a Julian year, FK5.
    Fk5 {
        /// Julian year, 2000 unless stated.
        equinox: f64,
    },
    /// Mean equator and equinox of a Besselian year, FK4 with the E-terms of aberration.
    Fk4 {
        /// Besselian year, 1950 unless stated.
        equinox: f64,
    },
    /// The same without the E-terms.
    Fk4NoETerms {
        /// Besselian year, 1950 unless stated.
        equinox: f64,
    },
    /// Galactic longitude and latitude (IAU 1958).
    Galactic,
    /// Mean ecliptic and equinox of a Julian year (IAU 2006).
    Ecliptic {
        /// Julian year, 2000 unless stated.
        equinox: f64,
    },
}

/// The way from one frame to ICRS and back, with its matrices computed once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FrameConversion {
    /// The frame is ICRS: nothing changes, not even a rounding.
    Identity,
    /// A linear step, optionally after the E-terms of aberration have been taken off.
    Linear { to_icrs: Matrix, from_icrs: Matrix, e_terms: Option<[f64; 3]> },
}

impl RadeSys {
    pub(crate) fn conversion(self) -> FrameConversion {
        let rotation = |from_icrs: Matrix| FrameConversion::Linear {
            to_icrs: transposed(&from_icrs),
            from_icrs,
            e_terms: None,
        };
        let fk4 = |equinox: f64, e_terms: Option<[f64; 3]>| {
            let to_fk5 = product(&fk4_to_fk5(equinox), &newcomb_precession(equinox, 1950.0));
            let to_icrs = product(&transposed(&icrs_to_fk5()), &to_fk5);
            FrameConversion::Linear { to_icrs, from_icrs: inverted(&to_icrs), e_terms }
        };
        match self {
            Self::Icrs => FrameConversion::Identity,
            Self::Fk5 { equinox } => rotation(product(&precession_from_j2000(equinox), &icrs_to_fk5())),
            Self::Fk4 { equinox } => fk4(equinox, Some(e_terms(equinox))),
            Self::Fk4NoETerms { equinox } => fk4(equinox, None),
            Self::Galactic => rotation(product(&fk5_to_galactic(), &icrs_to_fk5())),
            Self::Ecliptic { equinox } => rotation(icrs_to_ecliptic(equinox)),
        }
    }
}

impl FrameConversion {
    /// Longitude and latitude in the frame become right ascension and declination, all degrees.
    pub(crate) fn icrs_of(&self, longitude_deg: f64, latitude_deg: f64) -> Option<SkyCoord> {
        match self {
            Self::Identity => SkyCoord::new(vector::full_turn_deg(longitude_deg), latitude_deg).ok(),
            Self::Linear { to_icrs, e_terms, .. } => {
                let mut v = vector::from_degrees(longitude_deg, latitude_deg);
                if let Some(e) = e_terms {
                    v = without_e_terms(v, *e);
                }
                SkyCoord::from_vector(vector::rotate(to_icrs, v))
            }
        }
    }

    /// The longitude and latitude a position has in the frame, degrees.
    pub(crate) fn native_of(&self, position: SkyCoord) -> (f64, f64) {
        match self {
            Self::Identity => (position.ra_deg(), position.dec_deg()),
            Self::Linear { from_icrs, e_terms, .. } => {
                let mut v = vector::rotate(from_icrs, position.unit_vector());
                if let Some(e) = e_terms {
                    v = with_e_terms(v, *e);
                }
                vector::to_degrees(v)
            }
        }
    }
}

/// The vector of the E-terms of aberration at a Besselian equinox, radians (Explanatory Supplement 1992 §3.53).
fn e_terms(equinox: f64) -> [f64; 3] {
    let jd = besselian_to_jd(equinox);
    let t = (jd - besselian_to_jd(1950.0)) / 36_525.0;
    let eccentricity = polynomial(&[0.016_730_11, -0.000_041_93, -0.000_000_126], t);
    let perigee = polynomial(&[1_015_489.951, 6_190.67, 1.65, 0.012], t) * ARCSEC;
    let obliquity =
        polynomial(&[84_381.448, -46.815, -0.000_59, 0.001_813], (jd - 2_451_545.0) / 36_525.0) * ARCSEC;
    let size = 0.005_693_2_f64.to_radians() * eccentricity;
    [size * perigee.sin(), -size * perigee.cos() * obliquity.cos(), -size * perigee.cos() * obliquity.sin()]
}

fn without_e_terms(v: UnitVector, e: [f64; 3]) -> UnitVector {
    normalised(combine(combine(v, 1.0, e, -1.0), 1.0, v, dot(e, v))).unwrap_or(v)
}

/// Inverse of [`without_e_terms`]: its fixed point, reached to the last digit in four steps (e ≈ 1e-6).
fn with_e_terms(bare: UnitVector, e: [f64; 3]) -> UnitVector {
    let mut v = bare;
    for _ in 0..5 {
        v = combine(bare, 1.0 / (1.0 + dot(e, v)), e, 1.0 / (1.0 + dot(e, v)));
    }
    normalised(v).unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coord(ra: f64, dec: f64) -> SkyCoord {
        SkyCoord::new(ra, dec).unwrap()
    }

    /// Made with astropy 8.0.2: `SkyCoord(lon, lat, frame=...).icrs`.
    const TO_ICRS: &[(RadeSys, f64, f64, f64, f64)] = &[
        (RadeSys::Fk5 { equinox: 2000.0 }, 0.0, 0.0, 359.999_993_638_889, -2.527_777_777_777_78e-06),
        (RadeSys::Fk5 { equinox: 2000.0 }, 83.25, -66.5, 83.250_000_906_336_7, -66.499_994_807_646_5),
        (RadeSys::Fk5 { equinox: 2000.0 }, 266.4, 89.5, 266.400_322_491_249, 89.499_994_641_842_3),
        (RadeSys::Fk5 { equinox: 2000.0 }, 181.0, -12.25, 180.999_992_429_295, -12.249_997_569_080_2),
        (RadeSys::Fk5 { equinox: 2024.5 }, 0.0, 0.0, 359.686_086_719_582, -0.136_391_112_366_292),
        (RadeSys::Fk5 { equinox: 2024.5 }, 83.25, -66.5, 83.247_713_027_861_7, -66.516_026_668_746_6),
        (RadeSys::Fk5 { equinox: 2024.5 }, 266.4, 89.5, 281.576_289_604_003, 89.490_419_301_941_3),
        (RadeSys::Fk5 { equinox: 2024.5 }, 181.0, -12.25, 180.685_652_484_781, -12.113_623_259_040_3),
        (RadeSys::Fk5 { equinox: 1875.0 }, 0.0, 0.0, 1.600_912_984_928_64, 0.695_993_299_019_762),
        (RadeSys::Fk5 { equinox: 1875.0 }, 83.25, -66.5, 83.264_120_988_512_8, -66.418_264_433_669_4),
        (RadeSys::Fk5 { equinox: 1875.0 }, 266.4, 89.5, 215.529_530_467_901, 89.123_367_283_317_8),
        (RadeSys::Fk5 { equinox: 1875.0 }, 181.0, -12.25, 182.605_748_351_169, -12.945_716_648_298_8),
        (RadeSys::Fk4 { equinox: 1950.0 }, 0.0, 0.0, 0.640_684_612_625_353, 0.278_406_969_654_582),
        (RadeSys::Fk4 { equinox: 1950.0 }, 83.25, -66.5, 83.255_081_020_654_8, -66.467_253_213_206_5),
        (RadeSys::Fk4 { equinox: 1950.0 }, 266.4, 89.5, 238.735_588_690_955, 89.414_027_993_372_3),
        (RadeSys::Fk4 { equinox: 1950.0 }, 181.0, -12.25, 181.642_054_235_898, -12.528_341_564_418_6),
        (RadeSys::Fk4 { equinox: 1900.0 }, 0.0, 0.0, 1.280_852_883_677_18, 0.556_825_304_351_982),
        (RadeSys::Fk4 { equinox: 1900.0 }, 83.25, -66.5, 83.260_717_812_826_5, -66.434_559_995_472_6),
        (RadeSys::Fk4 { equinox: 1900.0 }, 266.4, 89.5, 221.241_250_115_732, 89.232_726_914_19),
        (RadeSys::Fk4 { equinox: 1900.0 }, 181.0, -12.25, 182.284_334_498_424, -12.806_636_814_596_6),
        (RadeSys::Fk4 { equinox: 1975.3 }, 0.0, 0.0, 0.316_698_936_882_504, 0.137_534_451_188_298),
        (RadeSys::Fk4 { equinox: 1975.3 }, 83.25, -66.5, 83.252_477_792_375_5, -66.483_802_902_008_5),
        (RadeSys::Fk4 { equinox: 1975.3 }, 266.4, 89.5, 251.611_355_404_993, 89.473_574_783_829),
        (RadeSys::Fk4 { equinox: 1975.3 }, 181.0, -12.25, 181.317_268_112_902, -12.387_510_498_451_3),
        (RadeSys::Fk4NoETerms { equinox: 1950.0 }, 0.0, 0.0, 0.640_666_323_924_082, 0.278_399_038_748_417),
        (RadeSys::Fk4NoETerms { equinox: 1950.0 }, 83.25, -66.5, 83.255_306_369_436_8, -66.467_284_160_847_4),
        (RadeSys::Fk4NoETerms { equinox: 1950.0 }, 266.4, 89.5, 238.728_806_560_203, 89.413_963_177_323_7),
        (RadeSys::Fk4NoETerms { equinox: 1950.0 }, 181.0, -12.25, 181.642_071_300_844, -12.528_329_486_692),
        (RadeSys::Fk4NoETerms { equinox: 1900.0 }, 0.0, 0.0, 1.280_835_857_471_56, 0.556_817_920_541_469),
        (RadeSys::Fk4NoETerms { equinox: 1900.0 }, 83.25, -66.5, 83.260_943_373_705_9, -66.434_590_716_722_2),
        (RadeSys::Fk4NoETerms { equinox: 1900.0 }, 266.4, 89.5, 221.237_742_123_187, 89.232_644_232_366_5),
        (RadeSys::Fk4NoETerms { equinox: 1900.0 }, 181.0, -12.25, 182.284_350_276_749, -12.806_624_119_727_8),
        (RadeSys::Galactic, 0.0, 0.0, 266.404_988_286_545, -28.936_177_761_791_5),
        (RadeSys::Galactic, 83.25, -66.5, 357.947_629_283_078, -8.340_004_667_941_29),
        (RadeSys::Galactic, 266.4, 89.5, 192.526_244_219_711, 26.726_096_899_696_7),
        (RadeSys::Galactic, 181.0, -12.25, 75.753_040_651_570_6, 21.300_372_071_352_5),
        (RadeSys::Ecliptic { equinox: 2000.0 }, 0.0, 0.0, 359.999_995_944_393, 4.615_870_597_715_38e-06),
        (RadeSys::Ecliptic { equinox: 2000.0 }, 83.25, -66.5, 86.316_906_494_668_4, -43.146_996_335_302_9),
        (RadeSys::Ecliptic { equinox: 2000.0 }, 266.4, 89.5, 269.922_611_180_477, 66.061_685_866_021_3),
        (RadeSys::Ecliptic { equinox: 2000.0 }, 181.0, -12.25, 175.975_052_477_624, -11.621_962_885_389_9),
        (RadeSys::Ecliptic { equinox: 1950.0 }, 0.0, 0.0, 0.640_482_181_028, 0.278_388_629_451_173),
        (RadeSys::Ecliptic { equinox: 1950.0 }, 83.25, -66.5, 86.697_460_749_725_1, -43.123_548_758_099_9),
        (RadeSys::Ecliptic { equinox: 1950.0 }, 266.4, 89.5, 269.936_219_815_293, 66.054_841_446_937_7),
        (RadeSys::Ecliptic { equinox: 1950.0 }, 181.0, -12.25, 176.610_452_958_674, -11.899_312_076_473_4),
    ];

    #[test]
    fn every_frame_agrees_with_astropy() {
        for &(frame, longitude, latitude, ra, dec) in TO_ICRS {
            let icrs = frame.conversion().icrs_of(longitude, latitude).unwrap();
            let off = icrs.separation_deg(coord(ra, dec));
            assert!(off < 1e-10, "{frame:?} ({longitude}, {latitude}): off by {off} deg");
        }
    }

    #[test]
    fn a_position_comes_back_from_every_frame() {
        for &(frame, ..) in TO_ICRS {
            let conversion = frame.conversion();
            for (ra, dec) in [(0.0, 0.0), (359.999, 89.9), (123.4, -56.7), (12.0, -90.0)] {
                let (longitude, latitude) = conversion.native_of(coord(ra, dec));
                let back = conversion.icrs_of(longitude, latitude).unwrap();
                assert!(back.separation_deg(coord(ra, dec)) < 1e-13, "{frame:?} ({ra}, {dec}) {back:?}");
            }
        }
    }

    #[test]
    fn fk5_differs_from_icrs_by_the_published_offset() {
        let (ra, dec) = RadeSys::Fk5 { equinox: 2000.0 }.conversion().native_of(coord(37.644_598, 0.104_625));
        assert!((ra - 37.644_604_372).abs() < 5e-10 && (dec - 0.104_623_625).abs() < 5e-10, "{ra} {dec}");
    }

    #[test]
    fn the_galactic_matrix_has_its_published_digits() {
        let FrameConversion::Linear { from_icrs, .. } = RadeSys::Galactic.conversion() else { panic!() };
        let published = [
            [-0.054_875_657_7, -0.873_437_052_0, -0.483_835_073_6],
            [0.494_109_437_2, -0.444_829_721_2, 0.746_982_184_0],
            [-0.867_666_137_6, -0.198_076_337_3, 0.455_983_813_7],
        ];
        for (row, expected) in from_icrs.iter().flatten().zip(published.iter().flatten()) {
            assert!((row - expected).abs() < 1e-10, "{row} {expected}");
        }
    }

    #[test]
    fn icrs_positions_pass_through_bit_for_bit() {
        let there = coord(210.123_456_789_012, -12.345_678_901_234);
        let conversion = RadeSys::Icrs.conversion();
        assert_eq!(conversion.native_of(there), (there.ra_deg(), there.dec_deg()));
        assert_eq!(conversion.icrs_of(there.ra_deg(), there.dec_deg()), Some(there));
    }
}
