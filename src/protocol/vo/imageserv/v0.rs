//! The addresses of the first version of the service, each the same as one request of the second.
//!
//! They name no archive: the first configured one that has the dataset is meant.

use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};
use serde::Deserialize;

use super::error::Failure;
use super::images::{answer, holding};
use super::parameters::Parameters;
use super::request::selector::data_id;
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
            .service(readable(at(""), nearest))
            .service(readable(at("/ids"), by_data_id))
            .service(readable(at("/id"), by_science_id))
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

/// What an old address means beside its parameters.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    /// Parameters it cannot do without.
    needs: Needs,
    /// The unit of its sizes.
    unit: Option<&'static str>,
    /// Whether it stitches the patches of the sky map.
    is_stitched: bool,
}

/// Parameters an address cannot do without, by today's names.
#[derive(Clone, Copy, Debug)]
enum Needs {
    These(&'static [&'static str]),
    DataId,
}

impl Meaning {
    const fn whole(needs: Needs) -> Self {
        Self { needs, unit: None, is_stitched: false }
    }

    const fn cutout(needs: &'static [&'static str], unit: &'static str) -> Self {
        Self { needs: Needs::These(needs), unit: Some(unit), is_stitched: false }
    }
}

/// What a cutout of the nearest image needs.
const NEAREST_CUTOUT: &[&str] = &["ra", "dec", "filter", "width", "height"];
/// What a cutout of a given image needs.
const CUTOUT: &[&str] = &["ra", "dec", "width", "height"];

async fn nearest(request: HttpRequest, named: Path<Named>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Meaning::whole(Needs::These(&["ra", "dec", "filter"]))).await
}

async fn by_data_id(request: HttpRequest, named: Path<Named>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Meaning::whole(Needs::DataId)).await
}

async fn by_science_id(
    request: HttpRequest,
    named: Path<Named>,
    vo: Data<Vo>,
) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Meaning::whole(Needs::These(&["sid"]))).await
}

async fn cutout_by_angle(
    request: HttpRequest,
    named: Path<Named>,
    vo: Data<Vo>,
) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Meaning::cutout(NEAREST_CUTOUT, "arcsec")).await
}

async fn cutout_by_pixels(
    request: HttpRequest,
    named: Path<Named>,
    vo: Data<Vo>,
) -> Result<HttpResponse, Failure> {
    translated(&request, &named, &vo, Meaning::cutout(NEAREST_CUTOUT, "pixel")).await
}

/// `/{id}/cutout`: the unit is in the names of the sizes.
async fn cutout_of(request: HttpRequest, named: Path<Named>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    let pairs = urlencoded(request.query_string())?;
    let is_any =
        |old: [&str; 2]| pairs.iter().any(|(name, _)| old.iter().any(|old| name.eq_ignore_ascii_case(old)));
    let unit = match (is_any(["widthAng", "heightAng"]), is_any(["widthPix", "heightPix"])) {
        (true, true) => return Err(Failure::bad_value("one size is an angle, the other in pixels")),
        (false, true) => "pixel",
        (_, false) => "arcsec",
    };
    translated(&request, &named, &vo, Meaning::cutout(CUTOUT, unit)).await
}

/// Stitched from the patches of the sky map, with sizes in seconds of arc or in pixels. The `source` these addresses
/// once took named a directory of the server; nobody knows it any more.
async fn skymap(request: HttpRequest, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    let is_in_pixels = request.path().trim_end_matches('/').ends_with("Pixel");
    let named = Named { ds: "deepCoadd".to_owned(), id: None };
    let unit = if is_in_pixels { "pixel" } else { "arcsec" };
    let meaning = Meaning { is_stitched: true, ..Meaning::cutout(NEAREST_CUTOUT, unit) };
    translated(&request, &named, &vo, meaning).await
}

async fn translated(
    request: &HttpRequest,
    named: &Named,
    vo: &Vo,
    meaning: Meaning,
) -> Result<HttpResponse, Failure> {
    let mut parameters = Parameters::default();
    parameters.bind("ds", &named.ds)?;
    let stitch = meaning.is_stitched.then_some("true");
    for (name, value) in [("sid", named.id.as_deref()), ("unit", meaning.unit), ("stitch", stitch)] {
        if let Some(value) = value {
            parameters.bind(name, value)?;
        }
    }
    for (name, value) in urlencoded(request.query_string())? {
        parameters.bind(todays_name(&name), &value)?;
    }
    let archive = vo.images.archives.first_with(&named.ds).ok_or_else(Failure::unknown_archive)?;
    match meaning.needs {
        Needs::These(known) => parameters.require(known)?,
        Needs::DataId => {
            data_id(&parameters, holding(&vo.images, archive.as_str(), &parameters)?.scheme)?;
        }
    }
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
