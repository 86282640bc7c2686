//! One night of an astrophotographer: which frames were taken when, with what, of what.
//!
//! First M 42 in colour, calibration with the panel while the cameras are changed, then NGC 2244 through narrow
//! filters until midnight. The order of the list is the order of saving.

use chrono::{DateTime, FixedOffset, TimeDelta, TimeZone, Utc};

use super::geometry::{Direction, Equatorial, Geometry, Projection};
use super::nebula::Nebula;
use super::sensor::{Camera, SENSOR};

/// Focal length, for the plate scale and the header.
pub(super) const FOCAL_LENGTH_MM: f64 = 250.0;
/// Side of a pixel.
pub(super) const PIXEL_UM: f64 = 3.76;
/// The observatory, in the Alps; its clocks show UTC + 1 h.
pub(super) const SITE: Site = Site { latitude_deg: 46.7, longitude_deg: 9.9, elevation_m: 1850.0 };
const UTC_OFFSET_H: i32 = 1;
/// Folder of the night: the local date twelve hours ago.
pub(super) const NIGHT: &str = "2026-01-17";

/// A place on Earth.
pub(super) struct Site {
    pub latitude_deg: f64,
    pub longitude_deg: f64,
    pub elevation_m: f64,
}

/// A filter of the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Hydrogen,
    Oxygen,
}

impl Filter {
    /// As the wheel names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hydrogen => "Ha",
            Self::Oxygen => "OIII",
        }
    }
}

/// Something to point at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    pub name: &'static str,
    pub centre: Direction,
    pub nebula: Nebula,
    /// Position angle of the camera's vertical, north through east.
    pub rotation_deg: f64,
}

pub(super) const M_42: Target = Target {
    name: "M 42",
    centre: Direction::new(83.7500, -5.4800),
    nebula: Nebula::Orion,
    rotation_deg: 2.3,
};

pub(super) const NGC_2244: Target = Target {
    name: "NGC 2244",
    centre: Direction::new(97.9800, 4.9420),
    nebula: Nebula::Rosette,
    rotation_deg: 356.4,
};

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose {
    Light(Target, Conditions),
    Flat,
    Dark,
    Bias,
}

/// The sky above a light frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conditions {
    /// Full width of a star at half its height, in pixels.
    pub fwhm_px: f64,
    /// Pointing error, east and north, in arcseconds.
    pub dither_arcsec: (f64, f64),
    pub event: Event,
}

/// What spoils a frame, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    None,
    Cloud,
    Satellite,
}

/// One frame of the night.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    /// Running number of the session.
    pub number: u32,
    pub camera: Camera,
    pub filter: Option<Filter>,
    pub purpose: Purpose,
    pub exposure_s: f64,
    pub start: DateTime<Utc>,
}

impl Frame {
    /// `IMAGETYP`, which is also the name of its folder.
    pub(super) fn image_type(&self) -> &'static str {
        match self.purpose {
            Purpose::Light(..) => "LIGHT",
            Purpose::Flat => "FLAT",
            Purpose::Dark => "DARK",
            Purpose::Bias => "BIAS",
        }
    }

    /// The time on the observatory's clocks when the exposure began.
    pub(super) fn local_start(&self) -> DateTime<FixedOffset> {
        let zone = FixedOffset::east_opt(UTC_OFFSET_H * 3600).expect("an hour is a valid offset");
        self.start.with_timezone(&zone)
    }

    /// When the file was saved.
    pub(super) fn saved(&self) -> DateTime<Utc> {
        self.start + TimeDelta::milliseconds((self.exposure_s * 1000.0) as i64 + 1300)
    }

    /// Path below the capture directory, by NINA's default pattern; an unknown filter leaves its place empty.
    pub(super) fn path(&self) -> String {
        format!(
            "{NIGHT}/{}/{}_{}_{:.2}_{:.2}s_{:04}.fits",
            self.image_type(),
            self.local_start().format("%Y-%m-%d_%H-%M-%S"),
            self.filter.map_or("", Filter::name),
            -10.0,
            self.exposure_s,
            self.number
        )
    }

    /// Whether the plate was solved: every light frame but the clouded one.
    pub(super) fn is_solved(&self) -> bool {
        matches!(self.purpose, Purpose::Light(_, sky) if sky.event != Event::Cloud)
    }

    /// Where the telescope pointed, for light frames: the world coordinates of the whole sensor.
    pub(super) fn geometry(&self) -> Option<Geometry> {
        match self.purpose {
            Purpose::Light(target, conditions) => Some(pointing(target, conditions)),
            _ => None,
        }
    }
}

/// World coordinates of the whole sensor. Row 1 is the top of the picture: with the camera upright, axis 1 runs
/// west and axis 2 south.
fn pointing(target: Target, conditions: Conditions) -> Geometry {
    let pixel_deg = (PIXEL_UM / 1000.0 / FOCAL_LENGTH_MM).to_degrees();
    let (sin, cos) = target.rotation_deg.to_radians().sin_cos();
    let (east, north) = conditions.dither_arcsec;
    let dec_deg = target.centre.dec_deg + north / 3600.0;
    let ra_deg = target.centre.ra_deg + east / 3600.0 / dec_deg.to_radians().cos();
    Geometry {
        projection: Projection::Tan,
        equatorial: Equatorial::Icrs,
        crpix: [f64::midpoint(1.0, SENSOR.0 as f64), f64::midpoint(1.0, SENSOR.1 as f64)],
        crval: Direction::new(ra_deg, dec_deg),
        cd: [[-pixel_deg * cos, -pixel_deg * sin], [pixel_deg * sin, -pixel_deg * cos]],
    }
}

/// The night's frames in the order they were saved.
pub(super) fn frames() -> Vec<Frame> {
    use Camera::{Colour, Mono};
    use Filter::{Hydrogen, Oxygen};
    let mut session = Session {
        next: Utc.with_ymd_and_hms(2026, 1, 17, 19, 31, 12).single().expect("an existing date")
            + TimeDelta::milliseconds(418),
        frames: Vec::new(),
    };
    let light = |target, fwhm_px, east, north, event| {
        Purpose::Light(target, Conditions { fwhm_px, dither_arcsec: (east, north), event })
    };
    for (fwhm_px, east, north, event) in [
        (2.25, 0.0, 0.0, Event::None),
        (2.20, 11.8, -7.3, Event::None),
        (2.34, -16.2, 9.9, Event::None),
        (2.61, 5.4, 20.7, Event::Cloud),
        (2.41, -9.1, -14.6, Event::None),
        (2.29, 18.0, 3.2, Event::None),
    ] {
        session.take(Colour, None, light(M_42, fwhm_px, east, north, event), 60.0, 14.7);
    }
    session.pause(720.0);
    session.take(Colour, None, Purpose::Flat, 1.84, 2.1);
    session.take(Colour, None, Purpose::Flat, 1.84, 2.1);
    session.take(Colour, None, Purpose::Dark, 60.0, 2.2);
    session.take(Colour, None, Purpose::Bias, 0.0, 1.9);
    session.pause(1500.0);
    session.take(Mono, None, Purpose::Bias, 0.0, 1.9);
    session.take(Mono, None, Purpose::Dark, 300.0, 2.2);
    session.take(Mono, Some(Hydrogen), Purpose::Flat, 9.27, 4.8);
    session.take(Mono, Some(Oxygen), Purpose::Flat, 6.51, 4.8);
    session.pause(420.0);
    for (filter, fwhm_px, east, north, event) in [
        (Hydrogen, 2.30, 0.0, 0.0, Event::None),
        (Hydrogen, 2.37, -13.5, 6.1, Event::None),
        (Hydrogen, 2.33, 7.7, 15.2, Event::Satellite),
        (Hydrogen, 2.52, 16.9, -10.4, Event::None),
        (Oxygen, 2.58, -4.8, -18.3, Event::None),
        (Oxygen, 2.96, 12.2, 8.8, Event::None),
        (Oxygen, 2.49, -19.6, 1.7, Event::None),
        (Oxygen, 2.40, 3.1, -5.5, Event::None),
    ] {
        session.take(Mono, Some(filter), light(NGC_2244, fwhm_px, east, north, event), 300.0, 16.3);
    }
    session.frames
}

/// Frames taken so far and when the next may begin.
struct Session {
    next: DateTime<Utc>,
    frames: Vec<Frame>,
}

impl Session {
    /// Takes a frame; downloading, dithering and settling last `overhead_s`.
    fn take(
        &mut self,
        camera: Camera,
        filter: Option<Filter>,
        purpose: Purpose,
        exposure_s: f64,
        overhead_s: f64,
    ) {
        let number = self.frames.len() as u32;
        self.frames.push(Frame { number, camera, filter, purpose, exposure_s, start: self.next });
        self.pause(exposure_s + overhead_s + 0.137 * f64::from(number % 5));
    }

    fn pause(&mut self, seconds: f64) {
        self.next += TimeDelta::milliseconds((seconds * 1000.0) as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_default_pattern() {
        let frames = frames();
        assert_eq!(frames[0].path(), "2026-01-17/LIGHT/2026-01-17_20-31-12__-10.00_60.00s_0000.fits");
        let last = frames.last().unwrap().path();
        assert!(last.starts_with("2026-01-17/LIGHT/2026-01-17_2") && last.ends_with("_0021.fits"), "{last}");
        assert!(last.contains("_OIII_-10.00_300.00s_"), "{last}");
    }

    #[test]
    fn no_frame_begins_before_the_last_was_saved() {
        let frames = frames();
        for pair in frames.windows(2) {
            assert!(pair[0].saved() < pair[1].start, "{:?}", pair[1]);
        }
        let noon = frames[0].local_start().date_naive();
        assert!(frames.iter().all(|f| (f.local_start() - TimeDelta::hours(12)).date_naive() == noon));
        assert_eq!(noon.to_string(), NIGHT);
    }

    #[test]
    fn north_is_up_and_east_is_left_on_the_screen() {
        let geometry = frames()[0].geometry().unwrap();
        let middle = geometry.sky_at([768.5, 512.5]);
        let up = geometry.sky_at([768.5, 412.5]);
        let left = geometry.sky_at([668.5, 512.5]);
        assert!(up.dec_deg > middle.dec_deg && left.ra_deg > middle.ra_deg);
        assert!((geometry.pixel_scale_arcsec() - 3.102).abs() < 0.001);
    }
}
