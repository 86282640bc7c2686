//! The 2N intercom dialect: cameras, and what clients of these devices ask for beside them when they are set up.
//!
//! Wire rules: 2N HTTP API manual, sections 2.2, 2.3, 3, 5.8.1, 5.8.2. Failures are JSON with a code, by default
//! under HTTP status 200, because clients of these devices give up on any other.

mod answer;
mod caps;
mod clip;
mod companions;
mod config;
mod error;
mod events;
mod multipart;
mod params;
mod refused;
mod request;
mod snapshot;
mod socket;
mod still;
mod stream;
mod subscriptions;
mod system;
mod token;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

pub use config::{IntercomConfig, Missing, ResolutionPolicy, StatusProfile};
use error::Failure;
pub use refused::{refused, service};
pub use socket::{Connection, tune};
use subscriptions::Subscriptions;

use crate::camera::Cameras;

/// What the handlers of this dialect work with; one for all workers.
#[derive(Debug)]
pub struct Intercom {
    cameras: Arc<Cameras>,
    config: IntercomConfig,
    subscriptions: Subscriptions,
}

impl Intercom {
    /// The dialect over these cameras.
    pub fn new(cameras: Arc<Cameras>, config: IntercomConfig) -> Self {
        Self { cameras, config, subscriptions: Subscriptions::default() }
    }
}

/// Mounts the dialect under what nobody else wants of `/api`. Needs `web::Data<Intercom>` as application data.
pub fn configure(service: &mut web::ServiceConfig) {
    let everything = web::scope("/api")
        .wrap(from_fn(answer::allow_origin))
        .app_data(web::Data::new(multipart::Parts::default()))
        .app_data(web::Data::new(snapshot::RefusalLog::default()))
        .route("/camera/caps", web::to(caps::caps))
        .route("/camera/snapshot", web::to(snapshot::snapshot))
        .route("/camera/clip", web::to(clip::clip))
        .route("/camera/token", web::to(token::token))
        .route("/system/info", web::to(system::info))
        .route("/system/status", web::to(system::status))
        .route("/system/caps", web::to(system::caps))
        .route("/log/caps", web::to(events::caps))
        .route("/log/subscribe", web::to(events::subscribe))
        .route("/log/pull", web::to(events::pull))
        .route("/log/unsubscribe", web::to(events::unsubscribe));
    let everything = companions::EMPTY
        .iter()
        .fold(everything, |scope, (path, _, _)| scope.route(path, web::to(companions::empty)));
    let everything = companions::UNSUPPORTED
        .iter()
        .fold(everything, |scope, path| scope.route(path, web::to(companions::unsupported)));
    service.service(everything.default_service(web::to(unknown)));
}

/// Any path below `/api` that nobody answers.
async fn unknown(intercom: web::Data<Intercom>) -> HttpResponse {
    Failure::UnknownPath.response(&intercom.config)
}

/// GET, POST and HEAD are what these functions know.
fn check_method(request: &HttpRequest) -> Result<(), Failure> {
    if is_known(request.method()) { Ok(()) } else { Err(Failure::WrongMethod) }
}

fn is_known(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::POST | Method::HEAD)
}
