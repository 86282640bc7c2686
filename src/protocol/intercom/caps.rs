//! `/api/camera/caps`: which sizes and sources there are.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::Intercom;
use super::answer::{answered, success};
use crate::camera::{Cameras, Resolution};

/// One flat list of sizes for all sources. No other object here may have a width and a height: a client walks
/// the whole tree and takes every such object for a size.
#[derive(Debug, Serialize)]
struct Capabilities<'a> {
    #[serde(rename = "jpegResolution")]
    sizes: Vec<Size>,
    sources: Vec<Source<'a>>,
}

#[derive(Debug, Serialize)]
struct Size {
    width: u32,
    height: u32,
}

#[derive(Debug, Serialize)]
struct Source<'a> {
    source: &'a str,
}

impl<'a> Capabilities<'a> {
    fn of(cameras: &'a Cameras) -> Self {
        let size = |Resolution { width, height }| Size { width, height };
        let sources = cameras.source_ids().into_iter().map(|source| Source { source });
        Self { sizes: cameras.resolutions().into_iter().map(size).collect(), sources: sources.collect() }
    }
}

/// GET and POST, no parameters. Answers while every camera is gone, too: clients ask once and remember.
pub(super) async fn caps(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answered(&intercom, &request, payload, async |_| Ok(success(Capabilities::of(&intercom.cameras)))).await
}
