//! Successful answers in the device's envelope, and what every answer of this dialect has in common.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::error::Failure;
use super::params::Parameters;
use super::{Intercom, check_method};

/// Headers of ours that a page of another origin may read.
const OURS: &str = "X-Timestamp, X-Frame-Age, X-Source-State, X-Kept";

#[derive(Debug, Serialize)]
struct Success<T> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
}

/// `{"success":true,"result":...}`
pub(super) fn success<T: Serialize>(result: T) -> HttpResponse {
    HttpResponse::Ok().json(Success { success: true, result: Some(result) })
}

/// `{"success":true}`
pub(super) fn done() -> HttpResponse {
    HttpResponse::Ok().json(Success::<()> { success: true, result: None })
}

/// Checks the method, reads the parameters, and answers with what `work` makes of them.
pub(super) async fn answered(
    intercom: &Intercom,
    request: &HttpRequest,
    payload: Payload,
    work: impl AsyncFnOnce(&Parameters) -> Result<HttpResponse, Failure>,
) -> HttpResponse {
    let answer = async {
        check_method(request)?;
        work(&Parameters::of(request, payload).await?).await
    };
    answer.await.unwrap_or_else(|failure| failure.response(&intercom.config))
}

/// Lets pages of the configured origin use the dialect: answers their preflight, marks every answer.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn allow_origin<B: MessageBody>(
    intercom: Data<Intercom>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let Ok(origin) = HeaderValue::from_str(&intercom.config.cors_origin) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    if origin.is_empty() {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    if *request.method() == Method::OPTIONS {
        let response = HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin))
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, HEAD"))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"))
            .finish();
        return Ok(request.into_response(response).map_into_right_body());
    }
    let mut response = next.call(request).await?.map_into_left_body();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(OURS));
    Ok(response)
}
