//! `/{db}`: an image, a cutout of one, or the other name of one.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json as json_value;

use super::error::Failure;
use super::parameters::Parameters;
use super::request::{Answer, CutoutBox, Request, Selector};
use super::{json, stitching};
use crate::catalogue::{ArchiveImage, DataId, ScienceId};
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::order::{Order, Source};
use crate::protocol::vo::resources::encoded;
use crate::protocol::vo::{Images, Vo, body};
use crate::render::{ContainingImage, CutoutArea, CutoutRequest, Error};

const SCIENCE_ID: HeaderName = HeaderName::from_static("x-science-id");
const IGNORED_PARAMETERS: HeaderName = HeaderName::from_static("x-ignored-parameters");

/// Bytes of names nobody knows that an answer repeats.
const MOST_TOLD_BYTES: usize = 1024;

/// `GET /{db}`.
///
/// # Errors
/// Those of the ImageServ contract; see [`Failure`].
pub async fn image(request: HttpRequest, db: Path<String>, vo: Data<Vo>) -> Result<HttpResponse, Failure> {
    answer(&request, &vo, &db, Parameters::of(request.query_string())?).await
}

/// `POST /{db}`: parameters in the query string, in a form or in a JSON document, and in two of them if they agree.
///
/// # Errors
/// Those of the ImageServ contract; see [`Failure`].
pub async fn posted(
    request: HttpRequest,
    db: Path<String>,
    vo: Data<Vo>,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let pairs = posted_pairs(&request, &db, payload, vo.request_bytes).await?;
    answer(&request, &vo, &db, Parameters::of_pairs(pairs)?).await
}

/// Names and values of a request with a body.
///
/// # Errors
/// When the body is too long, of another kind, or not what its kind promises.
pub(in crate::protocol::vo) async fn posted_pairs(
    request: &HttpRequest,
    db: &str,
    payload: Payload,
    limit_bytes: usize,
) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = body::urlencoded(request.query_string())?;
    if body::media_type(request) == "application/json" {
        pairs.extend(json::parameters(&body::bytes(payload, limit_bytes).await?, db)?);
    } else {
        pairs.extend(body::form(request, payload, limit_bytes).await?);
    }
    Ok(pairs)
}

/// Answers with FITS, or with JSON for the two identity utilities.
///
/// # Errors
/// Those of the ImageServ contract; see [`Failure`].
pub(super) async fn answer(
    request: &HttpRequest,
    vo: &Vo,
    db: &str,
    parameters: Parameters,
) -> Result<HttpResponse, Failure> {
    let mut response = match outcome(&vo.images, db, &parameters).await? {
        Outcome::Identity(identity) => HttpResponse::Ok().json(identity),
        Outcome::Image { order, science_id } => {
            let delivered = order.deliver(request, &vo.images.renderer).await;
            let mut response = delivered.map_err(|error| failed(error, science_id))?;
            response.headers_mut().insert(SCIENCE_ID, HeaderValue::from(science_id.get()));
            response
        }
    };
    if let Some(names) = told(&parameters.ignored) {
        response.headers_mut().insert(IGNORED_PARAMETERS, names);
    }
    Ok(response)
}

/// Names nobody knows as the value of a header: encoded as in a URL, as many as fit.
fn told(ignored: &BTreeSet<String>) -> Option<HeaderValue> {
    let mut told = String::new();
    for name in ignored.iter().map(|name| encoded(name)) {
        if told.len() + name.len() > MOST_TOLD_BYTES {
            told.push_str(if told.is_empty() { "..." } else { ", ..." });
            break;
        }
        if !told.is_empty() {
            told.push_str(", ");
        }
        told.push_str(&name);
    }
    HeaderValue::try_from(told).ok().filter(|names| !names.is_empty())
}

/// What a request comes to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The other name of an image.
    Identity(serde_json::Value),
    /// An image or a part of it.
    Image { order: Box<Order>, science_id: ScienceId },
}

/// Finds what a request on an archive is about.
///
/// # Errors
/// Those of the ImageServ contract; see [`Failure`].
pub(super) async fn outcome(images: &Images, db: &str, parameters: &Parameters) -> Result<Outcome, Failure> {
    let holding = holding(images, db, parameters)?;
    match Request::of(parameters, holding.scheme)? {
        Request::DataIdOf(data_id) => Ok(Outcome::Identity(data_id_json(&data_id))),
        Request::ScienceIdOf(id) => Ok(Outcome::Identity(id.get().into())),
        Request::Image { selector, cutout, answer } => {
            let found = find(images, &holding, selector).await?;
            let science_id = found.image.science_id;
            let order = order(images, &holding, found, cutout, &answer).await?;
            Ok(Outcome::Image { order: Box::new(order), science_id })
        }
    }
}

/// The dataset a request is about.
///
/// # Errors
/// 404 when there is no such archive or dataset.
pub(super) fn holding(images: &Images, db: &str, parameters: &Parameters) -> Result<Holding, Failure> {
    let dataset = parameters.get("ds").ok_or_else(Failure::missing_dataset)?;
    images.archives.holding(db, dataset).ok_or_else(Failure::unknown_archive)
}

/// What a failure to make the order is to a client.
pub(super) fn failed(error: Error, science_id: ScienceId) -> Failure {
    match error {
        Error::OutsideImage => Failure::no_overlap(science_id),
        error => error.into(),
    }
}

/// The image a request means, and where its pixels are.
struct Found {
    image: Arc<ArchiveImage>,
    source: Source,
}

impl Found {
    fn on_disk(image: Arc<ArchiveImage>) -> Self {
        Self { source: Source::File(image.frame.path.clone()), image }
    }
}

async fn find(images: &Images, holding: &Holding, selector: Selector) -> Result<Found, Failure> {
    let found = match selector {
        Selector::Nearest { point, filter } => {
            let nearest = images.archives.nearest(holding, &filter, point, &images.renderer).await?;
            nearest.map(|ContainingImage { image, file }| match file {
                Some(file) => Found { image, source: Source::Open(file) },
                None => Found::on_disk(image),
            })
        }
        Selector::ById { id, filter } => {
            let named = |image: &Arc<ArchiveImage>| {
                filter.as_ref().is_none_or(|filter| image.filter.eq_ignore_ascii_case(filter))
            };
            let image = images.archives.by_science_id(holding, id).await?.filter(named);
            image.map(Found::on_disk)
        }
    };
    found.ok_or_else(Failure::image_not_found)
}

async fn order(
    images: &Images,
    holding: &Holding,
    Found { image, source }: Found,
    area: Option<CutoutBox>,
    answer: &Answer,
) -> Result<Order, Failure> {
    let now = images.clock.utc();
    let (mut request, source, part) = match area {
        None => {
            let whole = CutoutRequest::new(CutoutArea::Whole, "whole image".to_owned(), now);
            (whole, source, "")
        }
        Some(area) => {
            area.check_area(&image, images.settings.cutout_square_degrees)?;
            let pixels = CutoutArea::Centred { centre: area.centre, size: area.size };
            let cut = CutoutRequest::new(pixels, area.to_string(), now);
            if answer.is_stitched {
                let patches = stitching::patches(&images.archives, holding, &image, &area).await?;
                (cut, Source::Patches(patches), "_stitched")
            } else {
                (cut, source, "_cutout")
            }
        }
    };
    request.publisher_did = Some(holding.publisher_did(image.science_id));
    (request.edge, request.detail) = (answer.edge, answer.detail);
    Ok(Order {
        source,
        request,
        name: format!("{}-{}-{}{part}", holding.dataset, image.science_id, image.filter),
        form: answer.form.clone(),
        picture: answer.picture,
        is_whole_file: area.is_none() && answer.is_whole_file(),
    })
}

fn data_id_json(data_id: &DataId) -> serde_json::Value {
    match *data_id {
        DataId::Ccd { run, camcol, field, filter } => {
            json_value!({ "run": run, "camcol": camcol, "field": field, "filter": filter.as_str() })
        }
        DataId::Coadd { tract, patch_x, patch_y, filter } => json_value!({
            "tract": tract,
            "patch": format!("{patch_x},{patch_y}"),
            "patch_x": patch_x,
            "patch_y": patch_y,
            "filter": filter.as_str(),
        }),
        DataId::Sequence(id) => json_value!({ "sid": id.get() }),
    }
}
