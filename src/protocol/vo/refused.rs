//! How somebody who is not let in is told so: in the words of the service the path belongs to.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::EXPOSED_HEADERS;
use super::dali::{Fault, FaultKind};
use super::imageserv::error::Failure;
use crate::access::Refusal;
use crate::protocol::refusal::{status, write_challenges};

/// The answer to somebody who is not let in: a labelled line of text below `soda`, JSON below the addresses of
/// ImageServ.
pub fn refused(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let status = status(refusal);
    let mut response = if is_of_a_standard(request.match_info().as_str()) {
        let kind = match status {
            StatusCode::UNAUTHORIZED => FaultKind::Authentication,
            StatusCode::TOO_MANY_REQUESTS => FaultKind::Busy,
            _ => FaultKind::Authorization,
        };
        Fault::new(kind, refusal.to_string()).soda_response()
    } else {
        Failure::not_let_in(status, refusal.to_string()).error_response()
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    write_challenges(refusal, headers);
    // A page of another origin is to see why it is not let in.
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    response
}

/// Whether a path is one of the standard services.
fn is_of_a_standard(path: &str) -> bool {
    let below = ["/api/image", "/image"].into_iter().find_map(|prefix| path.strip_prefix(prefix));
    below.is_some_and(|rest| rest == "/soda" || rest.starts_with("/soda/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_services_are_told_from_the_rest() {
        for path in ["/api/image/soda/sync", "/image/soda", "/image/soda/async/7"] {
            assert!(is_of_a_standard(path), "{path}");
        }
        for path in ["/api/image/v1/soda", "/image/sodas", "/api/image", "/soda/sync"] {
            assert!(!is_of_a_standard(path), "{path}");
        }
    }
}
