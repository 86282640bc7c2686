//! The 2N intercom camera dialect: `/api/camera/caps` and `/api/camera/snapshot`.
//!
//! Wire rules: 2N HTTP API manual, sections 2.2, 2.3, 5.8.1, 5.8.2. Failures are JSON with a code, by default
//! under HTTP status 200, because clients of these devices give up on any other.

mod caps;
mod config;
mod error;
mod multipart;
mod params;
mod request;
mod snapshot;
mod socket;
mod stream;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

pub use config::{IntercomConfig, ResolutionPolicy, StatusProfile};
use error::Failure;
pub use socket::{Connection, tune};

use crate::camera::Cameras;

/// Mounts the dialect under `/api/camera`, and under what nobody else wants of `/api`. Needs `web::Data<Arc<Cameras>>` as application data;
/// `web::Data<IntercomConfig>` is used when it is there.
pub fn configure(service: &mut web::ServiceConfig) {
    service.service(
        web::scope("/api/camera")
            .app_data(web::Data::new(multipart::Parts::default()))
            .app_data(web::Data::new(snapshot::RefusalLog::default()))
            .route("/caps", web::to(caps::caps))
            .route("/snapshot", web::to(snapshot::snapshot))
            .default_service(web::to(unknown)),
    );
    service.service(web::scope("/api").default_service(web::to(unknown)));
}

/// Any path below `/api` that nobody answers.
async fn unknown(request: HttpRequest) -> HttpResponse {
    Failure::UnknownPath.response(&settings(&request))
}

/// The settings of this dialect, or the usual ones.
fn settings(request: &HttpRequest) -> IntercomConfig {
    request.app_data::<web::Data<IntercomConfig>>().map(|config| (***config).clone()).unwrap_or_default()
}

/// The cameras.
fn cameras(request: &HttpRequest) -> Result<std::sync::Arc<Cameras>, Failure> {
    let cameras = request.app_data::<web::Data<std::sync::Arc<Cameras>>>();
    cameras.map(|cameras| (***cameras).clone()).ok_or(Failure::Disabled)
}

/// GET, POST and HEAD are what these functions know.
fn check_method(request: &HttpRequest) -> Result<(), Failure> {
    match *request.method() {
        Method::GET | Method::POST | Method::HEAD => Ok(()),
        _ => Err(Failure::WrongMethod),
    }
}
