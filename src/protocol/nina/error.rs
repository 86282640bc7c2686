//! Failures in the words of the plugin.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};

use super::envelope::{Envelope, JSON};
use crate::catalogue::CatalogueError;
use crate::error::{Classified, ErrorKind, chain};
use crate::render;

/// A refused or failed request. The body is the same in both status-line modes.
#[derive(Clone, Debug)]
pub struct Failure {
    status: StatusCode,
    error: String,
    layer: Layer,
}

/// Who says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
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

    /// A request of somebody who is not let in.
    pub fn not_let_in(status: StatusCode, error: &str) -> Self {
        Self::server(status, error)
    }

    /// A request the plugin's web server itself would refuse.
    pub fn bad_request(error: &str) -> Self {
        Self::server(StatusCode::BAD_REQUEST, error)
    }

    /// A value that is not of its parameter's type.
    pub fn unreadable(name: &str, value: &str) -> Self {
        Self::server(StatusCode::BAD_REQUEST, format!("Invalid value for {name}: {value}"))
    }

    /// Everybody who can be served is being served.
    pub fn busy() -> Self {
        Self::server(StatusCode::SERVICE_UNAVAILABLE, "Service busy, try again")
    }

    /// No such route.
    pub fn unknown_route() -> Self {
        Self::server(StatusCode::NOT_FOUND, "Not found")
    }

    /// The route does not take this method.
    pub fn wrong_method() -> Self {
        Self::server(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    /// Something known that this gateway does not do.
    pub fn conflict(error: impl Into<String>) -> Self {
        Self::plugin(StatusCode::CONFLICT, error)
    }

    /// The index is negative or past the end.
    pub fn index_out_of_range() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Index out of range")
    }

    /// The filtered history is empty; for pictures.
    pub fn no_images() -> Self {
        Self::plugin(StatusCode::INTERNAL_SERVER_ERROR, "No images available")
    }

    /// The filtered history is empty; for what is done to a picture.
    pub fn no_images_to_work_on() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "No images available")
    }

    /// The filtered history is empty; for thumbnails.
    pub fn no_thumbnails() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "No thumbnails available")
    }

    /// Nothing was saved yet.
    pub fn no_image() -> Self {
        Self::plugin(StatusCode::NOT_FOUND, "No image")
    }

    /// Nothing was saved yet that could be solved.
    pub fn image_not_available() -> Self {
        Self::plugin(StatusCode::NOT_FOUND, "Image not available")
    }

    /// The size is not of the form 640x480.
    pub fn invalid_size() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Invalid size")
    }

    /// The word is no sensor type.
    pub fn invalid_bayer_pattern() -> Self {
        Self::plugin(StatusCode::BAD_REQUEST, "Invalid bayer pattern")
    }

    /// A refusal in given words.
    pub fn refused(status: StatusCode, error: impl Into<String>) -> Self {
        Self::plugin(status, error)
    }

    /// Whatever else went wrong.
    pub fn unknown() -> Self {
        Self::plugin(StatusCode::INTERNAL_SERVER_ERROR, "Unknown error")
    }
}

impl Failure {
    /// The refusal that goes with a failure of the rooms below, which is logged.
    pub fn of(error: &impl Classified) -> Self {
        match error.kind() {
            ErrorKind::Busy | ErrorKind::Unavailable => {
                tracing::warn!(error = %chain(error), "turned away");
                Self::busy()
            }
            _ => {
                tracing::error!(error = %chain(error), "request failed");
                Self::unknown()
            }
        }
    }
}

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        Self::of(&error)
    }
}

impl From<render::Error> for Failure {
    fn from(error: render::Error) -> Self {
        Self::of(&error)
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
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => response.insert_header((RETRY_AFTER, "1")),
            _ => &mut response,
        };
        let mut response =
            response.content_type(JSON).body(Envelope::failure(self.status, &self.error).to_json());
        response.extensions_mut().insert(self.layer);
        response
    }
}
