//! The "Advanced API v2" of the capture program N.I.N.A., for its clients as they are.
//!
//! Every answer but a streamed picture is one JSON envelope whose `StatusCode` says how it went.
//! Binding rules of parameters: [`params`]; the form of numbers and dates: [`json`].

mod config;
pub mod envelope;
pub mod error;
pub mod history;
pub mod image;
pub mod json;
pub mod params;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};

pub use self::config::{NinaConfig, StatusLine};
use self::envelope::Envelope;
use self::error::Failure;
use crate::catalogue::Catalogue;
use crate::render::Renderer;

/// The version of the plugin whose contract is kept; clients refuse anything older than they know.
pub const API_VERSION: &str = "2.2.15.0";

/// What the handlers of this dialect work with.
#[derive(Clone, Debug)]
pub struct Nina {
    /// The list of frames.
    pub catalogue: Arc<Catalogue>,
    /// What makes pictures of them.
    pub renderer: Renderer,
    /// The image settings.
    pub settings: NinaConfig,
}

/// Mounts the dialect under `/v2/api`.
pub fn configure(service: &mut ServiceConfig) {
    let cross_origin = DefaultHeaders::new()
        .add(("Access-Control-Allow-Origin", "*"))
        .add(("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS"))
        .add(("Access-Control-Allow-Headers", "Content-Type, Authorization"));
    service.service(
        web::scope("/v2/api")
            .wrap(from_fn(error::hide_status))
            .wrap(cross_origin)
            .service(resource("").get(root))
            .service(resource("/version").get(version))
            .service(resource("/image-history").get(history::history))
            .service(resource("/image/{index}").get(image::image).head(image::image))
            .default_service(web::to(unknown_route)),
    );
}

/// A route that answers its own methods, `OPTIONS`, and 405 for everything else.
struct Route(Resource);

fn resource(path: &str) -> Route {
    Route(web::resource(path).default_service(web::to(wrong_method)))
}

impl Route {
    fn get<F, Args>(self, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self(self.0.route(web::get().to(handler)))
    }

    fn head<F, Args>(self, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self(self.0.route(web::head().to(handler)))
    }
}

impl actix_web::dev::HttpServiceFactory for Route {
    fn register(self, config: &mut actix_web::dev::AppService) {
        self.0.register(config);
    }
}

async fn root() -> HttpResponse {
    HttpResponse::Ok()
        .json("Trifocal speaks the N.I.N.A. Advanced API v2 here. Try version, image-history or image/0.")
}

async fn version() -> Envelope<&'static str> {
    Envelope::success(API_VERSION)
}

async fn unknown_route() -> Result<HttpResponse, Failure> {
    Err(Failure::unknown_route())
}

async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, Failure> {
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::Ok().content_type("text/plain").finish());
    }
    Err(Failure::wrong_method())
}
