//! Parameters of a request, from its URL and its body, and the strict reading of what they say.

use actix_multipart::Multipart;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};

use super::error::Failure;
use crate::protocol::body::{self, Missing};

/// Longest body these functions take.
const LONGEST_BODY_BYTES: usize = 64 << 10;

/// All parameters in the order query, body. A repeated one counts as its last occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Collects them from the URL and, of a POST, from the body: a form or multipart form data.
    pub(super) async fn of(request: &HttpRequest, payload: web::Payload) -> Result<Self, Failure> {
        let mut parameters = Self::default();
        parameters.read_form(request.query_string())?;
        if *request.method() == Method::POST {
            parameters.read_body(request, payload).await?;
        }
        Ok(parameters)
    }

    /// The value of a parameter without blanks around it; `None` when it was not given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let blank = |c: char| c.is_ascii_whitespace();
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.trim_matches(blank))
    }

    /// As [`Self::value`], where nothing is said by giving nothing.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| !value.is_empty())
    }

    /// An optional parameter that is 1 or 0.
    pub(super) fn switch(&self, name: &'static str) -> Result<Option<bool>, Failure> {
        match self.optional(name) {
            None => Ok(None),
            Some("1") => Ok(Some(true)),
            Some("0") => Ok(Some(false)),
            Some(_) => Err(Failure::Invalid(name)),
        }
    }

    fn read_form(&mut self, form: &str) -> Result<(), Failure> {
        let pairs =
            web::Query::<Vec<(String, String)>>::from_query(form).map_err(|_| Failure::MalformedBody)?;
        self.0.extend(pairs.into_inner());
        Ok(())
    }

    async fn read_body(&mut self, request: &HttpRequest, payload: web::Payload) -> Result<(), Failure> {
        let body = body::whole(payload, LONGEST_BODY_BYTES).await.map_err(|missing| match missing {
            Missing::TooLarge => Failure::TooBig,
            Missing::BrokeOff => Failure::MalformedBody,
        })?;
        if body.is_empty() {
            return Ok(());
        }
        let media_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        match media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => self.read_form(&String::from_utf8_lossy(&body)),
            "multipart/form-data" => self.read_fields(request, body).await,
            _ => Err(Failure::UnsupportedBody),
        }
    }

    async fn read_fields(&mut self, request: &HttpRequest, body: Bytes) -> Result<(), Failure> {
        let mut form = Multipart::new(request.headers(), stream::iter([Ok(body)]));
        while let Some(mut field) = form.try_next().await.map_err(|_| Failure::MalformedBody)? {
            let mut value = Vec::new();
            while let Some(chunk) = field.try_next().await.map_err(|_| Failure::MalformedBody)? {
                value.extend_from_slice(&chunk);
            }
            if let Some(name) = field.name() {
                self.0.push((name.to_owned(), String::from_utf8_lossy(&value).into_owned()));
            }
        }
        Ok(())
    }
}

/// What a snapshot request says, its numbers read, nothing compared with what there is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SnapshotParameters {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) source: Option<String>,
    /// `None` and 0 mean one picture.
    pub(super) fps: Option<i64>,
    pub(super) time: Option<f64>,
    pub(super) parts: Parts,
    /// Our own addition: name and time written into the picture.
    pub(super) timestamp: Option<bool>,
    /// Our own addition: the picture is stored as a frame.
    pub(super) keep: bool,
}

/// How the parts of a stream are written; `parts=` overrides the choice by user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// By user agent.
    Auto,
    /// With their length.
    Length,
    /// With the next part's header in advance.
    Advance,
}

impl TryFrom<&Parameters> for SnapshotParameters {
    type Error = Failure;

    /// The first failure in the order of the device's checks: width missing, height missing, then syntax.
    fn try_from(parameters: &Parameters) -> Result<Self, Failure> {
        let width = parameters.value("width").ok_or(Failure::Missing("width"))?;
        let height = parameters.value("height").ok_or(Failure::Missing("height"))?;
        let side = |text, name| {
            whole(text).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).ok_or(Failure::Invalid(name))
        };
        let (width, height) = (side(width, "width")?, side(height, "height")?);
        let fps =
            parameters.optional("fps").map(|text| whole(text).ok_or(Failure::Invalid("fps"))).transpose()?;
        let time = parameters
            .optional("time")
            .map(|text| decimal(text).ok_or(Failure::Invalid("time")))
            .transpose()?;
        let parts = match parameters.optional("parts") {
            Some("length") => Parts::Length,
            Some("advance") => Parts::Advance,
            _ => Parts::Auto,
        };
        let timestamp = parameters.switch("timestamp")?;
        let keep = parameters.switch("keep")?.unwrap_or(false);
        if keep && time.is_none() && fps.is_some_and(|fps| fps > 0) {
            return Err(Failure::Invalid("keep"));
        }
        let source = parameters.optional("source").map(str::to_owned);
        Ok(Self { width, height, source, fps, time, parts, timestamp, keep })
    }
}

/// A decimal integer: digits, perhaps a minus sign before them.
pub(super) fn whole(text: &str) -> Option<i64> {
    is_digits(text.strip_prefix('-').unwrap_or(text)).then(|| text.parse().ok())?
}

/// A decimal number: an integer, perhaps a point and more digits. No comma, no exponent, no `NaN`. `-0` is 0.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let number = (is_digits(whole) && is_digits(fraction)).then(|| text.parse::<f64>().ok())??;
    number.is_finite().then_some(number + 0.0)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<SnapshotParameters, Failure> {
        let mut parameters = Parameters::default();
        parameters.read_form(query)?;
        SnapshotParameters::try_from(&parameters)
    }

    #[test]
    fn failures_come_in_the_order_of_the_checks() {
        for (query, failure) in [
            ("", Failure::Missing("width")),
            ("fps=x&source=nowhere", Failure::Missing("width")),
            ("width=x", Failure::Missing("height")),
            ("height=480", Failure::Missing("width")),
            ("width=&height=480", Failure::Invalid("width")),
            ("width=x&height=y", Failure::Invalid("width")),
            ("width=640&height=-480&fps=x", Failure::Invalid("height")),
            ("width=640&height=0", Failure::Invalid("height")),
            ("width=640&height=480&fps=x&time=y", Failure::Invalid("fps")),
            ("width=640&height=480&fps=1.5", Failure::Invalid("fps")),
            ("width=640&height=480&time=abc", Failure::Invalid("time")),
            ("width=99999999999999999999&height=480", Failure::Invalid("width")),
            ("width=4294967296&height=480", Failure::Invalid("width")),
            ("width=%2B640&height=480", Failure::Invalid("width")),
            ("width=6.4e2&height=480", Failure::Invalid("width")),
        ] {
            assert_eq!(read(query), Err(failure), "{query}");
        }
    }

    #[test]
    fn blanks_around_numbers_and_unknown_parameters_do_not_matter() {
        let request = read("x=.jpg&width=+640+&height=%20480&fps=%095&_=17").unwrap();
        assert_eq!((request.width, request.height, request.fps), (640, 480, Some(5)));
    }

    #[test]
    fn empty_optional_parameters_are_absent_and_the_last_of_many_counts() {
        let request = read("width=1&width=640&height=480&fps=&time=&source=&source=").unwrap();
        assert_eq!((request.width, request.fps, request.time, request.source), (640, None, None, None));
        assert_eq!(read("width=640&height=480&fps=3&fps=").unwrap().fps, None);
    }

    #[test]
    fn time_is_a_plain_decimal_number() {
        for (text, number) in [
            ("-30", Some(-30.0)),
            ("-29.999", Some(-29.999)),
            ("-0.5", Some(-0.5)),
            ("0", Some(0.0)),
            ("-0", Some(0.0)),
            ("1700000000.25", Some(1_700_000_000.25)),
            ("-2,5", None),
            ("-1e1", None),
            ("NaN", None),
            ("inf", None),
            ("-", None),
            ("--5", None),
            ("-.5", None),
            ("-5.", None),
            ("0x10", None),
            ("\u{0665}", None),
        ] {
            assert_eq!(decimal(text), number, "{text}");
        }
        assert!(decimal("-0").is_some_and(f64::is_sign_positive));
        assert_eq!(decimal(&"9".repeat(400)), None, "infinite");
    }

    #[test]
    fn parts_is_a_choice_of_two() {
        let parts = |query: &str| read(&format!("width=1&height=1&{query}")).unwrap().parts;
        assert_eq!(parts("parts=length"), Parts::Length);
        assert_eq!(parts("parts=advance"), Parts::Advance);
        assert_eq!(parts("parts=else"), Parts::Auto);
    }
}
