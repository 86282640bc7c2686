//! What a request says of who sends it, for the room that decides.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::client;
use crate::access::{Request, Service};

/// What `request` shows to be let into `service`.
pub fn shown(request: &HttpRequest, service: Service) -> Request<'_> {
    let is_token = |pair: &&str| pair.starts_with("token=");
    let token = request.query_string().split('&').find(is_token).and_then(|pair| pair.strip_prefix("token="));
    Request {
        service,
        method: request.method().as_str(),
        target: request.uri().path_and_query().map_or("", |target| target.as_str()),
        authorization: request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()),
        token,
        address: client::address(request),
        is_tls: client::is_tls(request),
    }
}
