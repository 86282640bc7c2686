//! What the demo archive holds: which exposures and coadded patches, under which ids, where on the sky.
//!
//! Positions and ids are those of the ImageServ examples (see [`super::examples`]); neighbours in field and filter
//! make "nearest" and "which filter" real questions.

use super::Scale;
use super::geometry::{Direction, Equatorial, Geometry, Projection};
use super::sources::Band;
use crate::pixel::PixelBox;

/// Columns and rows of a Sloan frame.
const FRAME: (usize, usize) = (2048, 1489);
/// Degrees per pixel of the coadds.
const COADD_PIXEL_DEG: f64 = 1.1e-4;
/// Inner side of a patch in pixels; patch x = 0 starts at RA 90 and x grows with falling RA.
const PATCH_PIXELS: usize = 2000;
/// The pixel of the whole tract at RA 45, Dec 0 (FITS count); patch y = 0 starts at Dec -1.25.
const TRACT_CRPIX: [f64; 2] = [409_092.0, 11_364.0];

impl Band {
    /// Its letter.
    pub(super) fn letter(self) -> char {
        match self {
            Self::U => 'u',
            Self::G => 'g',
            Self::R => 'r',
            Self::I => 'i',
            Self::Z => 'z',
        }
    }

    /// How the Sloan camera sees it.
    pub(super) fn photometry(self) -> Photometry {
        let (zero_point, gain, read_noise_e, sky, fwhm_arcsec) = match self {
            Self::U => (26.50, 1.62, 4.9, 22.1, 1.38),
            Self::G => (28.36, 3.32, 4.4, 21.8, 1.28),
            Self::R => (28.18, 4.71, 4.4, 20.85, 1.20),
            Self::I => (27.87, 5.17, 5.2, 20.2, 1.15),
            Self::Z => (26.04, 4.76, 4.8, 18.9, 1.17),
        };
        Photometry { zero_point, gain, read_noise_e, sky_magnitude: sky, fwhm_arcsec }
    }
}

/// A band's response in one 54 s drift exposure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Photometry {
    /// Magnitude of a source of 1 DN.
    pub zero_point: f64,
    /// Electrons per DN.
    pub gain: f64,
    pub read_noise_e: f64,
    /// Magnitude of the sky per square arcsecond.
    pub sky_magnitude: f64,
    pub fwhm_arcsec: f64,
}

impl Photometry {
    /// DN of a source.
    pub(super) fn flux(&self, magnitude: f64) -> f64 {
        10f64.powf(0.4 * (self.zero_point - magnitude))
    }

    /// DN of the sky in a pixel of this side.
    pub(super) fn sky(&self, pixel_arcsec: f64) -> f64 {
        self.flux(self.sky_magnitude) * pixel_arcsec * pixel_arcsec
    }
}

/// How a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    Plain,
    Gzip,
    Rice,
}

/// One field of one camera column in one filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposure {
    pub run: u32,
    pub camcol: u32,
    pub field: u32,
    pub band: Band,
    pub raw: Storage,
    /// Whether and how the calibrated exposure is held in `calexp`.
    pub calexp: Option<Storage>,
    /// Modified Julian date (TAI) of the first row.
    pub mjd_tai: f64,
    /// A direction, and the FITS pixels of the raw frame and of the calibrated exposure that show it.
    anchor: (Direction, [f64; 2], [f64; 2]),
    /// First pixel (0-based) and size of the part made at [`Scale::Small`].
    small: PixelBox,
}

/// Date (TAI) of field 0 of each run; a field passes every 36 s of drift scan.
const RUN_2708: f64 = 52_225.190;
const RUN_3325: f64 = 52_522.280;
const RUN_5646: f64 = 53_636.140;

const fn field_mjd(run_start: f64, field: u32) -> f64 {
    run_start + field as f64 * 35.824 / 86_400.0
}

/// Run 5646, camera column 4: the same pixels in every filter but for what the columns of the camera differ.
const fn of_5646(field: u32, band: Band, raw: Storage, calexp: Option<Storage>, shift: [f64; 2]) -> Exposure {
    // Fields follow each other every 1361 rows; the last 128 rows of one are the first of the next.
    let rows_after_694 = 1361.0 * (field as f64 - 694.0);
    let y = 588.998 - rows_after_694 + shift[1];
    Exposure {
        run: 5646,
        camcol: 4,
        field,
        band,
        raw,
        calexp,
        mjd_tai: field_mjd(RUN_5646, field),
        anchor: (
            Direction::new(37.6292, 0.104_625),
            [1035.2175 + shift[0], y],
            [1035.2005 + shift[0], y + 0.0605],
        ),
        small: PixelBox { x: 908, y: 520, width: 256, height: 288 },
    }
}

/// The exposures.
pub(super) const EXPOSURES: [Exposure; 9] = [
    of_5646(694, Band::R, Storage::Plain, Some(Storage::Plain), [0.0, 0.0]),
    of_5646(694, Band::G, Storage::Plain, Some(Storage::Plain), [3.31, -6.84]),
    of_5646(694, Band::I, Storage::Gzip, Some(Storage::Rice), [-1.72, 4.43]),
    of_5646(694, Band::U, Storage::Gzip, None, [5.18, 2.27]),
    of_5646(694, Band::Z, Storage::Gzip, None, [-2.05, -3.66]),
    of_5646(693, Band::R, Storage::Gzip, None, [0.0, 0.0]),
    of_5646(695, Band::R, Storage::Rice, None, [0.0, 0.0]),
    Exposure {
        run: 2708,
        camcol: 3,
        field: 103,
        band: Band::R,
        raw: Storage::Gzip,
        calexp: None,
        mjd_tai: field_mjd(RUN_2708, 103),
        anchor: (Direction::new(359.195, -0.1055), [1025.7776, 747.9123], [1025.76, 747.97]),
        small: PixelBox { x: 897, y: 604, width: 256, height: 288 },
    },
    Exposure {
        run: 3325,
        camcol: 1,
        field: 171,
        band: Band::Z,
        raw: Storage::Gzip,
        calexp: Some(Storage::Plain),
        mjd_tai: field_mjd(RUN_3325, 171),
        anchor: (Direction::new(40.46, -0.955), [1030.4, 751.2], [1030.38, 751.26]),
        small: PixelBox { x: 896, y: 600, width: 256, height: 288 },
    },
];

impl Exposure {
    /// `fpC-005646-r4-0694` without the stem: what names both its files and its random numbers.
    pub(super) fn label(&self) -> String {
        format!("{:06}-{}{}-{:04}", self.run, self.band.letter(), self.camcol, self.field)
    }

    /// The part of the frame that is made.
    pub(super) fn window(&self, scale: Scale) -> PixelBox {
        if scale == Scale::Small { self.small } else { PixelBox::whole(FRAME.0, FRAME.1) }
    }

    /// World coordinates of the whole raw frame: axis 1 along +Dec, axis 2 along +RA, as the camera drifts.
    pub(super) fn raw_geometry(&self) -> Geometry {
        let pixel = 0.396_046 / 3600.0;
        let cd = [[-1.4e-9, pixel], [pixel, 2.8e-8]];
        self.anchored(Projection::Tan, Equatorial::Icrs, cd, self.anchor.1)
    }

    /// World coordinates of the whole calibrated exposure: as the raw frame, refined and with distortion.
    pub(super) fn calexp_geometry(&self) -> Geometry {
        let pixel = 0.396_143 / 3600.0;
        let cd = [[-3.1e-9, pixel], [pixel, 3.3e-8]];
        self.anchored(Projection::TanSip, Equatorial::Fk5, cd, self.anchor.2)
    }

    fn anchored(
        &self,
        projection: Projection,
        equatorial: Equatorial,
        cd: [[f64; 2]; 2],
        pixel: [f64; 2],
    ) -> Geometry {
        // Fields beside 694 have its position outside their frame, still on their plane.
        let crval = self.anchor.0;
        Geometry { projection, equatorial, crpix: [1024.5, 744.5], crval, cd }.anchored(pixel, crval)
    }
}

/// One patch of the coadded sky in one filter. A part of 1024 x 1024 pixels of its 2200 x 2200 is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coadd {
    pub tract: u32,
    pub patch: (u32, u32),
    pub band: Band,
    pub storage: Storage,
    /// First pixel of the part made at full scale, from the patch's inner corner; the border reaches to -100.
    corner: (i64, i64),
    /// First pixel of the part made at [`Scale::Small`], counted as `corner`, and its size.
    small: (i64, i64, usize, usize),
}

/// Exposures averaged in a coadd.
pub(super) const COADDED_EXPOSURES: f64 = 28.0;
/// Zero point of the coadds.
pub(super) const COADD_ZERO_POINT: f64 = 27.0;
/// Side of the held part of a patch.
const COADD_SIDE: usize = 1024;

const fn patch(
    patch: (u32, u32),
    band: Band,
    storage: Storage,
    corner: (i64, i64),
    small: (i64, i64, usize, usize),
) -> Coadd {
    Coadd { tract: 0, patch, band, storage, corner, small }
}

/// The coadded patches.
pub(super) const COADDS: [Coadd; 7] = [
    patch((366, 0), Band::U, Storage::Plain, (-100, 0), (-40, 500, 240, 240)),
    patch((225, 1), Band::I, Storage::Plain, (-100, -100), (-52, 622, 276, 276)),
    patch((321, 4), Band::R, Storage::Plain, (-100, -100), (-64, 200, 304, 608)),
    // The neighbour across the patch's western border: the two overlap, each owns its side.
    patch((320, 4), Band::R, Storage::Plain, (1076, -100), (1760, 200, 304, 608)),
    patch((237, 6), Band::R, Storage::Plain, (1076, -100), (1836, 194, 240, 240)),
    patch((237, 6), Band::G, Storage::Rice, (1076, -100), (1836, 194, 240, 240)),
    patch((237, 6), Band::I, Storage::Rice, (1076, -100), (1836, 194, 240, 240)),
];

impl Coadd {
    /// `r-0-321,4`: filter, tract and patch.
    pub(super) fn label(&self) -> String {
        format!("{}-{}-{},{}", self.band.letter(), self.tract, self.patch.0, self.patch.1)
    }

    /// The part of the tract that is made; its origin is what LSST calls XY0.
    pub(super) fn window(&self, scale: Scale) -> PixelBox {
        let (x, y, width, height) = match scale {
            Scale::Full => (self.corner.0, self.corner.1, COADD_SIDE, COADD_SIDE),
            Scale::Small => self.small,
        };
        let origin = |patch: u32, offset: i64| (i64::from(patch) * PATCH_PIXELS as i64 + offset) as usize;
        PixelBox { x: origin(self.patch.0, x), y: origin(self.patch.1, y), width, height }
    }

    /// World coordinates of the whole tract, the same for all patches.
    pub(super) fn geometry() -> Geometry {
        Geometry {
            projection: Projection::Cea,
            equatorial: Equatorial::Icrs,
            crpix: TRACT_CRPIX,
            crval: Direction::new(45.0, 0.0),
            cd: [[-COADD_PIXEL_DEG, 0.0], [0.0, COADD_PIXEL_DEG]],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_the_legacy_frames_fall_on_the_pixels_the_legacy_service_used() {
        // vo.md 10.10, full frames: 0.001 px is far inside what rounding to a cutout box can show.
        let table = [
            (EXPOSURES[7].raw_geometry(), (359.195, -0.1055), [1025.7776, 747.9123]),
            (EXPOSURES[0].raw_geometry(), (37.6292, 0.104_625), [1035.2175, 588.998]),
            (EXPOSURES[0].calexp_geometry(), (37.6292, 0.104_625), [1035.2005, 589.0585]),
        ];
        for (geometry, (ra, dec), [x, y]) in table {
            let pixel = geometry.pixel_at(Direction::new(ra, dec)).unwrap();
            assert!((pixel[0] - x).hypot(pixel[1] - y) < 1e-3, "{pixel:?} for {x} {y}");
        }
    }

    #[test]
    fn every_patch_window_lies_within_its_patch_and_border() {
        for coadd in COADDS {
            for scale in [Scale::Full, Scale::Small] {
                let window = coadd.window(scale);
                for (first, length, patch) in
                    [(window.x, window.width, coadd.patch.0), (window.y, window.height, coadd.patch.1)]
                {
                    let inner = patch as usize * PATCH_PIXELS;
                    assert!(first + 100 >= inner, "{}", coadd.label());
                    assert!(first + length <= inner + PATCH_PIXELS + 100, "{}", coadd.label());
                }
            }
        }
    }
}
