//! `GET /availability`: whether queries are taken. The answer is always 200; the document says it.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use chrono::SecondsFormat;

use crate::protocol::vo::Vo;
use crate::protocol::vo::xml::XmlWriter;

const NAMESPACE: &str = "http://www.ivoa.net/xml/VOSIAvailability/v1.0";
/// What does not answer within this time does not answer.
const PATIENCE: Duration = Duration::from_millis(900);

pub(super) async fn availability(vo: Data<Vo>) -> HttpResponse {
    let is_available = tokio::time::timeout(PATIENCE, vo.archives.are_readable()).await.unwrap_or(false);
    let note = if is_available {
        "service is accepting queries"
    } else {
        "an archive or the catalogue cannot be read"
    };
    let limits = format!(
        "searches have at most {} rows; synchronous cutouts have at most {} pixels",
        vo.settings.most_rows, vo.settings.sync_pixels
    );
    let mut xml = XmlWriter::new();
    xml.open("vosi:availability", &[("xmlns:vosi", NAMESPACE)]);
    xml.leaf("vosi:available", &[], &is_available.to_string());
    xml.leaf("vosi:upSince", &[], &vo.up_since.to_rfc3339_opts(SecondsFormat::Secs, true));
    xml.leaf("vosi:note", &[], note);
    xml.leaf("vosi:note", &[], &limits);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/xml; charset=utf-8")).body(xml.finish())
}
