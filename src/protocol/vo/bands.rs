//! The wavelengths that filters let through.

use std::sync::Arc;

use crate::catalogue::SpectralBand;
use crate::ingest::BandConfig;

/// Filter, shortest and longest wavelength in nanometres.
type Band = (&'static str, f64, f64);

/// SDSS: effective wavelength ± half of the full width at half maximum.
pub(super) const SDSS: [Band; 5] =
    [("u", 325.2, 385.1), ("g", 399.7, 537.6), ("r", 547.4, 685.6), ("i", 671.4, 824.9), ("z", 845.3, 940.9)];

/// What amateurs' filters of these names let through, give or take the maker: broad bands of imaging sets, and
/// lines with the 7 nm most of them have.
pub(super) const IMAGING: [Band; 16] = [
    ("L", 400.0, 700.0),
    ("Lum", 400.0, 700.0),
    ("Luminance", 400.0, 700.0),
    ("R", 590.0, 690.0),
    ("Red", 590.0, 690.0),
    ("G", 490.0, 580.0),
    ("Green", 490.0, 580.0),
    ("B", 390.0, 510.0),
    ("Blue", 390.0, 510.0),
    ("Ha", 652.8, 659.8),
    ("H-alpha", 652.8, 659.8),
    ("Hb", 482.6, 489.6),
    ("OIII", 497.2, 504.2),
    ("O3", 497.2, 504.2),
    ("SII", 668.9, 675.9),
    ("S2", 668.9, 675.9),
];

/// The bands of the settings, then the usual ones that these do not name.
pub(super) fn of(configured: &[BandConfig], usual: &[Band]) -> Arc<[SpectralBand]> {
    // By way of the digits, so that 547.4 nm is 5.474e-7 m and not its neighbour.
    let metres = |nm: f64| format!("{nm}e-9").parse().unwrap_or(f64::NAN);
    let band = |filter: &str, from_nm, to_nm| SpectralBand {
        filter: filter.to_owned(),
        range_m: (metres(from_nm), metres(to_nm)),
    };
    let is_named = |filter: &str| configured.iter().any(|band| band.filter.eq_ignore_ascii_case(filter));
    let named = configured.iter().map(|known| band(&known.filter, known.from_nm, known.to_nm));
    let usual = usual.iter().filter(|(filter, ..)| !is_named(filter));
    named.chain(usual.map(|(filter, from, to)| band(filter, *from, *to))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_go_before_what_is_usual() {
        let configured = [BandConfig { filter: "HA".to_owned(), from_nm: 655.0, to_nm: 658.0 }];
        let bands = of(&configured, &IMAGING);
        assert_eq!(bands.len(), IMAGING.len());
        let ha: Vec<_> = bands.iter().filter(|band| band.filter.eq_ignore_ascii_case("ha")).collect();
        assert_eq!(ha.len(), 1);
        assert!((ha[0].range_m.0 - 655e-9).abs() < 1e-15);
    }
}
