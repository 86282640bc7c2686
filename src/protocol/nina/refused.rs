//! Somebody who is not let in hears it in the plugin's envelope.

use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::error::Failure;
use crate::access::Refusal;
use crate::protocol::refusal::{status, write_challenges};

/// The answer to somebody who is not let in.
pub fn refused(_: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let mut response = Failure::not_let_in(status(refusal), &refusal.to_string()).error_response();
    write_challenges(refusal, response.headers_mut());
    response
}
