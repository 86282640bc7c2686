//! What the service says about itself: availability, capabilities and a page for people.

use actix_web::http::header::{Accept, Header, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::ingest::ArchiveConfig;
use crate::protocol::vo::Vo;

/// `GET /availability`: always 200, the body says whether queries are taken.
pub async fn availability(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let available = vo.archives.are_readable().await;
    let status = if available {
        "imageREST_v1 is accepting queries."
    } else {
        "imageREST_v1 is not accepting queries."
    };
    let repositories: Vec<_> = vo
        .archives
        .configured()
        .iter()
        .map(|archive| {
            let datasets: Vec<_> = archive.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
            json!({ "id": archive.id.as_str(), "url": format!("image/v1/{}", archive.id), "datasets": datasets })
        })
        .collect();
    let document = json!({
        "Status": status,
        "available": available.to_string(),
        "status": status,
        "versions": ["v0", "v1", "soda-1.0", "sia-2.0", "datalink-1.1"],
        "repositories": repositories,
        "upSince": vo.up_since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "note": [format!(
            "cutouts by size cover at most {} square degrees; synchronous SODA answers have at most {} pixels",
            vo.settings.cutout_square_degrees, vo.settings.sync_pixels
        )],
    });
    negotiated(&request, "Availability", &document)
}

/// `GET /capabilities`: where to ask for what.
pub async fn capabilities(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let queries: Vec<_> = vo
        .archives
        .configured()
        .iter()
        .map(|archive| json!({ "url": format!("image/v1/{}", archive.id), "interface": ["DAX"] }))
        .collect();
    let standard = |name: &str| vo.public_url.resource(&request, name);
    let document = json!({
        "availability": { "url": "image/v1/availability" },
        "query": queries.first(),
        "capabilities": { "url": "image/v1/capabilities" },
        "queries": queries,
        "soda": standard("soda/sync"),
        "sia2": standard("soda/query"),
        "datalink": standard("soda/links"),
    });
    negotiated(&request, "Capabilities", &document)
}

/// The document as JSON, or as a page for those who would rather read one.
fn negotiated(request: &HttpRequest, title: &str, document: &Value) -> HttpResponse {
    if !prefers_html(request) {
        return HttpResponse::Ok().insert_header((VARY, "Accept")).json(document);
    }
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    HttpResponse::Ok().insert_header((VARY, "Accept")).content_type("text/html; charset=utf-8").body(format!(
        "<!DOCTYPE html><title>{title}</title><h1>{title}</h1><pre>{}</pre>",
        text.replace('&', "&amp;").replace('<', "&lt;")
    ))
}

/// Whether `Accept` ranks HTML above JSON; of equals, and without a word, JSON.
fn prefers_html(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let ranked = accept.ranked();
    let place =
        |subtype: &str| ranked.iter().position(|kind| kind.essence_str().eq_ignore_ascii_case(subtype));
    match (place("text/html"), place("application/json")) {
        (Some(html), Some(json)) => html < json,
        (html, None) => html.is_some(),
        (None, Some(_)) => false,
    }
}

/// `GET /`: for a person who opens the address in a browser.
pub async fn landing_page(vo: Data<Vo>) -> HttpResponse {
    let item = |archive: &ArchiveConfig| format!("<li><code>v1/{}</code></li>", archive.id);
    let archives = vo.archives.configured().iter().map(item).collect::<Vec<_>>().concat();
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!DOCTYPE html><title>ImageServ v1</title><h1>ImageServ v1</h1>\
         <p>Images by position, science id or data id: <a href=\"v1/availability\">availability</a>, \
         <a href=\"v1/capabilities\">capabilities</a>.</p><ul>{archives}</ul>"
    ))
}
