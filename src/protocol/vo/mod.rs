//! The Virtual Observatory: images of archives by position and by name.
//!
//! [`imageserv`] is the ImageServ v1 API. The IVOA standards get a room each beside it, on what all of them
//! share: [`dali`] and [`votable`].

pub mod archives;
pub mod authentication;
pub mod availability;
mod bands;
pub mod body;
pub mod captures;
mod config;
pub mod dali;
pub mod datalink;
mod dataset_id;
pub mod descriptors;
pub mod equipment;
pub mod fits_answer;
pub mod form;
pub mod images;
pub mod imageserv;
mod links;
pub mod obscore;
pub mod order;
pub mod preview;
mod refusal;
pub mod resources;
pub mod retrieval;
pub mod sia;
pub mod soda;
pub mod uws;
pub mod vosi;
pub mod votable;
mod xml;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Scope};
use chrono::{DateTime, Utc};

pub use self::archives::Archives;
pub use self::authentication::service;
pub use self::config::VoConfig;
use self::dali::Fault;
pub use self::equipment::Equipment;
pub use self::images::Images;
pub use self::links::PublicUrl;
pub use self::refusal::refused;

use crate::jobs::Jobs;

/// What the handlers of this dialect work with.
#[derive(Clone, Debug)]
pub struct Vo {
    /// The archives, what opens their files, and what may be asked for.
    pub images: Images,
    /// When the service started.
    pub up_since: DateTime<Utc>,
    /// Where absolute links start.
    pub public_url: PublicUrl,
    /// Bytes a request body may have.
    pub request_bytes: usize,
    /// What clients left here to be done.
    pub jobs: Jobs,
    /// Telescopes and instruments, for descriptors to name.
    pub equipment: Equipment,
}

/// What scripts of other origins may read of an answer.
const EXPOSED_HEADERS: &str = "Content-Disposition, Content-Length, Location, WWW-Authenticate, X-Cutout-Bounds, \
     X-Science-Id, X-Reason, X-Ignored-Parameters, X-VO-Authenticated, Accept-Ranges, Content-Range, ETag, Retry-After";

/// Mounts the dialect under `/api/image`, and under `/image` as the older documents write it.
pub fn configure(service: &mut ServiceConfig) {
    for prefix in ["/api/image", "/image"] {
        service.service(
            web::scope(prefix)
                .wrap(from_fn(authentication::announce))
                .wrap(from_fn(cross_origin))
                .configure(soda::configure)
                .configure(uws::configure)
                .configure(|service| imageserv::configure(service, uws::of_imageserv))
                .service(standards())
                .default_service(web::to(imageserv::unknown_route)),
        );
    }
}

/// The standard services, side by side so that clients find the capabilities from any of them (DALI 1.1 §2).
fn standards() -> Scope {
    web::scope("/soda")
        .configure(vosi::configure)
        .configure(sia::configure)
        .configure(datalink::configure)
        .configure(retrieval::configure)
        .default_service(web::to(unknown_service))
}

async fn unknown_service() -> HttpResponse {
    Fault::not_found("there is no such resource").soda_response()
}

/// Answers what browsers ask before they let a script of another origin through, and lets it read every answer.
async fn cross_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = if *request.method() == Method::OPTIONS {
        let response = HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, DELETE, OPTIONS"))
            .insert_header((
                ACCESS_CONTROL_ALLOW_HEADERS,
                "Content-Type, Authorization, Range, If-None-Match",
            ))
            .insert_header((ACCESS_CONTROL_MAX_AGE, "86400"))
            .finish();
        request.into_response(response).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    write_cross_origin(response.headers_mut());
    Ok(response)
}

/// Lets scripts of every origin read an answer.
fn write_cross_origin(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
}
