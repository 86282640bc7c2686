//! A refused or failed request, and the two vocabularies it is told in: `UsageError` of SODA, `UsageFault` of SIA
//! and DataLink (DALI 1.1 §4.2 to §4.4).

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::catalogue::CatalogueError;
use crate::error::{Classified, ErrorKind, chain};
use crate::protocol::vo::body::BodyError;
use crate::protocol::vo::votable::{self, TableFormat};
use crate::render;

/// What kind of failure it is; decides status and label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A value, a combination or a body that makes no sense.
    Usage,
    /// More values than the service takes.
    MultiValued,
    /// Nothing of that name is held.
    NotFound,
    /// The resource does not take this method; what it takes.
    WrongMethod(&'static str),
    /// A body of a kind that carries no parameters.
    MediaType,
    /// A body beyond the limit.
    BodyTooLarge,
    /// An answer beyond the limits.
    AnswerTooLarge,
    /// Not in the present state of the resource (UWS).
    Forbidden,
    /// Not without credentials.
    Authentication,
    /// Not with these credentials.
    Authorization,
    /// Too much at once; the same again may succeed.
    Busy,
    /// Our own failure, or that of a file.
    Internal,
}

/// A refused or failed request: its kind and one sentence that may be shown to anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: String,
}

impl Fault {
    /// A failure of a kind.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A value, a combination or a body that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// A value of a parameter that makes no sense, and why.
    pub fn bad_value(parameter: &str, value: &str, reason: impl fmt::Display) -> Self {
        Self::usage(format!("invalid {parameter} value '{}': {reason}", shortened(value)))
    }

    /// A parameter with more values than the service takes.
    pub fn multi_valued(parameter: &str) -> Self {
        Self::new(FaultKind::MultiValued, parameter)
    }

    /// Nothing of that name is held.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(FaultKind::NotFound, message)
    }

    /// The resource does not take this method.
    pub fn wrong_method(allowed: &'static str) -> Self {
        Self::new(FaultKind::WrongMethod(allowed), format!("this resource takes {allowed}"))
    }

    /// What went wrong below the dialect; the cause goes to the log, not to the client.
    pub fn of<E: Classified>(error: &E) -> Self {
        let (kind, message) = match error.kind() {
            ErrorKind::NotFound => return Self::not_found(error.to_string()),
            // What a dataset does not have cannot be asked of it, as with wavelengths of an image without any.
            ErrorKind::InvalidInput | ErrorKind::OutsideImage | ErrorKind::Unsupported => {
                return Self::usage(error.to_string());
            }
            ErrorKind::TooLarge => return Self::new(FaultKind::AnswerTooLarge, error.to_string()),
            ErrorKind::Busy | ErrorKind::Unavailable => (FaultKind::Busy, error.to_string()),
            ErrorKind::BrokenFile => (FaultKind::Internal, error.to_string()),
            ErrorKind::Internal => (FaultKind::Internal, "internal error".to_owned()),
        };
        tracing::error!(error = %chain(error), "request failed");
        Self::new(kind, message)
    }

    /// Its kind.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// What may be shown to anyone, without a label.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self.kind {
            FaultKind::Usage | FaultKind::MultiValued | FaultKind::AnswerTooLarge => StatusCode::BAD_REQUEST,
            FaultKind::NotFound => StatusCode::NOT_FOUND,
            FaultKind::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            FaultKind::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            FaultKind::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FaultKind::Authentication => StatusCode::UNAUTHORIZED,
            FaultKind::Forbidden | FaultKind::Authorization => StatusCode::FORBIDDEN,
            FaultKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The text of a SODA or UWS error document (SODA 1.0 §5.2).
    pub fn soda_text(&self) -> String {
        let label = match self.kind {
            FaultKind::MultiValued => "MultiValuedParamNotSupported",
            FaultKind::Authentication => "AuthenticationError",
            FaultKind::Authorization => "AuthorizationError",
            FaultKind::Busy => "ServiceUnavailable",
            FaultKind::Internal => "Error",
            _ => "UsageError",
        };
        format!("{label}: {}", self.message)
    }

    /// The text of an error of SIA or DataLink (SIA 2.0 §3.2, DataLink 1.1 §3.4).
    pub fn discovery_text(&self) -> String {
        match self.kind {
            FaultKind::MultiValued => format!("UsageFault: {} is given more than once", self.message),
            FaultKind::NotFound => format!("NotFoundFault: {}", self.message),
            FaultKind::Busy => format!("TransientFault: {}", self.message),
            FaultKind::Internal => format!("FatalFault: {}", self.message),
            _ => format!("UsageFault: {}", self.message),
        }
    }

    /// The answer of a SODA or UWS resource.
    pub fn soda_response(&self) -> HttpResponse {
        self.text_response(self.soda_text())
    }

    /// The answer of a discovery resource from which something else than a VOTable was wanted.
    pub fn discovery_text_response(&self) -> HttpResponse {
        self.text_response(self.discovery_text())
    }

    /// The answer of a discovery resource: a VOTable that says what went wrong.
    pub fn votable_response(&self, content_type: &str) -> HttpResponse {
        let document = votable::error_document(&self.discovery_text());
        self.builder().insert_header((CONTENT_TYPE, content_type)).body(document)
    }

    /// The answer of a discovery resource from which a table of this form was wanted; `usual` is the media type of
    /// its `VOTables`.
    pub fn table_response(&self, format: &TableFormat, usual: &str) -> HttpResponse {
        match format {
            TableFormat::Votable(_) => self.votable_response(&format.content_type(usual)),
            _ => self.discovery_text_response(),
        }
    }

    fn text_response(&self, text: String) -> HttpResponse {
        self.builder().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text + "\n")
    }

    fn builder(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status());
        match self.kind {
            FaultKind::Busy => response.insert_header((RETRY_AFTER, "1")),
            FaultKind::WrongMethod(allowed) => response.insert_header((ALLOW, allowed)),
            _ => &mut response,
        };
        response
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::TooLarge(_) => FaultKind::BodyTooLarge,
            BodyError::MediaType(_) => FaultKind::MediaType,
            BodyError::Unreadable => FaultKind::Usage,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<CatalogueError> for Fault {
    fn from(error: CatalogueError) -> Self {
        Self::of(&error)
    }
}

impl From<Arc<CatalogueError>> for Fault {
    fn from(error: Arc<CatalogueError>) -> Self {
        Self::of(&error)
    }
}

impl From<render::Error> for Fault {
    fn from(error: render::Error) -> Self {
        Self::of(&error)
    }
}

/// A client's value as an answer may repeat it.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = value.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if value.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_its_own_words_for_a_failure() {
        for (fault, status, soda, discovery) in [
            (Fault::usage("x"), 400, "UsageError: x", "UsageFault: x"),
            (
                Fault::multi_valued("MAXREC"),
                400,
                "MultiValuedParamNotSupported: MAXREC",
                "UsageFault: MAXREC is given more than once",
            ),
            (Fault::not_found("x"), 404, "UsageError: x", "NotFoundFault: x"),
            (Fault::new(FaultKind::Busy, "x"), 503, "ServiceUnavailable: x", "TransientFault: x"),
            (Fault::new(FaultKind::Internal, "x"), 500, "Error: x", "FatalFault: x"),
            (Fault::new(FaultKind::Authorization, "x"), 403, "AuthorizationError: x", "UsageFault: x"),
        ] {
            assert_eq!(fault.status().as_u16(), status);
            assert_eq!((fault.soda_text(), fault.discovery_text()), (soda.into(), discovery.into()));
        }
    }

    #[test]
    fn a_busy_service_says_when_to_come_back_and_a_wrong_method_which_are_right() {
        let busy = Fault::new(FaultKind::Busy, "x").soda_response();
        assert!(busy.headers().contains_key("retry-after"));
        let method = Fault::wrong_method("GET, POST").votable_response("text/xml");
        assert_eq!(method.headers().get("allow").unwrap(), "GET, POST");
    }

    #[test]
    fn repeated_values_are_short_and_printable() {
        let fault = Fault::bad_value("POS", &("a\n".repeat(200)), "no");
        assert_eq!(fault.message(), format!("invalid POS value '{}...': no", "a".repeat(80)));
    }
}
