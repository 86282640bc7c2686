//! UWS 1.1: the tree of a job below `soda/async`. `documents` writes the XML, `session` keeps clients' lists apart.

mod documents;
mod handlers;
mod session;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

use super::dali::Fault;

/// What a resource takes beside GET and HEAD.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Post,
    PostAndDelete,
}

/// Mounts `soda/async`.
pub(super) fn configure(service: &mut ServiceConfig) {
    let at = |path: &str, takes: Takes| resource(&format!("/soda/async{path}"), takes);
    let with =
        |resource: Resource, get: fn() -> Route, head: fn() -> Route| resource.route(get()).route(head());
    macro_rules! tree {
        ($($path:literal $takes:ident $get:ident $(post $post:ident)? $(delete $delete:ident)?;)*) => {
            $(
                let resource = with(
                    at($path, Takes::$takes),
                    || web::get().to(handlers::$get),
                    || web::head().to(handlers::$get),
                );
                $(let resource = resource.route(web::post().to(handlers::$post));)?
                $(let resource = resource.route(web::delete().to(handlers::$delete));)?
                service.service(resource);
            )*
        };
    }
    tree! {
        "" Post list post create;
        "/{job}" PostAndDelete job post act delete remove;
        "/{job}/phase" Post phase post set_phase;
        "/{job}/executionduration" Post execution post set_execution;
        "/{job}/destruction" Post destruction post set_destruction;
        "/{job}/error" Nothing error;
        "/{job}/quote" Nothing quote;
        "/{job}/owner" Nothing owner;
        "/{job}/results" Nothing results;
        "/{job}/results/{result}" Nothing result;
        "/{job}/parameters" Post parameters post set_parameters;
    }
}

fn resource(path: &str, takes: Takes) -> Resource {
    let refusal = match takes {
        Takes::Nothing => web::to(async || refused("GET, HEAD")),
        Takes::Post => web::to(async || refused("GET, HEAD, POST")),
        Takes::PostAndDelete => web::to(async || refused("GET, HEAD, POST, DELETE")),
    };
    web::resource(path).default_service(refusal)
}

fn refused(allowed: &'static str) -> HttpResponse {
    Fault::wrong_method(allowed).soda_response()
}
