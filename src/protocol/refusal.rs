//! What HTTP itself has for somebody who is not let in: a status, and how to show credentials.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};

use crate::access::Refusal;

/// The status of a refusal.
pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Disabled | Refusal::TlsNeeded | Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::WrongScheme(_) | Refusal::Unauthorized(_) => StatusCode::UNAUTHORIZED,
        Refusal::LockedOut(_) => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Writes how to show credentials, one header for each way, and when to come back.
pub fn write_challenges(refusal: &Refusal, headers: &mut HeaderMap) {
    match refusal {
        Refusal::WrongScheme(challenges) | Refusal::Unauthorized(challenges) => {
            for value in challenges.iter().filter_map(|challenge| HeaderValue::from_str(challenge).ok()) {
                headers.append(WWW_AUTHENTICATE, value);
            }
        }
        Refusal::LockedOut(seconds) => drop(headers.insert(RETRY_AFTER, HeaderValue::from(*seconds))),
        Refusal::Disabled | Refusal::TlsNeeded | Refusal::Forbidden => {}
    }
}

/// The refusal as one line of text, where no dialect has words of its own for it.
pub fn in_plain_words(_: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let mut response = HttpResponse::build(status(refusal)).body(format!("{refusal}\n"));
    write_challenges(refusal, response.headers_mut());
    response
}
