//! Failures as ImageServ clients know them: `{"exception": …, "message": …}`, names of Python exceptions included.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::catalogue::{CatalogueError, IdentityError};
use crate::error::{Classified, ErrorKind, chain};
use crate::protocol::vo::body::BodyError;
use crate::protocol::vo::dali::{Fault, FaultKind};
use crate::render;
use crate::sky::WcsError;

/// A refused or failed request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    #[serde(skip)]
    status: StatusCode,
    exception: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more: Vec<String>,
    /// The methods the route takes.
    #[serde(skip)]
    allowed: &'static str,
}

impl Failure {
    fn new(status: StatusCode, exception: &'static str, message: impl Into<String>) -> Self {
        Self { status, exception, message: message.into(), more: Vec::new(), allowed: "" }
    }

    fn with_more(mut self, more: impl Into<String>) -> Self {
        self.more.push(more.into());
        self
    }

    /// No `ds` parameter.
    pub fn missing_dataset() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OSError", "Missing ds parameter")
    }

    /// Neither archive nor dataset of that name.
    pub fn unknown_archive() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OSError", "Db Not Found")
    }

    /// The names are legal, but no such image is held.
    pub fn image_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OSError", "Image Not Found")
    }

    /// The image is held, but the cutout lies beside it.
    pub fn no_overlap(science_id: impl fmt::Display) -> Self {
        Self::image_not_found().with_more(format!("requested cutout does not overlap image {science_id}"))
    }

    /// A value that is not what its parameter takes.
    pub fn bad_value(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValueError", message)
    }

    /// A cutout past the limits.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "UsageError", message)
    }

    /// No such route.
    pub fn unknown_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OSError", "Not Found")
    }

    /// The route takes these methods only.
    pub fn wrong_method(allowed: &'static str) -> Self {
        let refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, "ValueError", "Method Not Allowed");
        Self { allowed, ..refused }
    }

    /// A JSON body that is not the document it should be.
    pub fn invalid_body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    /// Somebody who is not let in, or not yet again.
    pub fn not_let_in(status: StatusCode, message: impl Into<String>) -> Self {
        let is_early = status == StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, if is_early { "OSError" } else { "PermissionError" }, message)
    }

    /// Too much at once; the same again may succeed.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "OSError", message)
    }

    /// Our own failure, or that of a file.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "RuntimeError", message)
    }

    /// Whether the same again may succeed.
    pub fn is_transient(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

/// A failure of the job tree, which all services share, in the words of this one.
impl From<&Fault> for Failure {
    fn from(fault: &Fault) -> Self {
        let message = fault.message();
        match fault.kind() {
            FaultKind::Usage | FaultKind::MultiValued | FaultKind::AnswerTooLarge => Self::bad_value(message),
            FaultKind::NotFound => Self::new(StatusCode::NOT_FOUND, "OSError", message),
            FaultKind::WrongMethod(allowed) => Self::wrong_method(allowed),
            FaultKind::Busy => Self::busy(message),
            FaultKind::Internal => Self::internal(message),
            FaultKind::Authentication | FaultKind::Authorization => Self::not_let_in(fault.status(), message),
            FaultKind::MediaType | FaultKind::BodyTooLarge | FaultKind::Forbidden => {
                Self::new(fault.status(), "ValueError", message)
            }
        }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        Self::bad_value(error.to_string())
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let status = match error {
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            BodyError::Unreadable => StatusCode::BAD_REQUEST,
        };
        Self::new(status, "ValueError", error.to_string())
    }
}

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        Self::of(&error)
    }
}

impl From<render::Error> for Failure {
    fn from(error: render::Error) -> Self {
        match &error {
            render::Error::Wcs(reason) if matches!(**reason, WcsError::NoCelestialAxes) => {
                Self::internal("wcs missing in source image")
            }
            _ => Self::of(&error),
        }
    }
}

impl Failure {
    fn of<E: Classified>(error: &E) -> Self {
        let failure = match error.kind() {
            ErrorKind::NotFound | ErrorKind::OutsideImage => return Self::image_not_found(),
            ErrorKind::InvalidInput => return Self::bad_value(error.to_string()),
            ErrorKind::TooLarge => return Self::too_large(error.to_string()),
            ErrorKind::Busy | ErrorKind::Unavailable => Self::busy(error.to_string()),
            // A property of the image that no repetition changes, and no fault of the service.
            ErrorKind::Unsupported => {
                return Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplementedError", error.to_string());
            }
            ErrorKind::BrokenFile => Self::internal(error.to_string()),
            ErrorKind::Internal => Self::internal("internal error"),
        };
        tracing::error!(error = %chain(error), "request failed");
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.exception, self.message)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => response.insert_header((RETRY_AFTER, "1")),
            StatusCode::METHOD_NOT_ALLOWED => response.insert_header((ALLOW, self.allowed)),
            _ => &mut response,
        };
        response.json(self)
    }
}
