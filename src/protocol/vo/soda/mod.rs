//! SODA 1.0: cutouts of datasets by region, wavelength, time and polarisation, at once or as a job.
//!
//! [`request`] reads the parameters, [`stencil`] the shapes, [`dataset`] finds what an `ID` names, [`cutout`] makes
//! one cutout. [`sync`] answers with it, [`work`] makes many of them for a job.

pub mod cutout;
pub mod dataset;
pub mod descriptor;
pub mod request;
pub mod stencil;
pub mod sync;
pub mod work;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use super::dali::Fault;

/// Mounts `soda/sync`.
pub(super) fn configure(service: &mut ServiceConfig) {
    let sync = web::resource("/soda/sync").default_service(web::to(wrong_method));
    let with = |resource: Resource, method: actix_web::Route| resource.route(method.to(sync::sync));
    let sync = [web::get(), web::head(), web::post(), web::put()].into_iter().fold(sync, with);
    service.service(sync);
}

async fn wrong_method() -> HttpResponse {
    Fault::wrong_method("GET, HEAD, POST, PUT").soda_response()
}
