//! Numbers and dates as the plugin's JSON writer forms them over HTTP.

use chrono::{DateTime, FixedOffset};
use serde::{Serialize, Serializer};

/// A double: whole numbers without a fraction, and the words `NaN`, `Infinity` and `-Infinity` as strings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;
        match self.0 {
            value if value.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            value if value.fract() == 0.0 && value.abs() < EXACT_INTEGERS => {
                serializer.serialize_i64(value as i64)
            }
            value => serializer.serialize_f64(value),
        }
    }
}

/// A date and time with its offset, up to seven fractional digits, trailing zeros left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalTime(pub DateTime<FixedOffset>);

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ticks = self.0.timestamp_subsec_nanos() / 100;
        let fraction = format!(".{ticks:07}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        let text = format!("{}{fraction}{}", self.0.format("%Y-%m-%dT%H:%M:%S"), self.0.format("%:z"));
        serializer.serialize_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_clients_know_them() {
        let written = |value| serde_json::to_string(&Number(value)).unwrap();
        assert_eq!(written(4999.0), "4999");
        assert_eq!(written(-0.0), "0");
        assert_eq!(written(212.41), "212.41");
        assert_eq!(written(f64::NAN), "\"NaN\"");
        assert_eq!(written(f64::NEG_INFINITY), "\"-Infinity\"");
        assert_eq!(written(1e300), "1e+300");
    }

    #[test]
    fn trailing_zeros_of_a_fraction_are_left_out() {
        let written =
            |text| serde_json::to_string(&LocalTime(DateTime::parse_from_rfc3339(text).unwrap())).unwrap();
        assert_eq!(written("2026-01-31T22:04:05.123456789+01:00"), "\"2026-01-31T22:04:05.1234567+01:00\"");
        assert_eq!(written("2026-01-31T22:04:05.5+01:00"), "\"2026-01-31T22:04:05.5+01:00\"");
        assert_eq!(written("2026-01-31T22:04:05Z"), "\"2026-01-31T22:04:05+00:00\"");
    }
}
