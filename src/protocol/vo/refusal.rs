//! Refusals in the words of the service that was asked (SSO 2.0).

use actix_web::http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::authentication::within;
use super::dali::{Fault, FaultKind};
use super::imageserv::error::Failure;
use super::obscore::DATALINK;
use super::votable::VotableFormat;
use super::write_cross_origin;
use crate::access::Refusal;
use crate::protocol::{client, refusal};

/// The answer to somebody who is not let in, in the words of the service that was asked.
pub fn refused(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let kind = match refusal {
        Refusal::WrongScheme(_) | Refusal::Unauthorized(_) => FaultKind::Authentication,
        Refusal::Disabled | Refusal::TlsNeeded | Refusal::Forbidden => FaultKind::Authorization,
        Refusal::LockedOut(_) => FaultKind::Busy,
    };
    let (fault, status) = (Fault::new(kind, refusal.to_string()), refusal::status(refusal));
    let mut response = match within(request.match_info().as_str()) {
        "/soda/links" => fault.votable_response(DATALINK),
        "/soda/query" | "/soda/sia" | "/soda/sia2" => fault.votable_response(VotableFormat::MEDIA_TYPE),
        within if within == "/soda" || within.starts_with("/soda/") => fault.soda_response(),
        _ => Failure::not_let_in(status, refusal.to_string()).error_response(),
    };
    *response.status_mut() = status;
    refusal::write_challenges(refusal, response.headers_mut());
    if kind == FaultKind::Authentication {
        write_bearer(request, response.headers_mut());
    }
    write_cross_origin(response.headers_mut());
    response
}

/// Bearer tokens are taken wherever secrets may travel as they are.
fn write_bearer(request: &HttpRequest, headers: &mut HeaderMap) {
    let has_basic = headers.get_all(WWW_AUTHENTICATE).any(|way| way.as_bytes().starts_with(b"Basic"));
    if client::is_tls(request) || has_basic {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}
