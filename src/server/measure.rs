//! Every answer is counted and timed, and every refusal leaves one line in the log.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing_actix_web::RequestId;

use crate::observe::Metrics;
use crate::protocol;

/// Counts and times the answer by dialect and route; logs it when it is not a success.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn measure<B: MessageBody>(
    metrics: Data<Metrics>,
    id: RequestId,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = Instant::now();
    let dialect = protocol::dialect_of(request.path());
    let response = next.call(request).await?;
    let status = response.status();
    let duration = started.elapsed();
    let endpoint = response.request().match_pattern().unwrap_or_else(|| "unknown".to_owned());
    metrics.observe_request(dialect, &endpoint, status.as_u16(), duration);
    let (method, path) = (response.request().method(), response.request().path());
    let (status, seconds) = (status.as_u16(), duration.as_secs_f64());
    match status {
        500.. => tracing::warn!(request = %id, dialect, %method, path, status, seconds, "answered"),
        200..=299 | 304 => {
            tracing::debug!(request = %id, dialect, %method, path, status, seconds, "answered");
        }
        _ => tracing::info!(request = %id, dialect, %method, path, status, seconds, "answered"),
    }
    Ok(response)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Tells the client the id under which its request stands in the log.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn name_request<B: MessageBody>(
    id: RequestId,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}
