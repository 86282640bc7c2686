//! `soda/sync`: one cutout, now.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderName};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::request::SodaRequest;
use super::{cutout, dataset, descriptor};
use crate::protocol::vo::Vo;
use crate::protocol::vo::dali::{Fault, Parameters};
use crate::protocol::vo::votable::{Datatype, Field, VotableWriter};
use crate::protocol::vo::votable::{Serialization, TableFormat, VotableFormat};

/// Why there is nothing, for people; clients go by the status.
const REASON: HeaderName = HeaderName::from_static("x-reason");
const VOTABLE: &str = "application/x-votable+xml";

/// The table of the description has no rows; a table must have a column.
const NO_COLUMNS: [Field; 1] = [Field::new("ID", Datatype::Text, "meta.id;meta.main")];

/// Answers with a cutout, with 204 when nothing overlaps, with a description of itself when nothing is asked.
pub async fn sync(request: HttpRequest, payload: Payload, vo: Data<Vo>) -> HttpResponse {
    let parameters = match *request.method() {
        Method::GET | Method::HEAD => Parameters::of_query(request.query_string()),
        _ => Parameters::of(&request, payload, vo.request_bytes).await,
    };
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(fault) => return fault.soda_response(),
    };
    if parameters.is_empty() {
        return description(&request, &vo);
    }
    match answer(&request, &vo, &parameters).await {
        Ok(response) => response,
        Err(fault) if wants_votable(&parameters) => fault.votable_response(VOTABLE),
        Err(fault) => fault.soda_response(),
    }
}

async fn answer(request: &HttpRequest, vo: &Vo, parameters: &Parameters) -> Result<HttpResponse, Fault> {
    let wanted = SodaRequest::of(parameters)?;
    let combination = wanted.single()?;
    let centre = combination.stencil.as_ref().and_then(super::stencil::Stencil::centre);
    let (holding, image) =
        dataset::resolve(&vo.images.archives, &vo.images.renderer, &combination.id, centre).await?;
    let mut order = cutout::order(vo.images.clock.utc(), &wanted, &combination, &holding, &image);
    order.request.most_pixels = Some(vo.images.settings.sync_pixels);
    let answered = order.deliver(request, &vo.images.renderer).await;
    let jobs_url = vo.public_url.resource(request, "soda/async");
    match answered {
        Ok(response) => Ok(response),
        Err(error) => match cutout::fault(&error, Some(&jobs_url)) {
            Some(fault) => Err(fault),
            None => Ok(HttpResponse::NoContent().insert_header((REASON, "no overlap")).finish()),
        },
    }
}

/// A table without rows, and how to call this service.
fn description(request: &HttpRequest, vo: &Vo) -> HttpResponse {
    let usual = VotableFormat { serialization: Serialization::TableData, is_1_5: false, content_type: None };
    let mut document = VotableWriter::new(&usual);
    document.info("QUERY_STATUS", "OK", "");
    document.info("standardID", descriptor::SYNC_STANDARD, "");
    document.begin_table(&NO_COLUMNS);
    document.end_table();
    document.descriptor(&descriptor::itself(vo.public_url.resource(request, "soda/sync")));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, VOTABLE)).body(document.finish())
}

fn wants_votable(parameters: &Parameters) -> bool {
    parameters
        .values("RESPONSEFORMAT")
        .any(|format| matches!(TableFormat::wanted(Some(format)), Ok(TableFormat::Votable(_))))
}
