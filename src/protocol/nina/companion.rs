//! The companion of Touch-N-Stars: the few routes that app asks for on a port of its own before it looks at images.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

/// The version of the companion plugin whose routes are kept.
const VERSION: &str = "1.2.0.0";

/// What the routes tell.
#[derive(Clone, Copy, Debug)]
pub struct Companion {
    /// The port of the API itself.
    pub api_port: u16,
}

/// Mounts the companion's routes; its port is its own, so nothing else is there.
pub fn configure(service: &mut ServiceConfig) {
    service.service(
        web::scope("")
            .wrap(from_fn(for_any_page))
            .route("/api/version", web::get().to(version))
            .route("/api/get-api-port", web::get().to(api_port))
            .default_service(web::to(unknown)),
    );
}

async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({"success": true, "version": VERSION}))
}

async fn api_port(companion: Data<Companion>) -> HttpResponse {
    HttpResponse::Ok().json(companion.api_port)
}

/// Settings nobody stored, devices nobody has: the app goes on with its own defaults.
async fn unknown(request: HttpRequest) -> HttpResponse {
    if request.method() == Method::OPTIONS {
        return HttpResponse::Ok().finish();
    }
    HttpResponse::NotFound().json(json!({"Success": false, "StatusCode": 404, "Error": "Not found"}))
}

/// The app is a page of another origin, and says which of its requests may fail quietly in a header of its own.
async fn for_any_page<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization, X-Suppress-Toast-404"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
