//! What the services say of themselves (VOSI 1.1, DALI 1.1 §2.3): whether they answer, what there is, how it looks,
//! how to call it.

mod availability;
mod capabilities;
mod examples;
mod tables;

pub use self::availability::availability;
pub use self::capabilities::capabilities;

use std::time::SystemTime;

use actix_web::dev::Handler;
use actix_web::http::header::{CONTENT_TYPE, HttpDate, LastModified};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Resource, Responder};

use super::dali::Fault;
use super::resources::Resources;
use super::{Vo, authentication};

/// Mounts the documents.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(document("/availability", availability))
        .service(document("/capabilities", capabilities).wrap(from_fn(authentication::optional)))
        .service(document("/tables", tables::tables))
        .service(document("/tables/{name}", tables::table))
        .service(document("/examples", examples::examples))
        .service(document("", landing_page));
}

fn document<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(wrong_method))
}

async fn wrong_method() -> HttpResponse {
    Fault::wrong_method("GET, HEAD").soda_response()
}

/// A document that changes only when the service starts anew.
fn xml(vo: &Vo, body: Vec<u8>) -> HttpResponse {
    let since = HttpDate::from(SystemTime::from(vo.up_since));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/xml; charset=utf-8"))
        .insert_header(LastModified(since))
        .body(body)
}

/// `GET /soda`: for a person who opens the address in a browser.
async fn landing_page(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let resources = Resources::of(&vo.public_url, &request);
    let links: String = ["capabilities", "availability", "tables", "examples", "query?MAXREC=10"]
        .map(|name| format!("<li><a href=\"{}\">{name}</a></li>", resources.service(name)))
        .concat();
    let archives: Vec<_> =
        vo.images.archives.configured().iter().map(|archive| archive.id.as_str()).collect();
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!DOCTYPE html><title>Image services</title><h1>Image services</h1>\
         <p>SIA 2.0, DataLink 1.1 and SODA 1.0 over {}.</p><ul>{links}</ul>",
        archives.join(", ")
    ))
}
