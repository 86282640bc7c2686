//! Failures in the device's own words: a code, the parameter at fault, a description, in an envelope of JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde::Serialize;

use super::config::{IntercomConfig, StatusProfile};
use crate::error::{Classified, ErrorKind};

/// Why a request cannot be answered. The codes are those of the device; clients know no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A function of the device that is not offered here.
    NotSupported,
    /// No such function.
    UnknownPath,
    /// The function does not know this HTTP method.
    WrongMethod,
    /// The service is switched off.
    Disabled,
    /// The service is offered under TLS only.
    TlsNeeded,
    /// The way of authenticating is not the one configured.
    WrongScheme,
    /// No credentials, or wrong ones.
    Unauthorized,
    /// Right credentials of somebody without the privilege.
    Forbidden,
    /// A parameter that must be there is not.
    Missing(&'static str),
    /// A parameter has a value that is not allowed.
    Invalid(&'static str),
    /// The request's body is longer than a few parameters can be.
    TooBig,
    /// The request's body is of a kind that carries no parameters.
    UnsupportedBody,
    /// The request's body cannot be read.
    MalformedBody,
    /// Something failed here.
    Internal,
    /// There is no picture; names the parameter that asked for one from memory.
    NoData(Option<&'static str>),
    /// Not now: too many are watching.
    Rejected,
}

#[derive(Debug, Serialize)]
struct Envelope {
    success: bool,
    error: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'static str>,
    description: &'static str,
}

impl Failure {
    fn code(self) -> u8 {
        match self {
            Self::NotSupported => 1,
            Self::UnknownPath => 2,
            Self::WrongMethod => 3,
            Self::Disabled => 4,
            Self::TlsNeeded => 7,
            Self::WrongScheme => 8,
            Self::Unauthorized => 9,
            Self::Forbidden => 10,
            Self::Missing(_) => 11,
            Self::Invalid(_) => 12,
            Self::TooBig => 13,
            Self::UnsupportedBody | Self::MalformedBody | Self::Internal => 14,
            Self::NoData(_) => 15,
            Self::Rejected => 18,
        }
    }

    /// The parameter at fault.
    pub(super) fn param(self) -> Option<&'static str> {
        match self {
            Self::Missing(param) | Self::Invalid(param) => Some(param),
            Self::NoData(param) => param,
            _ => None,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::NotSupported => "function is not supported",
            Self::UnknownPath => "invalid request path",
            Self::WrongMethod => "invalid request method",
            Self::Disabled => "function is disabled",
            Self::TlsNeeded => "invalid connection type",
            Self::WrongScheme => "invalid authentication method",
            Self::Unauthorized => "authorization required",
            Self::Forbidden => "insufficient user privileges",
            Self::Missing(_) => "missing mandatory parameter",
            Self::Invalid(_) => "invalid parameter value",
            Self::TooBig => "parameter data too big",
            Self::UnsupportedBody => "Unsupported Content-Type",
            Self::MalformedBody => "malformed request body",
            Self::Internal => "unspecified processing error",
            Self::NoData(_) => "no data available",
            Self::Rejected => "request rejected",
        }
    }

    fn status(self, profile: StatusProfile) -> StatusCode {
        let is_authentication = matches!(self, Self::WrongScheme | Self::Unauthorized);
        if profile == StatusProfile::Compat && !is_authentication {
            return StatusCode::OK;
        }
        match self {
            Self::NotSupported | Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Disabled | Self::TlsNeeded | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Missing(_) | Self::Invalid(_) | Self::TooBig => StatusCode::BAD_REQUEST,
            Self::UnsupportedBody | Self::MalformedBody | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoData(_) | Self::Rejected => StatusCode::SERVICE_UNAVAILABLE,
            Self::WrongScheme | Self::Unauthorized => StatusCode::UNAUTHORIZED,
        }
    }

    /// The answer a client gets.
    pub(super) fn response(self, config: &IntercomConfig) -> HttpResponse {
        let status = self.status(config.status);
        let mut response = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "2"));
        }
        response.json(Envelope {
            success: false,
            error: Body { code: self.code(), param: self.param(), description: self.description() },
        })
    }
}

impl<E: Classified> From<&E> for Failure {
    /// What a kind of failure is called here.
    fn from(error: &E) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::Unavailable => Self::NoData(None),
            ErrorKind::Busy => Self::Rejected,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;
    use crate::camera::CameraError;

    async fn wire(failure: Failure, status: StatusProfile) -> (u16, String, String) {
        let response = failure.response(&IntercomConfig { status, ..IntercomConfig::default() });
        let media_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        let code = response.status().as_u16();
        let body = to_bytes(response.into_body()).await.unwrap();
        (code, media_type, String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn every_row_of_the_error_table() {
        for (failure, semantic, body) in [
            (Failure::NotSupported, 404, r#"{"code":1,"description":"function is not supported"}"#),
            (Failure::TlsNeeded, 403, r#"{"code":7,"description":"invalid connection type"}"#),
            (Failure::Forbidden, 403, r#"{"code":10,"description":"insufficient user privileges"}"#),
            (Failure::UnknownPath, 404, r#"{"code":2,"description":"invalid request path"}"#),
            (Failure::WrongMethod, 405, r#"{"code":3,"description":"invalid request method"}"#),
            (Failure::Disabled, 403, r#"{"code":4,"description":"function is disabled"}"#),
            (
                Failure::Missing("width"),
                400,
                r#"{"code":11,"param":"width","description":"missing mandatory parameter"}"#,
            ),
            (
                Failure::Invalid("fps"),
                400,
                r#"{"code":12,"param":"fps","description":"invalid parameter value"}"#,
            ),
            (Failure::TooBig, 400, r#"{"code":13,"description":"parameter data too big"}"#),
            (Failure::UnsupportedBody, 500, r#"{"code":14,"description":"Unsupported Content-Type"}"#),
            (Failure::Internal, 500, r#"{"code":14,"description":"unspecified processing error"}"#),
            (Failure::NoData(None), 503, r#"{"code":15,"description":"no data available"}"#),
            (
                Failure::NoData(Some("time")),
                503,
                r#"{"code":15,"param":"time","description":"no data available"}"#,
            ),
            (Failure::Rejected, 503, r#"{"code":18,"description":"request rejected"}"#),
        ] {
            let expected = format!(r#"{{"success":false,"error":{body}}}"#);
            let json = "application/json".to_owned();
            assert_eq!(wire(failure, StatusProfile::Compat).await, (200, json.clone(), expected.clone()));
            assert_eq!(wire(failure, StatusProfile::Semantic).await, (semantic, json, expected));
        }
    }

    #[actix_web::test]
    async fn failures_of_authentication_are_401_in_both_profiles() {
        for profile in [StatusProfile::Compat, StatusProfile::Semantic] {
            let (status, _, body) = wire(Failure::Unauthorized, profile).await;
            assert_eq!((status, body.contains(r#""code":9"#)), (401, true));
            let (status, _, body) = wire(Failure::WrongScheme, profile).await;
            assert_eq!((status, body.contains(r#""code":8"#)), (401, true));
        }
    }

    #[test]
    fn kinds_of_camera_errors_have_their_codes() {
        assert_eq!(Failure::from(&CameraError::NoSignal), Failure::NoData(None));
        assert_eq!(Failure::from(&CameraError::TooManyViewers), Failure::Rejected);
        assert_eq!(Failure::from(&CameraError::Abandoned), Failure::Internal);
    }
}
