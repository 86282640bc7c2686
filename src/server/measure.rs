//! Every answer has the name of its request, is counted and timed, and every refusal leaves one line in the log.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use futures_util::FutureExt;

use tracing::field::display;

use crate::observe::{Metrics, RequestId};
use crate::protocol::{self, client};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request a name that stands in the answer and in what is logged on the way, counts and times the answer
/// by dialect and route, and logs it when it is not a success.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn measure<B: MessageBody + Unpin>(
    metrics: Data<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Named<B>>, actix_web::Error> {
    let started = Instant::now();
    let id = RequestId::new_one();
    let dialect = protocol::dialect_of(request.path());
    let mut answering = next.call(request);
    let mut response = poll_fn(|context| id.during(|| answering.poll_unpin(context))).await?;
    let status = response.status();
    let duration = started.elapsed();
    let endpoint = response.request().match_pattern().unwrap_or_else(|| "unknown".to_owned());
    metrics.observe_request(dialect, &endpoint, status.as_u16(), duration);
    let (method, path) = (response.request().method(), response.request().path());
    let (status, seconds) = (status.as_u16(), duration.as_secs_f64());
    let client = || client::address(response.request()).map(display);
    id.during(|| match status {
        500.. => tracing::warn!(dialect, %method, path, status, seconds, client = client(), "answered"),
        200..=299 | 304 => tracing::debug!(dialect, %method, path, status, seconds, "answered"),
        _ => tracing::info!(dialect, %method, path, status, seconds, client = client(), "answered"),
    });
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response.map_body(|_, body| Named { id, body }))
}

/// A body; what is logged while it is made carries the name of its request.
#[derive(Debug)]
pub(super) struct Named<B> {
    id: RequestId,
    body: B,
}

impl<B: MessageBody + Unpin> MessageBody for Named<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        this.id.during(|| Pin::new(&mut this.body).poll_next(context))
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { id, body } = self;
        body.try_into_bytes().map_err(|body| Self { id, body })
    }
}
