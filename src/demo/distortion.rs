//! The distortion of the calibrated exposures: a SIP polynomial and its inverse (Shupe et al. 2005).

use crate::fits::Header;

/// One polynomial of the SIP convention: keyword stem, order and ((p, q), coefficient).
type Polynomial = (&'static str, i64, &'static [((i32, i32), f64)]);

/// Forward distortion: about one pixel at the corners of a 2048 x 1489 frame.
const SIP: [Polynomial; 2] = [
    ("A", 3, &[((2, 0), 4e-7), ((1, 1), 3e-7), ((0, 2), -2.5e-7), ((3, 0), 3e-10), ((1, 2), 2.5e-10)]),
    ("B", 3, &[((2, 0), -2e-7), ((1, 1), 2.5e-7), ((0, 2), 3.5e-7), ((2, 1), 2.5e-10), ((0, 3), 3e-10)]),
];

/// Its inverse, fitted by least squares over the frame; the residual is below 1.2e-4 pixels.
const SIP_INVERSE: [Polynomial; 2] = [
    (
        "AP",
        4,
        &[
            ((0, 0), -6.754_846e-10),
            ((0, 1), 1.735_692e-10),
            ((0, 2), 2.499_999e-7),
            ((0, 3), -2.498_940e-13),
            ((0, 4), -2.119_355e-16),
            ((1, 0), -1.373_553e-7),
            ((1, 1), -2.999_997e-7),
            ((1, 2), -2.497_444e-10),
            ((1, 3), 4.144_607e-16),
            ((2, 0), -3.999_997e-7),
            ((2, 1), 5.335_398e-13),
            ((2, 2), 7.442_438e-17),
            ((3, 0), -2.993_302e-10),
            ((3, 1), 3.336_371e-16),
            ((4, 0), 5.986_145e-16),
        ],
    ),
    (
        "BP",
        4,
        &[
            ((0, 0), 9.217_086e-10),
            ((0, 1), -9.811_153e-8),
            ((0, 2), -3.499_997e-7),
            ((0, 3), -2.994_877e-10),
            ((0, 4), 5.238_977e-16),
            ((1, 0), -4.168_798e-12),
            ((1, 1), -2.499_999e-7),
            ((1, 2), 4.365_482e-13),
            ((1, 3), 2.366_299e-16),
            ((2, 0), 1.999_998e-7),
            ((2, 1), -2.497_493e-10),
            ((2, 2), 1.319_262e-16),
            ((3, 0), -2.096_091e-13),
            ((3, 1), 3.995_724e-16),
            ((4, 0), -1.694_470e-16),
        ],
    ),
];

/// Value of a polynomial at (u, v), pixels from `CRPIX`.
fn evaluate(polynomial: &Polynomial, u: f64, v: f64) -> f64 {
    polynomial.2.iter().map(|((p, q), coefficient)| coefficient * u.powi(*p) * v.powi(*q)).sum()
}

/// Pixels from `CRPIX` on the undistorted plane, of pixels from `CRPIX` in the image.
pub(super) fn undistorted(u: f64, v: f64) -> (f64, f64) {
    (u + evaluate(&SIP[0], u, v), v + evaluate(&SIP[1], u, v))
}

/// The exact inverse of [`undistorted`], found by iteration; the written inverse is only close to it.
pub(super) fn distorted(plane_u: f64, plane_v: f64) -> (f64, f64) {
    let (mut u, mut v) = (plane_u, plane_v);
    // The distortion's slope is below 0.002, so each turn gains nearly three digits.
    for _ in 0..6 {
        (u, v) = (plane_u - evaluate(&SIP[0], u, v), plane_v - evaluate(&SIP[1], u, v));
    }
    (u, v)
}

/// Appends the cards of both polynomials.
pub(super) fn describe(header: &mut Header) {
    for (stem, order, terms) in SIP.iter().chain(&SIP_INVERSE) {
        header.set_integer(&format!("{stem}_ORDER"), *order, "");
        for ((p, q), coefficient) in *terms {
            header.set_real(&format!("{stem}_{p}_{q}"), *coefficient, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_inverse_distortion_agree_over_the_frame() {
        for x in (-1024..=1024).step_by(128) {
            for y in (-744..=744).step_by(124) {
                let (u, v) = (f64::from(x), f64::from(y));
                let (du, dv) = undistorted(u, v);
                let (exact_u, exact_v) = distorted(du, dv);
                assert!((exact_u - u).hypot(exact_v - v) < 1e-9, "{u} {v}");
                let back_u = du + evaluate(&SIP_INVERSE[0], du, dv);
                let back_v = dv + evaluate(&SIP_INVERSE[1], du, dv);
                assert!((back_u - u).hypot(back_v - v) < 2e-4, "{u} {v}");
            }
        }
    }
}
