//! The addresses of the first version of the service, each the same as one request of the second.
//!
//! They name no archive: the first configured one that has the dataset is meant.

use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};
use serde::Deserialize;

use super::error::Failure;
use super::images::answer;
use super::parameters::Parameters;
use super::{readable, resource};
use crate::protocol::vo::Vo;
use crate::protocol::vo::body::urlencoded;

/// Where the datasets stand: below `v0`, and at the top as the oldest documents have it.
const ROOTS: [&str; 2] = ["/v0/{ds}", "/{ds:(?i:raw|calexp|deepcoadd)}"];

/// Mounts the old addresses.
pub(in crate::protocol::vo) fn configure(service: &mut ServiceConfig) {
    for path in ["/cutout", "/cutoutPixel"] {
        for root in ["/v0/skymap/deepCoadd", "/skymap/deepCoadd"] {
            service.service(readable(resource(&format!("{root}{path}")), skymap));
        }
    }
    for root in ROOTS {
        let at = |path: &str| -> Resource { resource(&format!("{root}{path}")) };
        service
            .service(readable(at(""), whole))
            .service(readable(at("/ids"), whole))
            .service(readable(at("/id"), whole))
            .service(readable(at("/cutout"), cutout_by_angle))
            .service(readable(at("/cutoutPixel"), cutout_by_pixels))
            .service(readable(at("/{id}/cutout"), cutout_of))
            .service(readable(at("/{id}/cutoutPixel"), cutout_of));
    }
}

/// The dataset and, where the path has one, the science id.
#[derive(Debug, Deserialize)]
struct Named {
    ds: String,
    id: Option<String>,
}

async fn whole(request: HttpRequest, named: Path<Named>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, None, false).await
}

async fn cutout_by_angle(
    request: HttpRequest,
    named: Path<Named>,
    vo: Data<Vo>,
) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Some("arcsec"), false).await
}

async fn cutout_by_pixels(
    request: HttpRequest,
    named: Path<Named>,
    vo: Data<Vo>,
) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Some("pixel"), false).await
}

/// `/{id}/cutout`: the unit is in the names of the sizes.
async fn cutout_of(request: HttpRequest, named: Path<Named>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    let in_pixels = request.query_string().to_ascii_lowercase().contains("pix=");
    translated(&request, &named, &vo, Some(if in_pixels { "pixel" } else { "arcsec" }), false).await
}

/// Stitched from the patches of the sky map, with sizes in seconds of arc or in pixels. The `source` these addresses
/// once took named a directory of the server; nobody knows it any more.
async fn skymap(request: HttpRequest, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    let is_in_pixels = request.path().trim_end_matches('/').ends_with("Pixel");
    let named = Named { ds: "deepCoadd".to_owned(), id: None };
    let unit = Some(if is_in_pixels { "pixel" } else { "arcsec" });
    translated(&request, &named, &vo, unit, true).await
}

async fn translated(
    request: &HttpRequest,
    named: &Named,
    vo: &Vo,
    unit: Option<&str>,
    is_stitched: bool,
) -> Result<HttpResponse, Failure> {
    let mut parameters = Parameters::default();
    parameters.bind("ds", &named.ds)?;
    let stitch = is_stitched.then_some("true");
    for (name, value) in [("sid", named.id.as_deref()), ("unit", unit), ("stitch", stitch)] {
        if let Some(value) = value {
            parameters.bind(name, value)?;
        }
    }
    for (name, value) in urlencoded(request.query_string())? {
        parameters.bind(todays_name(&name), &value)?;
    }
    let archive = vo.images.archives.first_with(&named.ds).ok_or_else(Failure::unknown_archive)?;
    answer(request, vo, archive.as_str(), parameters).await
}

/// What a parameter is called today.
fn todays_name(name: &str) -> &str {
    let known = [
        ("id", "sid"),
        ("widthang", "width"),
        ("widthpix", "width"),
        ("heightang", "height"),
        ("heightpix", "height"),
    ];
    known.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map_or(name, |(_, today)| today)
}
