//! The rotations between reference frames, from their published angles.

use super::vector::{Axis, Matrix, combine, frame_rotation, product, transposed};

/// One second of arc in radians.
pub(super) const ARCSEC: f64 = std::f64::consts::PI / 648_000.0;

/// ICRS to FK5 at J2000: η₀ = -19.9, ξ₀ = 9.1, dα₀ = -22.9 mas (USNO Circular 179 §3.5).
pub(super) fn icrs_to_fk5() -> Matrix {
    let [eta, xi, da] = [-0.0199, 0.0091, -0.0229].map(|angle| angle * ARCSEC);
    product(
        &frame_rotation(Axis::X, -eta),
        &product(&frame_rotation(Axis::Y, xi), &frame_rotation(Axis::Z, da)),
    )
}

/// FK5 at J2000 to Galactic: pole (192.859..., 27.128...), node 122.93..., the IAU 1958 definition carried from
/// B1950 to J2000 (Murray 1989, A&A 218, 325).
pub(super) fn fk5_to_galactic() -> Matrix {
    let [pole_ra, pole_dec, node] =
        [192.859_481_206_534_8_f64, 27.128_251_180_856_22, 122.931_918_568_002_6].map(f64::to_radians);
    let quarter = std::f64::consts::FRAC_PI_2;
    product(
        &frame_rotation(Axis::Z, std::f64::consts::PI - node),
        &product(&frame_rotation(Axis::Y, quarter - pole_dec), &frame_rotation(Axis::Z, pole_ra)),
    )
}

/// A polynomial in `t`, lowest power first.
pub(super) fn polynomial(coefficients: &[f64], t: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * t + c)
}

/// The first three Fukushima-Williams angles γ̄, φ̄, ψ̄ of the IAU 2006 precession, frame bias included, radians
/// (Hilton et al. 2006, table 1); `t` in Julian centuries of TT from J2000.
fn fukushima_williams(t: f64) -> [f64; 3] {
    [
        polynomial(&[-0.052_928, 10.556_378, 0.493_204_4, -0.000_312_38, -0.000_002_788, 0.000_000_026], t),
        polynomial(
            &[84_381.412_819, -46.811_016, 0.051_126_8, 0.000_532_89, -0.000_000_44, -0.000_000_017_6],
            t,
        ),
        polynomial(
            &[-0.041_775, 5_038.481_484, 1.558_417_5, -0.000_185_22, -0.000_026_452, -0.000_000_014_8],
            t,
        ),
    ]
    .map(|angle| angle * ARCSEC)
}

/// ICRS to the mean ecliptic and equinox of a Julian year: the Fukushima-Williams chain without its last turn.
pub(super) fn icrs_to_ecliptic(equinox: f64) -> Matrix {
    let [gamma, phi, psi] = fukushima_williams((equinox - 2000.0) / 100.0);
    product(
        &frame_rotation(Axis::Z, -psi),
        &product(&frame_rotation(Axis::X, phi), &frame_rotation(Axis::Z, gamma)),
    )
}

/// Bias and precession from ICRS to the mean equator and equinox of a Julian year (IAU 2006).
fn bias_precession(equinox: f64) -> Matrix {
    let t = (equinox - 2000.0) / 100.0;
    let obliquity = ARCSEC
        * polynomial(
            &[84_381.406, -46.836_769, -0.000_183_1, 0.002_003_4, -0.000_000_576, -0.000_000_043_4],
            t,
        );
    product(&frame_rotation(Axis::X, -obliquity), &icrs_to_ecliptic(equinox))
}

/// Precession of the mean equator from J2000 to a Julian year, without the bias.
pub(super) fn precession_from_j2000(equinox: f64) -> Matrix {
    product(&bias_precession(equinox), &transposed(&bias_precession(2000.0)))
}

/// FK4 (B1950 equator, no E-terms) to FK5 (J2000) for a position observed at a Besselian year: FK4 turns slowly
/// against FK5 (Murray 1989, equations 28 and 29).
pub(super) fn fk4_to_fk5(besselian_year: f64) -> Matrix {
    const AT_B1950: Matrix = [
        [0.999_925_679_495_687_7, -0.011_181_483_220_466_2, -0.004_859_003_815_359_2],
        [0.011_181_483_239_171_7, 0.999_937_484_893_313_5, -0.000_027_162_594_714_2],
        [0.004_859_003_772_314_3, -0.000_027_170_293_744, 0.999_988_194_602_374_2],
    ];
    /// Per Julian century, in units of 1e-6.
    const SPIN: Matrix = [
        [-0.002_645_526_2, -1.153_991_868_9, 2.111_134_619],
        [1.154_062_816_1, -0.012_904_299_7, 0.023_602_147_8],
        [-2.111_297_904_8, -0.005_602_444_8, 0.010_258_773_4],
    ];
    let julian_year = 2000.0 + (besselian_to_jd(besselian_year) - 2_451_545.0) / 365.25;
    let scale = (julian_year - 1950.0) / 100.0 * 1e-6;
    let mut matrix = AT_B1950;
    for (row, spin) in matrix.iter_mut().zip(SPIN) {
        *row = combine(*row, 1.0, spin, scale);
    }
    matrix
}

/// Julian date of the beginning of a Besselian year (Lieske 1979).
pub(super) fn besselian_to_jd(year: f64) -> f64 {
    2_415_020.313_52 + (year - 1900.0) * 365.242_198_781
}

/// Newcomb's precession between two Besselian years (Explanatory Supplement 1961 §2B, with the 1992 constants).
pub(super) fn newcomb_precession(from: f64, to: f64) -> Matrix {
    let t = (from - 1850.0) / 1000.0;
    let dt = (to - 1850.0) / 1000.0 - t;
    let linear = polynomial(&[23_035.545, 139.720, 0.060], t);
    let zeta = dt * polynomial(&[linear, 30.240 - 0.27 * t, 17.995], dt) * ARCSEC;
    let z = dt * polynomial(&[linear, 109.480 + 0.39 * t, 18.325], dt) * ARCSEC;
    let theta =
        dt * polynomial(&[polynomial(&[20_051.12, -85.29, -0.37], t), -42.65 - 0.37 * t, -41.8], dt) * ARCSEC;
    product(
        &frame_rotation(Axis::Z, -z),
        &product(&frame_rotation(Axis::Y, theta), &frame_rotation(Axis::Z, -zeta)),
    )
}
