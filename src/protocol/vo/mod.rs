//! The Virtual Observatory: images of archives by position and by name.
//!
//! [`imageserv`] is the ImageServ v1 API. The IVOA standards get a room each beside it, on what all of them
//! share: [`dali`] and [`votable`].

pub mod archives;
pub mod dali;
pub mod fits_answer;
pub mod imageserv;
pub mod votable;
mod xml;

use std::sync::Arc;

use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, Utc};

pub use archives::Archives;

use crate::clock::Clock;
use crate::render::Renderer;

/// What the handlers of this dialect work with.
#[derive(Clone, Debug)]
pub struct Vo {
    /// The archives and their images.
    pub archives: Archives,
    /// What opens their files.
    pub renderer: Renderer,
    /// The time cutouts are stamped with.
    pub clock: Arc<dyn Clock>,
    /// When the service started.
    pub up_since: DateTime<Utc>,
}

/// Mounts the dialect under `/api/image`, and under `/image` as the older documents write it.
pub fn configure(service: &mut ServiceConfig) {
    for prefix in ["/api/image", "/image"] {
        let cross_origin = DefaultHeaders::new().add(("Access-Control-Allow-Origin", "*")).add((
            "Access-Control-Expose-Headers",
            "Content-Disposition, Content-Length, X-Cutout-Bounds, X-Science-Id, X-Ignored-Parameters",
        ));
        service.service(
            web::scope(prefix)
                .wrap(cross_origin)
                .service(imageserv::scope())
                .default_service(web::to(imageserv::unknown_route)),
        );
    }
}
