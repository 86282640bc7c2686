//! Failures in the words of the plugin.

use std::fmt;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpResponse, ResponseError};

use super::Nina;
use super::config::StatusLine;
use super::envelope::Envelope;
use crate::error::{Classified, ErrorKind, chain};

/// A refused or failed request. The body is the same in both status-line modes.
#[derive(Clone, Debug)]
pub struct Failure {
    status: StatusCode,
    error: String,
    layer: Layer,
}

/// Who says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// The web server: the status line shows it in every mode.
    Server,
    /// The plugin: the status line shows it only in the documented mode.
    Plugin,
}

impl Failure {
    fn plugin(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), layer: Layer::Plugin }
    }

    fn server(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), layer: Layer::Server }
    }

    /// A request the plugin's web server itself would refuse.
    pub fn bad_request(error: &str) -> Self {
        Self::server(StatusCode::BAD_REQUEST, error)
    }

    /// A value that is not of its parameter's type.
    pub fn unreadable(name: &str, value: &str) -> Self {
        Self::server(StatusCode::BAD_REQUEST, format!("Invalid value for {name}: {value}"))
    }

    /// No such route.
    pub fn unknown_route() -> Self {
        Self::server(StatusCode::NOT_FOUND, "Not found")
    }

    /// The route does not take this method.
    pub fn wrong_method() -> Self {
        Self::server(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    /// The index is negative or past the end.
    pub fn index_out_of_range() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Index out of range")
    }

    /// The filtered history is empty.
    pub fn no_images() -> Self {
        Self::plugin(StatusCode::INTERNAL_SERVER_ERROR, "No images available")
    }

    /// The word is no sensor type.
    pub fn invalid_bayer_pattern() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Invalid bayer pattern")
    }

    /// The file cannot be handed out as FITS.
    pub fn not_fits() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Image is not a FITS file")
    }

    /// The sensor layout asked for cannot be interpolated.
    pub fn unknown() -> Self {
        Self::plugin(StatusCode::INTERNAL_SERVER_ERROR, "Unknown error")
    }
}

impl<E: Classified> From<E> for Failure {
    fn from(error: E) -> Self {
        match error.kind() {
            ErrorKind::Busy | ErrorKind::Unavailable => {
                tracing::warn!(error = %chain(&error), "turned away");
                Self::server(StatusCode::SERVICE_UNAVAILABLE, "Service busy, try again")
            }
            _ => {
                tracing::error!(error = %chain(&error), "request failed");
                Self::unknown()
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.error)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        let mut response = response.json(Envelope::failure(self.status, &self.error));
        response.extensions_mut().insert(self.layer);
        response
    }
}

/// The plugin's own habit: a failure it handled itself says so in the body only, under the status line 200.
///
/// # Errors
/// Those of the wrapped service.
pub async fn hide_status<B: MessageBody>(
    nina: Data<Nina>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let handled = response.response().extensions().get::<Layer>() == Some(&Layer::Plugin);
    if handled && nina.settings.status_line == StatusLine::Plugin {
        *response.response_mut().status_mut() = StatusCode::OK;
    }
    Ok(response)
}
