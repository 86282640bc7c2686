//! `GET /examples`: calls that work here and now, for people and for validators (DALI 1.1 §2.3).

use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::catalogue::{ArchiveImage, ImageSearch};
use crate::protocol::vo::Vo;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::Fault;
use crate::protocol::vo::descriptors::example_circle;
use crate::protocol::vo::resources::{Resources, encoded};
use crate::protocol::vo::sia::STANDARD_QUERY;
use crate::protocol::vo::soda::descriptor::SYNC_STANDARD;
use crate::protocol::vo::xml::XmlWriter;

/// A call: its name, its standard and what it is called with.
struct Example {
    id: String,
    name: String,
    capability: &'static str,
    service: &'static str,
    parameters: Vec<(&'static str, String)>,
}

pub(super) async fn examples(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    match page(&request, &vo).await {
        Ok(Some(page)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/xhtml+xml; charset=utf-8"))
            .body(page),
        Ok(None) => Fault::not_found("there is no image to show examples with").soda_response(),
        Err(fault) => fault.soda_response(),
    }
}

async fn page(request: &HttpRequest, vo: &Vo) -> Result<Option<Vec<u8>>, Fault> {
    let resources = Resources::of(&vo.public_url, request);
    let mut examples = Vec::new();
    for holding in vo.images.archives.holdings() {
        if let Some(image) = first_image(vo, holding).await? {
            examples.extend(of_image(holding, &image));
        }
    }
    if examples.is_empty() {
        return Ok(None);
    }
    let mut xml = XmlWriter::new();
    xml.open("html", &[("xmlns", "http://www.w3.org/1999/xhtml")]);
    xml.open("head", &[]);
    xml.leaf("title", &[], "Examples of the image services");
    xml.close();
    xml.open("body", &[]);
    xml.leaf("h1", &[], "Examples of the image services");
    xml.open("div", &[("vocab", "http://www.ivoa.net/rdf/examples#")]);
    for example in &examples {
        write(&mut xml, &resources, example);
    }
    Ok(Some(xml.finish()))
}

/// Any image of a dataset that has a place on the sky, the same one every time.
async fn first_image(vo: &Vo, holding: &Holding) -> Result<Option<ArchiveImage>, Fault> {
    let all = Arc::new(ImageSearch::default());
    let mut search = vo.images.archives.catalogue().search(holding.searched(Vec::new()), all);
    let first = search.next_page().await?.unwrap_or_default();
    Ok(first.into_iter().find(|image| image.place.is_some()))
}

fn of_image(holding: &Holding, image: &ArchiveImage) -> Vec<Example> {
    let Some(circle) = example_circle(image) else { return Vec::new() };
    let id = |kind: &str| format!("{kind}-{}-{}", holding.archive, holding.dataset);
    let dataset = holding.publisher_did(image.science_id);
    vec![
        Example {
            id: id("cutout"),
            name: format!("A small cutout of {} {}", holding.archive, holding.dataset),
            capability: SYNC_STANDARD,
            service: "sync",
            parameters: vec![("ID", dataset), ("CIRCLE", circle.clone())],
        },
        Example {
            id: id("search"),
            name: format!("Images of {} around a position", holding.archive),
            capability: STANDARD_QUERY,
            service: "query",
            parameters: vec![
                ("POS", format!("CIRCLE {circle}")),
                ("COLLECTION", holding.archive.to_string()),
                ("MAXREC", "10".to_owned()),
            ],
        },
    ]
}

fn write(xml: &mut XmlWriter, resources: &Resources, example: &Example) {
    let resource = format!("#{}", example.id);
    xml.open("div", &[("typeof", "example"), ("id", &example.id), ("resource", &resource)]);
    xml.leaf("h2", &[("property", "name")], &example.name);
    xml.open("p", &[]);
    xml.text("Standard: ");
    xml.leaf("span", &[("property", "capability")], example.capability);
    xml.close();
    xml.open("ul", &[]);
    for (key, value) in &example.parameters {
        xml.open("li", &[("property", "generic-parameter"), ("typeof", "keyval")]);
        xml.leaf("span", &[("property", "key")], key);
        xml.text(" = ");
        xml.leaf("span", &[("property", "value")], value);
        xml.close();
    }
    xml.close();
    let query: Vec<_> =
        example.parameters.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    let url = format!("{}?{}", resources.service(example.service), query.join("&"));
    xml.open("p", &[]);
    xml.leaf("a", &[("href", &url)], &url);
    xml.close();
    xml.close();
    xml.line();
}
