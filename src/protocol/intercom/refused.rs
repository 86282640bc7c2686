//! Which of the device's services a path belongs to, and how a refusal reads here.

use actix_web::http::Method;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::error::Failure;
use super::{Intercom, companions, is_known};
use crate::access::{Refusal, Service};
use crate::protocol::refusal::write_challenges;

/// The service behind a request; `None` when nobody is asked who they are: what does not exist, what the method is
/// wrong for. `/api/system/info` is open on the device; whether it is here, the settings decide.
pub fn service(method: &Method, path: &str) -> Option<Service> {
    let path = path.strip_prefix("/api")?;
    if !is_known(method) {
        return None;
    }
    if let Some((_, _, service)) = companions::EMPTY.iter().find(|(known, _, _)| *known == path) {
        return Some(*service);
    }
    match path {
        "/camera/caps" | "/camera/snapshot" | "/camera/clip" | "/camera/token" => Some(Service::Camera),
        "/system/info" | "/system/status" | "/system/caps" => Some(Service::System),
        "/log/caps" | "/log/subscribe" | "/log/pull" | "/log/unsubscribe" => Some(Service::Log),
        _ => None,
    }
}

/// The answer to somebody who is not let in.
pub fn refused(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let failure = match refusal {
        Refusal::Disabled => Failure::Disabled,
        Refusal::TlsNeeded => Failure::TlsNeeded,
        Refusal::WrongScheme(_) => Failure::WrongScheme,
        Refusal::Unauthorized(_) => Failure::Unauthorized,
        Refusal::Forbidden => Failure::Forbidden,
        Refusal::LockedOut(_) => Failure::Rejected,
    };
    let intercom = request.app_data::<Data<Intercom>>();
    let mut response =
        failure.response(&intercom.map(|intercom| intercom.config.clone()).unwrap_or_default());
    write_challenges(refusal, response.headers_mut());
    if response.status().is_success() {
        // Of a status of success nobody expects to be told when to come back.
        response.headers_mut().remove(RETRY_AFTER);
    }
    response
}
