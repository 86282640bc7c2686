//! How values are written (DALI 1.1 §3.3): numbers, intervals, times, and the shapes of the sky.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use thiserror::Error;

use crate::catalogue::Interval;
use crate::sky::{Region, RegionError};

/// Why a text is no value of its kind.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LiteralError {
    /// Letters, a hexadecimal number, two points.
    #[error("not a number")]
    NotANumber,
    /// `NaN` where a quantity is needed.
    #[error("NaN is no value here")]
    Undefined,
    /// Too many numbers or too few.
    #[error("{found} numbers where {expected} are needed")]
    Count {
        /// How many there should be.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The lower end above the upper.
    #[error("the bounds are in the wrong order")]
    Order,
    /// `POS` of a shape we do not know.
    #[error("the shape must be CIRCLE, RANGE or POLYGON")]
    UnknownShape,
    /// Not a calibration level.
    #[error("must be a whole number from 0 to 4")]
    NotALevel,
    /// Neither true nor false.
    #[error("must be true, 1, false or 0")]
    NotABoolean,
    /// Not `YYYY-MM-DDThh:mm:ss`.
    #[error("must be a time like 2026-01-31T22:00:00")]
    NotATime,
    /// Numbers that make no region.
    #[error(transparent)]
    Region(#[from] RegionError),
}

/// A floating-point number as VOTable writes it: `Inf`, `+Inf`, `-Inf` and `NaN` included.
///
/// # Errors
/// For anything else; a number beyond the range of a double is none.
pub fn number(text: &str) -> Result<f64, LiteralError> {
    match text {
        "Inf" | "+Inf" => return Ok(f64::INFINITY),
        "-Inf" => return Ok(f64::NEG_INFINITY),
        "NaN" => return Ok(f64::NAN),
        _ => {}
    }
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    let value = if is_plain { text.parse::<f64>().ok() } else { None };
    value.filter(|value| value.is_finite()).ok_or(LiteralError::NotANumber)
}

/// Numbers with blanks or commas between them.
///
/// # Errors
/// When one of them is none.
pub fn numbers(text: &str) -> Result<Vec<f64>, LiteralError> {
    let separates = |c: char| c.is_ascii_whitespace() || c == ',';
    text.split(separates).filter(|part| !part.is_empty()).map(number).collect()
}

/// Exactly `N` numbers, none of them NaN.
fn exactly<const N: usize>(text: &str, expected: &'static str) -> Result<[f64; N], LiteralError> {
    let values = numbers(text)?;
    if values.iter().any(|value| value.is_nan()) {
        return Err(LiteralError::Undefined);
    }
    let found = values.len();
    values.try_into().map_err(|_| LiteralError::Count { expected, found })
}

impl FromStr for Interval {
    type Err = LiteralError;

    /// `low high`, or one number that is both.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        let values = numbers(text)?;
        let (low, high) = match values[..] {
            [value] => (value, value),
            [low, high] => (low, high),
            _ => return Err(LiteralError::Count { expected: "one or two", found: values.len() }),
        };
        if low.is_nan() || high.is_nan() {
            return Err(LiteralError::Undefined);
        }
        if low > high || low == f64::INFINITY || high == f64::NEG_INFINITY {
            return Err(LiteralError::Order);
        }
        Ok(Self { low, high })
    }
}

/// `true`, `1`, `false` or `0`.
///
/// # Errors
/// For anything else.
pub fn boolean(text: &str) -> Result<bool, LiteralError> {
    match text.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(LiteralError::NotABoolean),
    }
}

/// `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss[.SSS]`, UTC, perhaps with a `Z` (DALI 1.1 §3.3.3).
///
/// # Errors
/// For anything else.
pub fn timestamp(text: &str) -> Result<DateTime<Utc>, LiteralError> {
    let text = text.trim();
    let text = text.strip_suffix('Z').unwrap_or(text);
    let time = match text.parse::<NaiveDate>() {
        Ok(date) => date.and_hms_opt(0, 0, 0),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok(),
    };
    time.map(|time| time.and_utc()).ok_or(LiteralError::NotATime)
}

/// `lon lat radius`, degrees.
///
/// # Errors
/// [`LiteralError`]
pub fn circle(text: &str) -> Result<Region, LiteralError> {
    let [lon, lat, radius] = exactly(text, "three")?;
    Ok(Region::circle(lon, lat, radius)?)
}

/// `lon1 lat1 lon2 lat2 lon3 lat3 …`, degrees, wound either way.
///
/// # Errors
/// [`LiteralError`]
pub fn polygon(text: &str) -> Result<Region, LiteralError> {
    let values = numbers(text)?;
    if values.iter().any(|value| value.is_nan()) {
        return Err(LiteralError::Undefined);
    }
    if values.len() < 6 {
        return Err(LiteralError::Count { expected: "six or more", found: values.len() });
    }
    Ok(Region::polygon(&values)?)
}

/// `lon1 lon2 lat1 lat2`, degrees; infinite sides are open.
fn range(text: &str) -> Result<Region, LiteralError> {
    let [lon1, lon2, lat1, lat2] = exactly(text, "four")?;
    Ok(Region::range(lon1, lon2, lat1, lat2)?)
}

/// A value of `POS`: `CIRCLE …`, `RANGE …` or `POLYGON …`, the keyword in any case.
///
/// # Errors
/// [`LiteralError`]
pub fn position(text: &str) -> Result<Region, LiteralError> {
    let text = text.trim();
    let (shape, values) =
        text.split_once(|c: char| c.is_ascii_whitespace() || c == ',').unwrap_or((text, ""));
    match shape.to_ascii_uppercase().as_str() {
        "CIRCLE" => circle(values),
        "RANGE" => range(values),
        "POLYGON" => polygon(values),
        _ => Err(LiteralError::UnknownShape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_votable() {
        for (text, value) in [
            ("1", 1.0),
            ("-1.5e-3", -1.5e-3),
            ("+2E2", 200.0),
            (".5", 0.5),
            ("Inf", f64::INFINITY),
            ("+Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        assert!(number("NaN").unwrap().is_nan());
        for text in
            ["", "1_000", "0x10", "inf", "infinity", "nan", "1e999", "1d3", "12h3m", "1.2.3", "e", "--1"]
        {
            assert_eq!(number(text), Err(LiteralError::NotANumber), "{text}");
        }
    }

    #[test]
    fn blanks_tabs_and_commas_separate_numbers() {
        assert_eq!(numbers(" 1, 2\t3  4,5 "), Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0]));
    }

    #[test]
    fn intervals_are_closed_and_may_be_open_ended() {
        let interval = |text: &str| text.parse::<Interval>();
        assert_eq!(interval("1 2"), Ok(Interval { low: 1.0, high: 2.0 }));
        assert_eq!(interval("550e-9"), Ok(Interval { low: 550e-9, high: 550e-9 }));
        // `+Inf` that was not encoded arrives as ` Inf`.
        assert_eq!(interval("1  Inf"), Ok(Interval { low: 1.0, high: f64::INFINITY }));
        assert!(interval("-Inf Inf").unwrap().contains(1e300));
        assert!(interval("1 2").unwrap().intersects(2.0, 3.0));
        assert!(!interval("1 2").unwrap().intersects(2.1, 3.0));
        for (text, error) in [
            ("2 1", LiteralError::Order),
            ("Inf Inf", LiteralError::Order),
            ("NaN", LiteralError::Undefined),
            ("a", LiteralError::NotANumber),
            ("1 2 3", LiteralError::Count { expected: "one or two", found: 3 }),
            ("", LiteralError::Count { expected: "one or two", found: 0 }),
        ] {
            assert_eq!(interval(text), Err(error), "{text}");
        }
    }

    #[test]
    fn shapes_of_the_sky_are_read_in_any_case_of_the_keyword() {
        let inside = |text: &str| {
            let at = crate::sky::SkyCoord::new(10.1, 20.1).unwrap();
            position(text).unwrap().contains(at)
        };
        for text in [
            "CIRCLE 10 20 1",
            "circle,10,20,1",
            "RANGE 10 11 20 21",
            "RANGE -Inf  Inf -Inf  Inf",
            "POLYGON 10 20 11 20 11 21 10 21",
            "POLYGON 10 20 10 21 11 21 11 20 10 20",
        ] {
            assert!(inside(text), "{text}");
        }
    }

    #[test]
    fn shapes_that_are_none_are_refused() {
        for text in [
            "",
            "CIRCLE",
            "SQUARE 1 2 3",
            "1 2 3",
            "CIRCLE 1 2",
            "CIRCLE 1 2 0",
            "CIRCLE 1 2 -1",
            "CIRCLE 1 2 181",
            "CIRCLE 1 91 1",
            "CIRCLE a b c",
            "CIRCLE 1 2 NaN",
            "CIRCLE 1 2 3 4",
            "CIRCLE Inf 2 3",
            "RANGE 1 2 3",
            "RANGE 1 2 5 4",
            "RANGE 1 2 3 4 5",
            "POLYGON 1 2 3 4",
            "POLYGON 1 2 3 4 5",
            "POLYGON 1 2 3 4 5 6 7",
            "POLYGON 1 2 3 4 1 2",
            "POLYGON 0 0 1 1 1 0 0 1",
            "POLYGON 0 0 180 0 90 45",
        ] {
            assert!(position(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_utc_with_or_without_saying_so() {
        let expected = DateTime::parse_from_rfc3339("2026-01-31T22:00:00.5Z").unwrap();
        assert_eq!(timestamp("2026-01-31T22:00:00.500").unwrap(), expected);
        assert_eq!(timestamp("2026-01-31T22:00:00.5Z").unwrap(), expected);
        assert_eq!(timestamp("2026-01-31").unwrap().timestamp(), 1_769_817_600);
        for text in ["", "today", "2026-13-01", "2026-01-31T22:00:00+01:00", "2026-01-31 22:00"] {
            assert_eq!(timestamp(text), Err(LiteralError::NotATime), "{text}");
        }
    }

    #[test]
    fn booleans_have_four_spellings() {
        assert_eq!((boolean("true"), boolean("1")), (Ok(true), Ok(true)));
        assert_eq!((boolean("false"), boolean("0")), (Ok(false), Ok(false)));
        assert_eq!(boolean("TRUE"), Err(LiteralError::NotABoolean));
    }
}
