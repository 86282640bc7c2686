//! Time axes, as MJD in UTC (FITS 4.0 §9).

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::{Linear, Unread};
use crate::clock::leap_seconds::{MJD_EPOCH, tai_to_utc};
use crate::pixel::AxisRun;
use crate::sky::WcsError;
use crate::sky::wcs::cards::Cards;

/// Terrestrial time runs ahead of atomic time by this many seconds.
const TT_MINUS_TAI_S: f64 = 32.184;
/// JD of MJD 0.
const MJD_ZERO_JD: f64 = 2_400_000.5;

/// Whether a CTYPE names a time axis.
pub(super) fn is_time(ctype: &str) -> bool {
    matches!(ctype, "TIME" | "UTC" | "TAI" | "TT" | "TDT" | "ET" | "TDB" | "MJD" | "JD")
}

/// The time axis of a cube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    linear: Linear,
    /// Days in a unit of the axis.
    unit_d: f64,
    /// MJD the axis counts from, on its own scale.
    reference_mjd: f64,
    /// What its scale runs ahead of UTC, days; taken once, as no exposure spans many leap seconds.
    ahead_d: f64,
}

impl TimeAxis {
    pub(super) fn read(cards: &Cards, axis: usize, ctype: &str, linear: Linear) -> Result<Self, Unread> {
        let unsupported = |what: String| Err(Unread::Unsupported(what));
        let is_date = matches!(ctype, "MJD" | "JD");
        let unit = cards.text(&format!("CUNIT{axis}")).or_else(|| cards.text("TIMEUNIT"));
        let unit_d = match unit.unwrap_or(if is_date { "d" } else { "s" }) {
            "s" => 1.0 / 86_400.0,
            "min" => 1.0 / 1440.0,
            "h" => 1.0 / 24.0,
            "d" => 1.0,
            "a" | "yr" => 365.25,
            other => return unsupported(format!("CUNIT {other}")),
        };
        let reference_mjd = match ctype {
            "MJD" => 0.0,
            "JD" => -MJD_ZERO_JD,
            _ => reference(cards)?,
        };
        let system = match ctype {
            "TIME" | "MJD" | "JD" => cards.text("TIMESYS").unwrap_or("UTC").to_ascii_uppercase(),
            named => named.to_owned(),
        };
        let mjd = reference_mjd + linear.reference_value * unit_d;
        let ahead_s = match system.as_str() {
            "UTC" | "UT1" | "UT" | "GMT" => 0.0,
            "TAI" | "IAT" => ahead_of_utc_s(mjd),
            // Barycentric dynamical time stays within 2 ms of terrestrial time.
            "TT" | "TDT" | "ET" | "TDB" => ahead_of_utc_s(mjd - TT_MINUS_TAI_S / 86_400.0) + TT_MINUS_TAI_S,
            other => return unsupported(format!("time scale {other}")),
        };
        Ok(Self { linear, unit_d, reference_mjd, ahead_d: ahead_s / 86_400.0 })
    }

    /// MJD (UTC) of a pixel as FITS counts.
    pub fn mjd(&self, pixel: f64) -> f64 {
        self.reference_mjd + self.linear.at(pixel) * self.unit_d - self.ahead_d
    }

    /// The pixels that saw some of the time from `low` to `high`, MJD (UTC); `None` when none did.
    pub fn run(&self, low: f64, high: f64) -> Option<AxisRun> {
        self.linear.run(|pixel| self.mjd(pixel), [low, high])
    }
}

/// The epoch of `MJDREF`, `JDREF` (each perhaps in two parts) or `DATEREF`; MJD 0 without any.
fn reference(cards: &Cards) -> Result<f64, WcsError> {
    for (keyword, zero) in [("MJDREF", 0.0), ("JDREF", MJD_ZERO_JD)] {
        let whole = cards.number(keyword)?;
        let parts = [cards.number(&format!("{keyword}I"))?, cards.number(&format!("{keyword}F"))?];
        if let Some(whole) = whole {
            return Ok(whole - zero);
        }
        if parts.iter().any(Option::is_some) {
            return Ok(parts.into_iter().flatten().sum::<f64>() - zero);
        }
    }
    let date = cards.text("DATEREF").and_then(|text| {
        let midnight = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().or_else(midnight)
    });
    Ok(date.map_or(0.0, |date| {
        (date - MJD_EPOCH.and_hms_opt(0, 0, 0).unwrap_or_default()).num_milliseconds() as f64 / 86_400_000.0
    }))
}

/// TAI − UTC at an MJD of TAI, seconds.
fn ahead_of_utc_s(mjd: f64) -> f64 {
    let since = TimeDelta::try_milliseconds((mjd.clamp(0.0, 400_000.0) * 86_400_000.0) as i64);
    let tai = since.and_then(|since| MJD_EPOCH.and_hms_opt(0, 0, 0)?.checked_add_signed(since));
    tai.map_or(0.0, |tai| (tai - tai_to_utc(tai)).num_milliseconds() as f64 / 1000.0)
}
