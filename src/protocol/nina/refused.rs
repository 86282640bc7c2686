//! Which service a request wants to use, and the envelope for somebody who is not let in.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::error::Failure;
use crate::access::{Refusal, Service};
use crate::protocol::is_request;
use crate::protocol::refusal::{status, write_challenges};

/// The service a request wants to use; `None` for one that browsers send to ask what they may.
pub fn service(method: &Method, path: &str) -> Option<Service> {
    let is_upload = *method == Method::POST && path.starts_with("/v2/api/upload/");
    let service = if is_upload { Service::Upload } else { Service::Nina };
    is_request(method).then_some(service)
}

/// The answer to somebody who is not let in.
pub fn refused(_: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let mut response = Failure::not_let_in(status(refusal), &refusal.to_string()).error_response();
    write_challenges(refusal, response.headers_mut());
    response
}
