//! What the service says about itself: availability, capabilities and a page for people.

use actix_web::http::header::{Accept, Header, HeaderValue, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mime::Mime;
use serde_json::{Value, json};

use crate::ingest::ArchiveConfig;
use crate::protocol::vo::availability::Availability;
use crate::protocol::vo::{Vo, vosi};

/// `GET /availability`: always 200, the body says whether queries are taken.
pub async fn availability(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let form = Form::preferred(&request);
    if form == Form::Xml {
        return varying(vosi::availability(vo).await);
    }
    let found = Availability::of(&vo).await;
    let status = if found.is_available {
        "imageREST_v1 is accepting queries."
    } else {
        "imageREST_v1 is not accepting queries."
    };
    let repositories: Vec<_> = vo
        .images
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
        "available": found.is_available.to_string(),
        "status": status,
        "versions": ["v0", "v1", "soda-1.0", "sia-2.0", "datalink-1.1"],
        "repositories": repositories,
        "upSince": vo.up_since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "note": found.notes,
    });
    written(form, "Availability", &document)
}

/// `GET /capabilities`: where to ask for what.
pub async fn capabilities(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let form = Form::preferred(&request);
    if form == Form::Xml {
        return varying(vosi::capabilities(request, vo).await);
    }
    let queries: Vec<_> = vo
        .images
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
    written(form, "Capabilities", &document)
}

/// How one of the two documents is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Html,
    /// That of the standard service, which describes itself under another vocabulary.
    Xml,
}

impl Form {
    /// The one `Accept` ranks first; JSON without a word, and when anything will do.
    fn preferred(request: &HttpRequest) -> Self {
        let ranked = Accept::parse(request).map(|accept| accept.ranked()).unwrap_or_default();
        let form = |kind: &Mime| match kind.essence_str() {
            "application/json" | "*/*" | "application/*" => Some(Self::Json),
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "text/xml" | "application/xml" => Some(Self::Xml),
            _ => None,
        };
        ranked.iter().find_map(form).unwrap_or(Self::Json)
    }
}

/// A document as JSON, or as a page for those who would rather read one.
fn written(form: Form, title: &str, document: &Value) -> HttpResponse {
    if form == Form::Json {
        return varying(HttpResponse::Ok().json(document));
    }
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    varying(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!DOCTYPE html><title>{title}</title><h1>{title}</h1><pre>{}</pre>",
        text.replace('&', "&amp;").replace('<', "&lt;")
    )))
}

/// Says that the answer depends on what was asked for.
fn varying(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    response
}

/// `GET /`: for a person who opens the address in a browser.
pub async fn landing_page(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let page = |name: &str| vo.public_url.resource(&request, &format!("v1/{name}"));
    let item = |archive: &ArchiveConfig| format!("<li><code>v1/{}</code></li>", archive.id);
    let archives = vo.images.archives.configured().iter().map(item).collect::<Vec<_>>().concat();
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!DOCTYPE html><title>ImageServ v1</title><h1>ImageServ v1</h1>\
         <p>Images by position, science id or data id: <a href=\"{}\">availability</a>, \
         <a href=\"{}\">capabilities</a>.</p><ul>{archives}</ul>",
        page("availability"),
        page("capabilities")
    ))
}
