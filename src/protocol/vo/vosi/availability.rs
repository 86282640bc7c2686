//! `GET /availability`: whether queries are taken. The answer is always 200; the document says it.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use chrono::SecondsFormat;

use crate::protocol::vo::Vo;
use crate::protocol::vo::availability::Availability;
use crate::protocol::vo::xml::XmlWriter;

const NAMESPACE: &str = "http://www.ivoa.net/xml/VOSIAvailability/v1.0";

/// The document of VOSI 1.1 §3.
pub async fn availability(vo: Data<Vo>) -> HttpResponse {
    let found = Availability::of(&vo).await;
    let mut xml = XmlWriter::new();
    xml.open("vosi:availability", &[("xmlns:vosi", NAMESPACE)]);
    xml.leaf("vosi:available", &[], &found.is_available.to_string());
    xml.leaf("vosi:upSince", &[], &vo.up_since.to_rfc3339_opts(SecondsFormat::Secs, true));
    for note in &found.notes {
        xml.leaf("vosi:note", &[], note);
    }
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/xml; charset=utf-8")).body(xml.finish())
}
