//! The cards of a NINA frame: its keywords in its order, numbers in its fixed-point notation.

use chrono::{DateTime, TimeDelta, Utc};

use super::exposure::card;
use super::geometry::{Direction, Geometry};
use super::horizon::{airmass, horizontal, local_sidereal_deg, modified_julian_date};
use super::night::{FOCAL_LENGTH_MM, Frame, PIXEL_UM, Purpose, SITE};
use super::sensor::{Camera, ELECTRONS_PER_COUNT};
use crate::fits::Header;

/// Aperture of the refractor.
const APERTURE_MM: f64 = 51.0;

/// The header of a frame; `geometry` is that of the pixels written, given when the plate was solved.
pub(super) fn header(frame: &Frame, geometry: Option<&Geometry>) -> Header {
    let mut cards = Cards { header: Header::new() };
    structure(&mut cards);
    exposure(&mut cards, frame);
    camera(&mut cards, frame);
    telescope(&mut cards, frame);
    observer(&mut cards);
    if frame.camera == Camera::Mono {
        cards.text("FWHEEL", "Demo wheel 5 x 2 in", "filter wheel");
    }
    if let Some(filter) = frame.filter {
        cards.text("FILTER", filter.name(), "filter");
    }
    if let Purpose::Light(target, _) = frame.purpose {
        cards.text("OBJECT", target.name, "target");
        cards.text("OBJCTRA", &sexagesimal_hours(target.centre.ra_deg), "[H M S] RA of the target");
        cards.text("OBJCTDEC", &sexagesimal_degrees(target.centre.dec_deg), "[D M S] Dec of the target");
        cards.float("OBJCTROT", target.rotation_deg, "[deg] rotation planned");
    }
    focuser_and_rotator(&mut cards, frame);
    weather(&mut cards, frame);
    cards.text("ROWORDER", "TOP-DOWN", "first row is the top of the picture");
    cards.float("EQUINOX", 2000.0, "equinox of the coordinates");
    cards.text("SWCREATE", "N.I.N.A. 3.1.2.9001 (x64)", "layout of; written by the demo");
    if let Some(geometry) = geometry {
        solution(&mut cards, geometry);
    }
    cards.header
}

fn structure(cards: &mut Cards) {
    cards.line("SIMPLE  =                    T / C# FITS");
    cards.int("NAXIS", 2, "axes");
    cards.int("BZERO", 32768, "");
    cards.line("EXTEND  =                    T / extensions may follow");
}

fn exposure(cards: &mut Cards, frame: &Frame) {
    let middle = frame.start + TimeDelta::milliseconds((frame.exposure_s * 500.0) as i64);
    cards.text("IMAGETYP", frame.image_type(), "kind of exposure");
    cards.float("EXPOSURE", frame.exposure_s, "[s] exposure");
    cards.float("EXPTIME", frame.exposure_s, "[s] exposure");
    cards.text("DATE-LOC", &ticks(&frame.local_start().naive_local().and_utc()), "start, local time");
    cards.text("DATE-OBS", &ticks(&frame.start), "start, UTC");
    cards.float("MJD-OBS", modified_julian_date(frame.start), "[d] start, UTC");
    cards.text("DATE-AVG", &ticks(&middle), "middle, UTC");
    cards.float("MJD-AVG", modified_julian_date(middle), "[d] middle, UTC");
}

fn camera(cards: &mut Cards, frame: &Frame) {
    cards.int("XBINNING", 1, "columns binned");
    cards.int("YBINNING", 1, "rows binned");
    cards.int("GAIN", 100, "gain setting");
    cards.int("OFFSET", 50, "offset setting");
    cards.float("EGAIN", f64::from(ELECTRONS_PER_COUNT), "[e-/ADU] electrons per count");
    cards.float("XPIXSZ", PIXEL_UM, "[um] pixel width, binned");
    cards.float("YPIXSZ", PIXEL_UM, "[um] pixel height, binned");
    cards.text("INSTRUME", frame.camera.name(), "camera");
    let id = if frame.camera == Camera::Mono { "DEMO-1600M-0001" } else { "DEMO-1600C-0001" };
    cards.text("CAMERAID", id, "camera's own id");
    cards.float("SET-TEMP", -10.0, "[degC] sensor temperature wanted");
    cards.float("CCD-TEMP", sensor_temperature(frame), "[degC] sensor temperature");
    cards.text("READOUTM", "High gain", "readout mode");
    if frame.camera == Camera::Colour {
        cards.text("BAYERPAT", "RGGB", "Bayer matrix");
        cards.int("XBAYROFF", 0, "Bayer matrix, columns off");
        cards.int("YBAYROFF", 0, "Bayer matrix, rows off");
    }
    cards.int("USBLIMIT", 40, "USB setting");
}

/// A tenth of a degree of play in the regulation, the same for the same frame.
fn sensor_temperature(frame: &Frame) -> f64 {
    [-10.0, -10.0, -9.9, -10.0, -10.1][frame.number as usize % 5]
}

fn telescope(cards: &mut Cards, frame: &Frame) {
    cards.text("TELESCOP", "Demo 51/250 refractor", "telescope");
    cards.float("FOCALLEN", FOCAL_LENGTH_MM, "[mm] focal length");
    cards.float("FOCRATIO", rounded(FOCAL_LENGTH_MM / APERTURE_MM, 1e4), "focal ratio");
    // For calibration the mount is parked at the pole.
    let pointing = match frame.geometry() {
        Some(geometry) => geometry.crval,
        None => Direction::new(local_sidereal_deg(frame.start), 89.5),
    };
    let (altitude, azimuth) = horizontal(pointing, frame.start);
    cards.float("RA", rounded(pointing.ra_deg, 1e8), "[deg] RA of the telescope");
    cards.float("DEC", rounded(pointing.dec_deg, 1e8), "[deg] Dec of the telescope");
    cards.float("CENTALT", rounded(altitude, 1e6), "[deg] altitude");
    cards.float("CENTAZ", rounded(azimuth, 1e6), "[deg] azimuth, north through east");
    cards.float("AIRMASS", rounded(airmass(altitude), 1e8), "airmass");
    let is_past_meridian = azimuth > 180.0;
    cards.text("PIERSIDE", if is_past_meridian { "East" } else { "West" }, "side of the pier");
}

fn observer(cards: &mut Cards) {
    cards.float("SITEELEV", SITE.elevation_m, "[m] elevation");
    cards.float("SITELAT", SITE.latitude_deg, "[deg] latitude");
    cards.float("SITELONG", SITE.longitude_deg, "[deg] longitude, east positive");
    cards.text("OBSERVER", "Trifocal", "observer");
    cards.text("OBSERVAT", "Demo Observatory", "observatory");
    cards.text("SITENAME", "Alp Demo", "site");
}

fn focuser_and_rotator(cards: &mut Cards, frame: &Frame) {
    let drift = f64::from(frame.number);
    let position = 4812 - i64::from(frame.number) * 3;
    let temperature = rounded(-1.2 - 0.13 * drift, 1e2);
    cards.text("FOCNAME", "Demo focuser", "focuser");
    cards.int("FOCPOS", position, "[step] focuser position");
    cards.int("FOCUSPOS", position, "[step] focuser position");
    cards.float("FOCUSSZ", 4.0, "[um] per step");
    cards.float("FOCTEMP", temperature, "[degC] at the focuser");
    cards.float("FOCUSTEM", temperature, "[degC] at the focuser");
    let angle = match frame.purpose {
        Purpose::Light(target, _) => target.rotation_deg,
        _ => 0.0,
    };
    cards.text("ROTNAME", "Demo rotator", "rotator");
    cards.float("ROTATOR", angle, "[deg] rotator angle");
    cards.float("ROTATANG", angle, "[deg] rotator angle");
    cards.float("ROTSTPSZ", 0.01, "[deg] rotator step");
}

fn weather(cards: &mut Cards, frame: &Frame) {
    let drift = f64::from(frame.number);
    let is_cloudy =
        matches!(frame.purpose, Purpose::Light(_, sky) if sky.event == super::night::Event::Cloud);
    let fwhm_px = match frame.purpose {
        Purpose::Light(_, sky) => sky.fwhm_px,
        _ => 2.3,
    };
    cards.float("CLOUDCVR", if is_cloudy { 62.0 } else { 4.0 }, "[%] cloud cover");
    cards.float("DEWPOINT", rounded(-9.8 - 0.02 * drift, 1e2), "[degC] dew point");
    cards.float("HUMIDITY", rounded(51.0 + 0.4 * drift, 1e1), "[%] relative humidity");
    cards.float("PRESSURE", rounded(812.4 - 0.05 * drift, 1e2), "[hPa] air pressure");
    cards.float("SKYBRGHT", 0.002, "[lux] sky brightness");
    cards.float("MPSAS", if is_cloudy { 20.31 } else { 21.14 }, "[mag/arcsec2] sky brightness");
    cards.float("SKYTEMP", if is_cloudy { -11.5 } else { -24.6 }, "[degC] sky temperature");
    cards.float("STARFWHM", rounded(fwhm_px * 1.2, 1e2), "[arcsec] star FWHM");
    cards.float("AMBTEMP", rounded(-1.0 - 0.14 * drift, 1e2), "[degC] air temperature");
    cards.float("WINDDIR", rounded((224.0 + 3.0 * drift) % 360.0, 1e1), "[deg] wind from");
    cards.float("WINDGUST", rounded(9.4 + 0.3 * (drift % 4.0), 1e2), "[km/h] gusts");
    cards.float("WINDSPD", rounded(4.1 + 0.2 * (drift % 5.0), 1e2), "[km/h] wind");
}

/// The plate solution.
fn solution(cards: &mut Cards, geometry: &Geometry) {
    cards.text("RADESYS", "ICRS", "coordinate system");
    cards.text("CTYPE1", "RA---TAN", "");
    cards.text("CTYPE2", "DEC--TAN", "");
    cards.text("CUNIT1", "deg", "");
    cards.text("CUNIT2", "deg", "");
    cards.float("CRPIX1", geometry.crpix[0], "reference pixel");
    cards.float("CRPIX2", geometry.crpix[1], "reference pixel");
    cards.float("CRVAL1", geometry.crval.ra_deg, "[deg] RA there");
    cards.float("CRVAL2", geometry.crval.dec_deg, "[deg] Dec there");
    for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        cards.float(&format!("CD{}_{}", row + 1, column + 1), geometry.cd[row][column], "[deg/pixel]");
    }
}

/// Cards in NINA's notation.
struct Cards {
    header: Header,
}

impl Cards {
    fn line(&mut self, text: &str) {
        self.header.push(card(text));
    }

    fn value(&mut self, keyword: &str, value: &str, comment: &str) {
        let line = format!("{keyword:<8}= {value} / {comment}");
        self.line(line.trim_end_matches([' ', '/']));
    }

    fn text(&mut self, keyword: &str, value: &str, comment: &str) {
        let quoted = format!("'{}'", value.replace('\'', "''"));
        self.value(keyword, &format!("{quoted:<20}"), comment);
    }

    fn int(&mut self, keyword: &str, value: i64, comment: &str) {
        self.value(keyword, &format!("{value:>20}"), comment);
    }

    fn float(&mut self, keyword: &str, value: f64, comment: &str) {
        self.value(keyword, &format!("{:>20}", fixed_point(value)), comment);
    }
}

/// At least one decimal, at most fifteen, never an exponent.
fn fixed_point(value: f64) -> String {
    let shortest = value.to_string();
    let decimals = shortest.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match decimals {
        0 => format!("{shortest}.0"),
        1..=15 => shortest,
        _ => {
            let text = format!("{value:.15}");
            let text = text.trim_end_matches('0');
            if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
        }
    }
}

fn rounded(value: f64, steps_per_unit: f64) -> f64 {
    (value * steps_per_unit).round() / steps_per_unit
}

/// A date to a tenth of a microsecond, as .NET counts time.
fn ticks(time: &DateTime<Utc>) -> String {
    format!("{}.{:07}", time.format("%Y-%m-%dT%H:%M:%S"), time.timestamp_subsec_nanos() / 100)
}

fn sexagesimal_hours(ra_deg: f64) -> String {
    let seconds = (ra_deg / 15.0 * 3600.0).round() as i64;
    format!("{:02} {:02} {:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn sexagesimal_degrees(dec_deg: f64) -> String {
    let seconds = (dec_deg.abs() * 3600.0).round() as i64;
    let sign = if dec_deg < 0.0 { '-' } else { '+' };
    format!("{sign}{:02} {:02} {:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::night::frames;

    #[test]
    fn floats_are_fixed_point_with_one_to_fifteen_decimals() {
        let table = [
            (30.0, "30.0"),
            (-9.9, "-9.9"),
            (0.25, "0.25"),
            (1.0e-7, "0.0000001"),
            (0.000_861_686_128_345_678_9, "0.000861686128346"),
            (61_057.813_333_543_21, "61057.81333354321"),
            (1e-20, "0.0"),
        ];
        for (value, text) in table {
            assert_eq!(fixed_point(value), text);
        }
    }

    #[test]
    fn a_light_frame_carries_every_group_of_keywords() {
        let frames = frames();
        let last = frames.last().unwrap();
        let h = header(last, last.geometry().as_ref());
        for keyword in [
            "IMAGETYP", "EXPOSURE", "EXPTIME", "DATE-LOC", "DATE-OBS", "MJD-OBS", "DATE-AVG", "MJD-AVG",
            "XBINNING", "YBINNING", "GAIN", "OFFSET", "EGAIN", "XPIXSZ", "YPIXSZ", "INSTRUME", "CAMERAID",
            "SET-TEMP", "CCD-TEMP", "READOUTM", "USBLIMIT", "TELESCOP", "FOCALLEN", "FOCRATIO", "RA", "DEC",
            "CENTALT", "CENTAZ", "AIRMASS", "PIERSIDE", "SITEELEV", "SITELAT", "SITELONG", "OBSERVER",
            "OBSERVAT", "SITENAME", "FWHEEL", "FILTER", "OBJECT", "OBJCTRA", "OBJCTDEC", "OBJCTROT",
            "FOCNAME", "FOCPOS", "FOCUSPOS", "FOCUSSZ", "FOCTEMP", "FOCUSTEM", "ROTNAME", "ROTATOR",
            "ROTATANG", "ROTSTPSZ", "CLOUDCVR", "DEWPOINT", "HUMIDITY", "PRESSURE", "SKYBRGHT", "MPSAS",
            "SKYTEMP", "STARFWHM", "AMBTEMP", "WINDDIR", "WINDGUST", "WINDSPD", "ROWORDER", "EQUINOX",
            "SWCREATE", "CTYPE1", "CRPIX1", "CRVAL1", "CD1_1",
        ] {
            assert!(h.value(keyword).is_some_and(|v| v != crate::fits::CardValue::Undefined), "{keyword}");
        }
        assert!(!h.contains("BAYERPAT") && !h.contains("BSCALE"));
        let first = header(&frames[0], None);
        assert_eq!(first.text("BAYERPAT").as_deref(), Some("RGGB"));
        assert!(!first.contains("FILTER") && !first.contains("CTYPE1"));
    }

    #[test]
    fn local_and_universal_time_differ_by_the_zone() {
        let h = header(&frames()[0], None);
        assert_eq!(h.text("DATE-LOC").as_deref(), Some("2026-01-17T20:31:12.4180000"));
        assert_eq!(h.text("DATE-OBS").as_deref(), Some("2026-01-17T19:31:12.4180000"));
        assert_eq!(h.text("DATE-AVG").as_deref(), Some("2026-01-17T19:31:42.4180000"));
        let mjd = h.real("MJD-OBS").unwrap();
        assert!((mjd - (61_057.0 + (19.0 * 3600.0 + 31.0 * 60.0 + 12.418) / 86_400.0)).abs() < 1e-9);
    }

    #[test]
    fn sexagesimal_positions_carry_sign_and_padding() {
        assert_eq!(sexagesimal_hours(83.8221), "05 35 17");
        assert_eq!(sexagesimal_degrees(-5.3245), "-05 19 28");
        assert_eq!(sexagesimal_degrees(4.942), "+04 56 31");
    }
}
