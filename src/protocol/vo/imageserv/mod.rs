//! ImageServ v1: full images and cutouts of `raw`, `calexp` and `deepCoadd` by position, science id or data id.
//!
//! `GET /api/image/v1/{db}?ds=…` with exactly one selector (`ra dec filter`, `sid`, `run camcol field filter` or
//! `tract patch filter`) and, for a cutout, `ra dec width height [unit]`. Widths run along FITS axis 1 and
//! heights along axis 2, whatever their directions on the sky.

pub mod error;
pub mod images;
pub mod parameters;
pub mod request;
pub mod service;

use actix_web::{Scope, web};

use self::error::Failure;

/// The routes below `/v1`.
pub fn scope() -> Scope {
    web::scope("/v1")
        .service(resource("").route(web::get().to(service::landing_page)))
        .service(resource("/availability").route(web::get().to(service::availability)))
        .service(resource("/capabilities").route(web::get().to(service::capabilities)))
        .service(resource("/{db}").route(web::get().to(images::image)).route(web::head().to(images::image)))
        .default_service(web::to(unknown_route))
}

fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

/// Any path of this dialect that nobody answers.
///
/// # Errors
/// Always: 404.
pub async fn unknown_route() -> Result<actix_web::HttpResponse, Failure> {
    Err(Failure::unknown_route())
}

async fn wrong_method() -> Result<actix_web::HttpResponse, Failure> {
    Err(Failure::wrong_method())
}
