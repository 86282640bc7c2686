//! The links of datasets (DataLink 1.1): the file, pictures of it, the services that cut it, what it was made from.

mod link;
mod links;
mod planes;

use std::collections::HashSet;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use self::link::COLUMNS;
use self::links::Links;
use super::Vo;
use super::authentication::user_of;
use super::dali::{Fault, Parameters};
use super::descriptors::LINKS;
use super::obscore::DATALINK;
use super::resources::Resources;
use super::votable::{Datatype, Ending, Opening, Param, Role, ServiceDescriptor, TableFormat, TableWriter};

/// Mounts the service.
pub fn configure(service: &mut ServiceConfig) {
    service.service(
        web::resource("/links")
            .route(web::get().to(answer))
            .route(web::head().to(answer))
            .route(web::post().to(answer))
            .default_service(web::to(wrong_method)),
    );
}

async fn wrong_method() -> HttpResponse {
    Fault::wrong_method("GET, HEAD, POST").votable_response(DATALINK)
}

/// `GET` or `POST`: a table of links.
async fn answer(request: HttpRequest, payload: Payload, vo: Data<Vo>) -> HttpResponse {
    let parameters = match Parameters::of(&request, payload, vo.request_bytes).await {
        Ok(parameters) => parameters,
        Err(fault) => return fault.votable_response(DATALINK),
    };
    let wanted = parameters.single("RESPONSEFORMAT").and_then(TableFormat::wanted);
    let format = wanted.and_then(TableFormat::of_links);
    let told = format.clone().unwrap_or_else(|_| TableFormat::usual());
    let answer = async { table(&request, &vo, &parameters, &format?).await };
    answer.await.unwrap_or_else(|fault: Fault| fault.table_response(&told, DATALINK))
}

async fn table(
    request: &HttpRequest,
    vo: &Vo,
    parameters: &Parameters,
    format: &TableFormat,
) -> Result<HttpResponse, Fault> {
    parameters.run_id()?;
    let resources = Resources::of(&vo.public_url, request);
    let mut seen = HashSet::new();
    let mut ids: Vec<&str> = parameters.values("ID").filter(|id| seen.insert(*id)).collect();
    let ending = if ids.len() > vo.images.settings.most_links { Ending::Overflow } else { Ending::Complete };
    ids.truncate(vo.images.settings.most_links);
    let opening = Opening { standard_id: LINKS, fields: &COLUMNS, ending: &ending, inputs: &[] };
    let mut table = TableWriter::new(format, &opening);
    let mut links = Links::new(vo, &resources, user_of(request).is_some());
    for id in ids {
        for row in links.of(id).await? {
            table.row(&row.values());
        }
    }
    let mut descriptors = links.into_descriptors();
    descriptors.push(self_descriptor(&resources));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.content_type(DATALINK)))
        .body(table.finish(&ending, &descriptors)))
}

/// How to ask this service.
fn self_descriptor(resources: &Resources) -> ServiceDescriptor {
    ServiceDescriptor {
        role: Role::This,
        id: String::new(),
        name: "this",
        description: "Links of datasets".to_owned(),
        access_url: resources.service("links"),
        standard_id: LINKS,
        content_type: DATALINK,
        example_url: None,
        inputs: vec![
            Param::input("ID", Datatype::Text, "meta.id;meta.main").description("Identifier of a dataset"),
        ],
    }
}
