//! Numbers and dates as the plugin's two JSON writers form them: one for HTTP, one for the websocket.

use chrono::{DateTime, FixedOffset};
use serde::{Serialize, Serializer};

/// A double over HTTP: whole numbers without a fraction; `NaN`, `Infinity` and `-Infinity` as strings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

/// A double on the websocket: whole numbers with a fraction of zero (`4999.0`); otherwise as over HTTP.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SocketNumber(pub f64);

/// The word for a double that JSON has no number for.
fn word(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;
        match (word(self.0), self.0) {
            (Some(word), _) => serializer.serialize_str(word),
            (None, value) if value.fract() == 0.0 && value.abs() < EXACT_INTEGERS => {
                serializer.serialize_i64(value as i64)
            }
            (None, value) => serializer.serialize_f64(value),
        }
    }
}

impl Serialize for SocketNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match word(self.0) {
            Some(word) => serializer.serialize_str(word),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl From<f64> for SocketNumber {
    fn from(value: f64) -> Self {
        Self(value)
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
        let both = |value| {
            let http = serde_json::to_string(&Number(value)).unwrap();
            (http, serde_json::to_string(&SocketNumber(value)).unwrap())
        };
        for (value, http, socket) in [
            (4999.0, "4999", "4999.0"),
            (-0.0, "0", "-0.0"),
            (212.41, "212.41", "212.41"),
            (f64::NAN, "\"NaN\"", "\"NaN\""),
            (f64::NEG_INFINITY, "\"-Infinity\"", "\"-Infinity\""),
            (1e300, "1e+300", "1e+300"),
        ] {
            assert_eq!(both(value), (http.to_owned(), socket.to_owned()));
        }
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
