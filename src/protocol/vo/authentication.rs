//! A closed archive (SSO 2.0): what is asked for credentials, capabilities that everybody may read, and the name of
//! whoever was let in.

use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use crate::access::{Access, Identity, Service};
use crate::protocol::credentials::shown;
use crate::protocol::{client, is_request, refused};

/// Tells a client as whom it was let in (SSO 2.0 §4).
const AUTHENTICATED: HeaderName = HeaderName::from_static("x-vo-authenticated");

/// The service a request wants; none for the capabilities, which say how to show credentials (VOSI 1.1 §2).
pub fn service(method: &Method, path: &str) -> Option<Service> {
    let is_open = matches!(within(path), "/soda/capabilities" | "/v1/capabilities");
    (is_request(method) && !is_open).then_some(Service::Vo)
}

/// The path below the beginning that is the dialect's own.
pub(super) fn within(path: &str) -> &str {
    ["/api/image", "/image"].into_iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or_default()
}

/// How to show credentials; none when nobody is asked for them.
fn ways_in(request: &HttpRequest) -> Vec<String> {
    let access = request.app_data::<Data<Arc<Access>>>();
    access.map(|access| access.ways_in(Service::Vo, client::is_tls(request))).unwrap_or_default()
}

/// The identifiers of the ways in that the capabilities have words for (SSO 2.0 §3).
pub fn security_methods(request: &HttpRequest) -> Vec<&'static str> {
    let has_basic = ways_in(request).iter().any(|way| way.starts_with("Basic"));
    has_basic.then_some("ivo://ivoa.net/sso#BasicAA").into_iter().collect()
}

/// Who was let in by credentials of their own.
pub fn user_of(request: &HttpRequest) -> Option<String> {
    match request.extensions().get::<Identity>()? {
        Identity::Anybody => None,
        Identity::User(name) | Identity::Bearer(name) => Some(name.clone()),
    }
}

/// Says as whom a client was let in.
///
/// # Errors
/// Those of the wrapped service.
pub async fn announce(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let name = user_of(response.request()).and_then(|name| HeaderValue::from_str(&name).ok());
    if let Some(name) = name {
        response.headers_mut().insert(AUTHENTICATED, name);
    }
    Ok(response)
}

/// Lets everybody read a resource of a closed service: who shows credentials is told whether they are right, who
/// shows none is told how to.
///
/// # Errors
/// Those of the wrapped service.
pub async fn optional<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let ways = ways_in(request.request());
    let has_shown = request.headers().contains_key(AUTHORIZATION);
    if !ways.is_empty() && has_shown {
        let access = request.app_data::<Data<Arc<Access>>>().cloned();
        match access.map(|access| access.check(&shown(request.request(), Service::Vo))) {
            Some(Ok(identity)) => drop(request.extensions_mut().insert(identity)),
            Some(Err(refusal)) => {
                let response = refused(request.request(), &refusal);
                return Ok(request.into_response(response).map_into_right_body());
            }
            None => {}
        }
    }
    let mut response = next.call(request).await?.map_into_left_body();
    if !has_shown {
        let ways = ways.iter().filter_map(|way| HeaderValue::from_str(way).ok());
        ways.for_each(|way| response.headers_mut().append(WWW_AUTHENTICATE, way));
    }
    Ok(response)
}
