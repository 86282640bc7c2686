//! `/{db}`: an image, a cutout of one, or the other name of one.

use std::sync::Arc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json as json_value;

use super::error::Failure;
use super::json;
use super::parameters::Parameters;
use super::request::{Answer, CutoutBox, Request, Selector};
use crate::catalogue::{ArchiveImage, DataId};
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::fits_answer::Delivery;
use crate::protocol::vo::{Vo, body};
use crate::render::{CutoutArea, CutoutRequest, Error};

const SCIENCE_ID: HeaderName = HeaderName::from_static("x-science-id");
const IGNORED_PARAMETERS: HeaderName = HeaderName::from_static("x-ignored-parameters");

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
    let mut pairs = body::urlencoded(request.query_string())?;
    if body::media_type(&request) == "application/json" {
        let bytes = body::bytes(payload, vo.request_bytes).await?;
        pairs.extend(json::parameters(&bytes, &db)?);
    } else {
        pairs.extend(body::form(&request, payload, vo.request_bytes).await?);
    }
    answer(&request, &vo, &db, Parameters::of_pairs(pairs)?).await
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
    let dataset = parameters.get("ds").ok_or_else(Failure::missing_dataset)?;
    let holding = vo.archives.holding(db, dataset).ok_or_else(Failure::unknown_archive)?;
    let mut response = match Request::of(&parameters, holding.scheme)? {
        Request::DataIdOf(data_id) => HttpResponse::Ok().json(data_id_json(&data_id)),
        Request::ScienceIdOf(id) => HttpResponse::Ok().json(id.get()),
        Request::Image { selector, cutout, answer } => {
            let image = find(vo, &holding, selector).await?;
            let mut response = match cutout {
                None if answer.is_whole_file() => whole(request, vo, &holding, &image, &answer).await?,
                area => cut(request, vo, &holding, &image, area, &answer).await?,
            };
            response.headers_mut().insert(SCIENCE_ID, HeaderValue::from(image.science_id.get()));
            response
        }
    };
    if !parameters.ignored.is_empty() {
        let names = parameters.ignored.into_iter().collect::<Vec<_>>().join(", ");
        if let Ok(names) = HeaderValue::try_from(names) {
            response.headers_mut().insert(IGNORED_PARAMETERS, names);
        }
    }
    Ok(response)
}

async fn find(vo: &Vo, holding: &Holding, selector: Selector) -> Result<Arc<ArchiveImage>, Failure> {
    let found = match selector {
        Selector::Nearest { point, filter } => {
            vo.archives.nearest(holding, &filter, point, &vo.renderer).await?
        }
        Selector::ById { id, filter } => {
            let named = |image: &Arc<ArchiveImage>| {
                filter.as_ref().is_none_or(|filter| image.filter.eq_ignore_ascii_case(filter))
            };
            vo.archives.by_science_id(holding, id).await?.filter(named)
        }
    };
    found.ok_or_else(Failure::image_not_found)
}

async fn whole(
    request: &HttpRequest,
    vo: &Vo,
    holding: &Holding,
    image: &ArchiveImage,
    answer: &Answer,
) -> Result<HttpResponse, Failure> {
    let file = vo.renderer.open(image.frame.path.clone()).await?;
    let delivery = Delivery::new(request, file_name(holding, image, "", answer), answer.form.media_type());
    Ok(delivery.whole_file(&file).await?)
}

async fn cut(
    request: &HttpRequest,
    vo: &Vo,
    holding: &Holding,
    image: &ArchiveImage,
    area: Option<CutoutBox>,
    answer: &Answer,
) -> Result<HttpResponse, Failure> {
    let mut wanted = match area {
        Some(area) => {
            area.check_area(image, vo.settings.cutout_square_degrees)?;
            let pixels = CutoutArea::Centred { centre: area.centre, size: area.size };
            CutoutRequest::new(pixels, area.to_string(), vo.clock.utc())
        }
        None => CutoutRequest::new(CutoutArea::Whole, "whole image".to_owned(), vo.clock.utc()),
    };
    wanted.publisher_did = Some(holding.publisher_did(image.science_id));
    (wanted.edge, wanted.detail) = (answer.edge, answer.detail);
    let part = if area.is_some() { "_cutout" } else { "" };
    let delivery = Delivery::new(request, file_name(holding, image, part, answer), answer.form.media_type());
    let path = image.frame.path.clone();
    let answered = match answer.picture {
        None => vo.renderer.cutout(path, wanted).await.map(|planned| delivery.cutout(planned)),
        Some(picture) => {
            let made = vo.renderer.cutout_picture(path, wanted, picture).await;
            made.map(|(bytes, runs)| delivery.picture(bytes, &runs))
        }
    };
    match answered {
        Err(Error::OutsideImage) => Err(Failure::no_overlap(image.science_id)),
        answered => Ok(answered?),
    }
}

fn file_name(holding: &Holding, image: &ArchiveImage, part: &str, answer: &Answer) -> String {
    let ending = answer.form.extension();
    format!("{}-{}-{}{part}.{ending}", holding.dataset, image.science_id, image.filter)
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
