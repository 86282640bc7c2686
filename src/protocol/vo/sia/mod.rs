//! Searching for images (SIA 2.0): by place, wavelength, time and whatever else ObsCore says of them.

mod answer;
mod request;

use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use self::request::SiaRequest;
use super::Vo;
use super::dali::{Fault, Parameters};
use super::votable::{TableFormat, VotableFormat};

/// The standard, as answers name it.
const STANDARD: &str = "ivo://ivoa.net/std/SIA";
/// The standard, as descriptors and capabilities name it.
pub const STANDARD_QUERY: &str = "ivo://ivoa.net/std/SIA#query-2.0";

/// Mounts the service under its three names.
pub fn configure(service: &mut ServiceConfig) {
    for name in ["/query", "/sia", "/sia2"] {
        service.service(
            web::resource(name)
                .route(web::get().to(query))
                .route(web::head().to(query))
                .route(web::post().to(query))
                .default_service(web::to(wrong_method)),
        );
    }
}

async fn wrong_method() -> HttpResponse {
    Fault::wrong_method("GET, HEAD, POST").votable_response(VotableFormat::MEDIA_TYPE)
}

/// `GET` or `POST`: a table of images.
async fn query(request: HttpRequest, payload: Payload, vo: Data<Vo>) -> HttpResponse {
    let parameters = match Parameters::of(&request, payload, vo.request_bytes).await {
        Ok(parameters) => parameters,
        Err(fault) => return fault.votable_response(VotableFormat::MEDIA_TYPE),
    };
    // A failure is told in the form that was asked for, if that can be told.
    let format = parameters.single("RESPONSEFORMAT").and_then(TableFormat::wanted);
    let told = format.clone().unwrap_or_else(|_| TableFormat::usual());
    let answer = async {
        let wanted = SiaRequest::of(&parameters, format?, &vo.images.archives, &vo.images.settings)?;
        answer::table(&request, &vo, wanted).await
    };
    answer.await.unwrap_or_else(|fault: Fault| fault.table_response(&told, VotableFormat::MEDIA_TYPE))
}
