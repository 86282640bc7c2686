//! The door: every request is let in, or refused in the words of its dialect.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::access::{Access, Identity, Refusal, Service};
use crate::protocol::credentials::shown;
use crate::protocol::{owner_of, refused};

/// Asks whoever wants to use a closed service who they are; notes on the request who was let in.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn guard<B: MessageBody>(
    access: Data<Arc<Access>>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    match decide(&access, &request) {
        Ok(identity) => {
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => {
            let response = refused(request.request(), &refusal);
            Ok(request.into_response(response).map_into_right_body())
        }
    }
}

/// The path as the routes see it: what is written as `%63` is a `c` to them.
fn path_of(request: &ServiceRequest) -> &str {
    request.match_info().as_str()
}

fn decide(access: &Access, request: &ServiceRequest) -> Result<Option<Identity>, Refusal> {
    let path = path_of(request);
    let service = match owner_of(path) {
        _ if path == "/api/system/info" && access.has_open_info() => None,
        Some(dialect) => (dialect.service)(request.method(), path),
        // Whether the service is alive is nobody's secret.
        None => (!matches!(path, "/healthz" | "/readyz")).then_some(Service::Operations),
    };
    let Some(service) = service else { return Ok(None) };
    access.check(&shown(request.request(), service)).map(Some)
}
