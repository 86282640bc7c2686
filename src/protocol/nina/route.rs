//! A route as the plugin's web server knows it: its own methods, `OPTIONS`, and 405 for everything else.

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError};

use super::Nina;
use super::error::Failure;

/// A path and what answers there.
#[must_use]
pub struct Route(Resource);

/// Nothing answers at `path` yet.
pub fn resource(path: &str) -> Route {
    Route(web::resource(path).default_service(web::to(other_method)))
}

impl Route {
    /// Answers `GET`.
    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self(self.0.route(web::get().to(handler)))
    }

    /// Answers `HEAD`, too: only where the answer can be held and asked for again.
    pub fn head<F, Args>(self, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self(self.0.route(web::head().to(handler)))
    }

    /// Answers `POST`.
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self(self.0.route(web::post().to(handler)))
    }
}

impl actix_web::dev::HttpServiceFactory for Route {
    fn register(self, config: &mut actix_web::dev::AppService) {
        self.0.register(config);
    }
}

/// `OPTIONS` is a browser asking before it sends a request from another page; with cross-origin requests switched
/// off it is a method like any other.
pub async fn other_method(request: HttpRequest, nina: Data<Nina>) -> HttpResponse {
    if request.method() == Method::OPTIONS && nina.settings.cross_origin {
        return HttpResponse::Ok().content_type("text/plain").finish();
    }
    let mut refused = Failure::wrong_method().error_response();
    refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, OPTIONS"));
    refused
}
