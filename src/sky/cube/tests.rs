//! Axes of cubes against numbers worked out by hand from the papers.

use super::*;

fn axes(lines: &[&str], lengths: &[usize]) -> CubeAxes {
    let cards: Vec<u8> = lines
        .iter()
        .flat_map(|line| {
            let (keyword, value) = line.split_once('=').unwrap();
            format!("{:<80}", format!("{keyword:<8}= {value}")).into_bytes()
        })
        .collect();
    CubeAxes::parse(&cards, lengths).unwrap()
}

fn spectral(lines: &[&str], length: usize) -> SpectralAxis {
    axes(lines, &[4, 4, length]).spectral.unwrap().1.unwrap()
}

fn run(start: i64, length: i64) -> Option<AxisRun> {
    AxisRun::between(start, start + length)
}

#[test]
fn every_spectral_quantity_tells_its_wavelength() {
    let rest = "RESTFRQ=1.420405751786E9";
    for (lines, pixel, expected) in [
        (&["CTYPE3='FREQ'", "CRPIX3=1", "CRVAL3=1.4E9", "CDELT3=1E6"][..], 1.0, 0.214_137_47),
        (&["CTYPE3='FREQ'", "CUNIT3='GHz'", "CRPIX3=1", "CRVAL3=1.4", "CDELT3=0.001"], 1.0, 0.214_137_47),
        (&["CTYPE3='WAVE'", "CUNIT3='Angstrom'", "CRPIX3=1", "CRVAL3=5000", "CDELT3=2"], 3.0, 5.004e-7),
        // n = 1 + 1e-6 (287.6155 + 1.62887 / 0.25 + 0.0136 / 0.0625).
        (&["CTYPE3='AWAV'", "CUNIT3='nm'", "CRPIX3=1", "CRVAL3=500", "CDELT3=1"], 1.0, 5.001_471_74e-7),
        (&["CTYPE3='ENER'", "CUNIT3='keV'", "CRPIX3=1", "CRVAL3=1", "CDELT3=1"], 1.0, 1.239_842e-9),
        (&["CTYPE3='WAVN'", "CUNIT3='cm-1'", "CRPIX3=1", "CRVAL3=20000", "CDELT3=1"], 1.0, 5e-7),
        (&["CTYPE3='VRAD'", "CUNIT3='km/s'", "CRPIX3=1", "CRVAL3=0", "CDELT3=1", rest], 1.0, 0.211_061_14),
        (&["CTYPE3='VOPT'", "CRPIX3=1", "CRVAL3=2997924.58", "CDELT3=1", rest], 1.0, 0.213_171_75),
        (&["CTYPE3='ZOPT'", "CRPIX3=1", "CRVAL3=1", "CDELT3=1", "RESTWAV=1.216E-7"], 1.0, 2.432e-7),
        (&["CTYPE3='BETA'", "CRPIX3=1", "CRVAL3=0.6", "CDELT3=.01", "RESTWAV=1E-6"], 1.0, 2e-6),
        (&["CTYPE3='WAVE-LOG'", "CRPIX3=1", "CRVAL3=5E-7", "CDELT3=5E-7"], 2.0, 1.359_140_9e-6),
        // Linear in frequency, expressed as wavelength: ν = c/5e-7 − 2·c·1e-9/(5e-7)².
        (&["CTYPE3='WAVE-F2W'", "CRPIX3=1", "CRVAL3=5E-7", "CDELT3=1E-9"], 3.0, 5.020_080_32e-7),
    ] {
        let found = spectral(lines, 10).wavelength_m(pixel).unwrap();
        assert!((found / expected - 1.0).abs() < 2e-7, "{lines:?}: {found}");
    }
}

#[test]
fn a_band_keeps_the_pixels_that_see_some_of_it() {
    let axis = spectral(&["CTYPE3='WAVE'", "CRPIX3=1", "CRVAL3=5E-7", "CDELT3=1E-9"], 10);
    for (band, expected) in [
        ([5.0e-7, 5.0e-7], run(0, 1)),
        ([5.01e-7, 5.03e-7], run(1, 3)),
        // Up to the edge between two pixels, and not a hair further.
        ([5.005e-7, 5.015e-7], run(1, 1)),
        ([5.0049e-7, 5.0151e-7], run(0, 3)),
        ([f64::NEG_INFINITY, 5.012e-7], run(0, 2)),
        ([5.08e-7, f64::INFINITY], run(8, 2)),
        ([4.0e-7, 6.0e-7], run(0, 10)),
        ([4.0e-7, 4.99e-7], None),
        ([5.1e-7, 6.0e-7], None),
    ] {
        assert_eq!(axis.run(band[0], band[1]), expected, "{band:?}");
    }
    // The same the other way round: frequency falls as wavelength grows.
    let axis = spectral(&["CTYPE3='FREQ'", "CRPIX3=1", "CRVAL3=1E9", "CDELT3=1E6"], 100);
    let wavelength = |hz: f64| 299_792_458.0 / hz;
    assert_eq!(axis.run(wavelength(1.0204e9), wavelength(1.0096e9)), run(10, 11));
}

#[test]
fn axes_that_cannot_be_evaluated_say_why() {
    for (lines, word) in [
        (&["CTYPE3='VRAD'", "CDELT3=1"][..], "rest"),
        (&["CTYPE3='WAVE-TAB'", "CDELT3=1"], "WAVE-TAB"),
        (&["CTYPE3='WAVE-GRI'", "CDELT3=1"], "WAVE-GRI"),
        (&["CTYPE3='FREQ'", "CRVAL3=1E9", "CUNIT3='parsec'"], "parsec"),
        (&["CTYPE3='FREQ'", "CRVAL3=1E9", "CD3_1=1", "CD3_3=1"], "turned"),
        (&["CTYPE3='FREQ'", "CRVAL3=1E9", "CDELT3=0"], "zero"),
        (&["CTYPE3='FREQ'", "CRPIX3=1", "CRVAL3=1", "CDELT3=-1"], "no wavelength"),
    ] {
        let error = axes(lines, &[4, 4, 10]).spectral.unwrap().1.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn times_are_utc_whatever_the_axis_counts_in() {
    for (lines, pixel, expected) in [
        (&["CTYPE3='TIME'", "CRPIX3=1", "CRVAL3=0", "CDELT3=3600", "MJDREF=59000"][..], 13.0, 59_000.5),
        (
            &["CTYPE3='TIME'", "CUNIT3='d'", "CRPIX3=1", "CDELT3=1", "MJDREFI=59000", "MJDREFF=0.25"],
            2.0,
            59_001.25,
        ),
        (
            &["CTYPE3='TIME'", "CUNIT3='d'", "CRPIX3=1", "CDELT3=1", "DATEREF='2020-05-31T06:00:00'"],
            1.0,
            59_000.25,
        ),
        (&["CTYPE3='MJD'", "CRPIX3=1", "CRVAL3=59000", "CDELT3=1"], 1.0, 59_000.0),
        (&["CTYPE3='JD'", "CRPIX3=1", "CRVAL3=2459000.5", "CDELT3=1"], 1.0, 59_000.0),
        (&["CTYPE3='TAI'", "CRPIX3=1", "CRVAL3=37", "CDELT3=1", "MJDREF=59000"], 1.0, 59_000.0),
        (
            &["CTYPE3='TIME'", "TIMESYS='TT'", "CRPIX3=1", "CRVAL3=69.184", "CDELT3=1", "MJDREF=59000"],
            1.0,
            59_000.0,
        ),
    ] {
        let axis = axes(lines, &[4, 4, 10]).time.unwrap().1.unwrap();
        assert!((axis.mjd(pixel) - expected).abs() < 1e-8, "{lines:?}: {}", axis.mjd(pixel));
    }
    let axis = axes(&["CTYPE3='MJD'", "CRPIX3=1", "CRVAL3=59000", "CDELT3=1"], &[4, 4, 10]);
    assert_eq!(axis.time.unwrap().1.unwrap().run(59_001.6, 59_003.0), run(2, 2));
}

#[test]
fn polarisations_keep_the_range_that_covers_them() {
    let read = axes(&["CTYPE4='STOKES'", "CRPIX4=1", "CRVAL4=1", "CDELT4=1"], &[4, 4, 1, 4]);
    let (number, stokes) = read.stokes.unwrap();
    let stokes = stokes.unwrap();
    assert_eq!(number, 4);
    let states =
        |names: &[&str]| -> Vec<_> { names.iter().map(|name| Polarization::named(name).unwrap()).collect() };
    assert_eq!(stokes.run(&states(&["Q"])), run(1, 1));
    assert_eq!(stokes.run(&states(&["V", "Q"])), run(1, 3));
    assert_eq!(stokes.run(&states(&["RR", "POLI"])), None);
    let circular = axes(&["CTYPE3='STOKES'", "CRPIX3=1", "CRVAL3=-1", "CDELT3=-1"], &[4, 4, 4]);
    assert_eq!(circular.stokes.unwrap().1.unwrap().run(&states(&["LR"])), run(3, 1));
    assert_eq!(Polarization::named("i"), None);
}

#[test]
fn pictures_have_no_further_axes() {
    let picture = axes(&["CTYPE1='RA---TAN'", "CTYPE2='DEC--TAN'", "CTYPE3='TIME'"], &[4, 4]);
    assert!(picture.spectral.is_none() && picture.time.is_none() && picture.stokes.is_none());
}
