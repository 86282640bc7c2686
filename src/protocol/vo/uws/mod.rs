//! UWS 1.1: the tree of a job below `soda/async`, and below `v1/{db}/async` for ImageServ.
//!
//! `call` reads a request and finds its job, `handlers` act on it, `service` knows what it does, `owner` whose it is,
//! `documents` writes the XML.

mod call;
mod documents;
mod handlers;
mod owner;
mod service;

use actix_web::web::{self, ServiceConfig};

use self::call::{on_job, on_list, refused};
pub use self::service::Work;

/// Plain text, as the resources of a job answer it.
const TEXT: &str = "text/plain; charset=utf-8";

/// Mounts the jobs of SODA.
pub(super) fn configure(service: &mut ServiceConfig) {
    mount(service, "/soda/async");
}

/// Mounts those of ImageServ, within its scope.
pub(super) fn of_imageserv(service: &mut ServiceConfig) {
    mount(service, "/{db}/async");
}

fn mount(service: &mut ServiceConfig, root: &str) {
    macro_rules! tree {
        ($($path:literal $on:ident $get:ident $(post $post:ident)? $(delete $delete:ident)?, $allowed:literal;)*) => {
            $(
                let resource = web::resource(format!("{root}{}", $path))
                    .route($on(web::get(), handlers::$get))
                    .route($on(web::head(), handlers::$get))
                    .default_service(refused($allowed));
                $(let resource = resource.route($on(web::post(), handlers::$post));)?
                $(let resource = resource.route($on(web::delete(), handlers::$delete));)?
                service.service(resource);
            )*
        };
    }
    tree! {
        "" on_list list post create, "GET, HEAD, POST";
        "/{job}" on_job job post act delete remove, "GET, HEAD, POST, DELETE";
        "/{job}/phase" on_job phase post set_phase, "GET, HEAD, POST";
        "/{job}/executionduration" on_job execution post set_execution, "GET, HEAD, POST";
        "/{job}/destruction" on_job destruction post set_destruction, "GET, HEAD, POST";
        "/{job}/error" on_job error, "GET, HEAD";
        "/{job}/quote" on_job quote, "GET, HEAD";
        "/{job}/owner" on_job owner, "GET, HEAD";
        "/{job}/results" on_job results, "GET, HEAD";
        "/{job}/results/{result}" on_job result, "GET, HEAD";
        "/{job}/parameters" on_job parameters post set_parameters, "GET, HEAD, POST";
    }
}
