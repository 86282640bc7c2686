//! Headers the tests of this room share: five small images, each bent in its own way. 400 x 300 pixels, ICRS.

use super::Wcs;

pub(crate) const WIDTH: usize = 400;
pub(crate) const HEIGHT: usize = 300;

/// Raw cards from `KEYWORD = value` lines.
pub(crate) fn cards(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let (keyword, value) = line.split_once('=').expect("KEYWORD = value");
        bytes.extend(format!("{:<8}= {:<70}", keyword.trim(), value.trim()).into_bytes());
    }
    bytes
}

pub(crate) fn wcs(lines: &[&str]) -> Wcs {
    Wcs::parse(&cards(lines)).expect("a sound header")
}

pub(crate) const E1: &[&str] = &[
    "NAXIS1=400",
    "NAXIS2=300",
    "RADESYS='ICRS'",
    "CTYPE1='RA---TAN'",
    "CTYPE2='DEC--TAN'",
    "CRPIX1=200.5",
    "CRPIX2=150.5",
    "CRVAL1=150.0",
    "CRVAL2=2.0",
    "CDELT1=-2.777777777777777778E-4",
    "CDELT2=2.777777777777777778E-4",
];

/// North turned by 30 degrees, across right ascension 0.
pub(crate) const Z1: &[&str] = &[
    "NAXIS1=400",
    "NAXIS2=300",
    "RADESYS='ICRS'",
    "CTYPE1='RA---TAN'",
    "CTYPE2='DEC--TAN'",
    "CRPIX1=180.25",
    "CRPIX2=160.75",
    "CRVAL1=0.01",
    "CRVAL2=-0.005",
    "CD1_1=-1.2028130608117202E-4",
    "CD1_2=6.944444444444444E-5",
    "CD2_1=6.944444444444444E-5",
    "CD2_2=1.2028130608117202E-4",
];

/// The north pole inside.
pub(crate) const P1: &[&str] = &[
    "NAXIS1=400",
    "NAXIS2=300",
    "RADESYS='ICRS'",
    "CTYPE1='RA---TAN'",
    "CTYPE2='DEC--TAN'",
    "CRPIX1=200.5",
    "CRPIX2=150.5",
    "CRVAL1=45.0",
    "CRVAL2=89.95",
    "CDELT1=-5.555555555555555556E-4",
    "CDELT2=5.555555555555555556E-4",
];

/// SIP of third order.
pub(crate) const S1: &[&str] = &[
    "NAXIS1=400",
    "NAXIS2=300",
    "RADESYS='ICRS'",
    "CTYPE1='RA---TAN-SIP'",
    "CTYPE2='DEC--TAN-SIP'",
    "CRPIX1=150.25",
    "CRPIX2=120.75",
    "CRVAL1=210.0",
    "CRVAL2=54.0",
    "CD1_1=-1E-4",
    "CD1_2=2E-5",
    "CD2_1=2E-5",
    "CD2_2=1E-4",
    "A_ORDER=3",
    "B_ORDER=3",
    "A_2_0=2E-5",
    "A_0_2=-1E-5",
    "A_1_1=5E-6",
    "A_3_0=1E-8",
    "B_2_0=-8E-6",
    "B_0_2=1.5E-5",
    "B_1_1=3E-6",
    "B_0_3=-2E-8",
];

/// TPV.
pub(crate) const T1: &[&str] = &[
    "NAXIS1=400",
    "NAXIS2=300",
    "RADESYS='ICRS'",
    "CTYPE1='RA---TPV'",
    "CTYPE2='DEC--TPV'",
    "CRPIX1=150.25",
    "CRPIX2=120.75",
    "CRVAL1=210.0",
    "CRVAL2=54.0",
    "CD1_1=-1E-4",
    "CD1_2=2E-5",
    "CD2_1=2E-5",
    "CD2_2=1E-4",
    "PV1_0=0",
    "PV1_1=1",
    "PV1_2=0.002",
    "PV1_4=0.05",
    "PV2_0=0",
    "PV2_1=1",
    "PV2_2=-0.001",
    "PV2_4=-0.03",
];

/// A coadd of SDSS stripe 82: cylindrical equal-area, its reference 36 degrees away. 300 x 300 pixels.
pub(crate) const COADD: &[&str] = &[
    "NAXIS1=300",
    "NAXIS2=300",
    "CTYPE1='RA---CEA'",
    "CTYPE2='DEC--CEA'",
    "CRPIX1=-322839",
    "CRPIX2=10894",
    "CRVAL1=45",
    "CRVAL2=0",
    "CD1_1=-1.1E-4",
    "CD1_2=0",
    "CD2_1=0",
    "CD2_2=1.1E-4",
];
