//! What holds for every answer of the dialect: the status line and the headers for pages of other origins.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Nina;
use super::config::StatusLine;
use super::error::Layer;

/// The plugin's own habit: a failure it handled itself says so in the body only, under the status line 200.
/// And, unless switched off, pages of any origin may read every answer.
///
/// # Errors
/// Those of the wrapped service.
pub async fn keep_conventions<B: MessageBody>(
    nina: Data<Nina>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let handled = response.response().extensions().get::<Layer>() == Some(&Layer::Plugin);
    if handled && nina.settings.status_line == StatusLine::Plugin {
        *response.response_mut().status_mut() = StatusCode::OK;
    }
    if nina.settings.cross_origin {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"),
        );
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Date, ETag"));
    }
    Ok(response)
}
