//! ImageServ v1: full images and cutouts of `raw`, `calexp` and `deepCoadd` by position, science id or data id.
//!
//! `GET /api/image/v1/{db}?ds=…` with exactly one selector (`ra dec filter`, `sid`, `run camcol field filter` or
//! `tract patch filter`) and, for a cutout, `ra dec width height [unit]`. Widths run along FITS axis 1 and
//! heights along axis 2, whatever their directions on the sky.
//!
//! The same parameters may come in a form ([`super::body`]) or as JSON, and be left as a job; `v0` keeps the older
//! addresses alive.

pub mod error;
pub mod images;
mod json;
pub mod parameters;
pub mod request;
pub mod service;
mod stitching;
mod v0;
mod values;
pub mod work;

use actix_web::dev::Handler;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, HttpRequest, Resource, Responder, Scope, web};

use self::error::Failure;
use super::authentication;

/// Mounts the routes: `/v1`, with `jobs` in it, and the older ones.
pub fn configure(service: &mut ServiceConfig, jobs: fn(&mut ServiceConfig)) {
    service.service(scope(jobs));
    v0::configure(service);
}

/// The routes below `/v1`.
fn scope(jobs: fn(&mut ServiceConfig)) -> Scope {
    web::scope("/v1")
        .service(readable(resource(""), service::landing_page))
        .service(readable(resource("/availability"), service::availability))
        .service(
            readable(resource("/capabilities"), service::capabilities)
                .wrap(from_fn(authentication::optional)),
        )
        .service(
            readable(resource("/{db}"), images::image)
                .route(web::post().to(images::posted))
                .route(web::put().to(images::posted)),
        )
        .configure(jobs)
        .default_service(web::to(unknown_route))
}

/// A resource that refuses the methods it has no route for.
fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

/// Answers GET and HEAD alike.
fn readable<F, Args>(resource: Resource, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource.route(web::get().to(handler.clone())).route(web::head().to(handler))
}

/// Any path of this dialect that nobody answers.
///
/// # Errors
/// Always: 404.
pub async fn unknown_route() -> Result<actix_web::HttpResponse, Failure> {
    Err(Failure::unknown_route())
}

async fn wrong_method(request: HttpRequest) -> Result<actix_web::HttpResponse, Failure> {
    let is_image = request.match_pattern().is_some_and(|pattern| pattern.ends_with("/v1/{db}"));
    Err(Failure::wrong_method(if is_image { "GET, HEAD, POST, PUT" } else { "GET, HEAD" }))
}
