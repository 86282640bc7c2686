//! What the service says about itself: availability, capabilities and a page for people.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::ingest::ArchiveConfig;
use crate::protocol::vo::Vo;

/// `GET /availability`: always 200, the body says whether queries are taken.
pub async fn availability(vo: Data<Vo>) -> HttpResponse {
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
    HttpResponse::Ok().json(json!({
        "Status": status,
        "available": available.to_string(),
        "status": status,
        "versions": ["v1"],
        "repositories": repositories,
        "upSince": vo.up_since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    }))
}

/// `GET /capabilities`: where to ask for what.
pub async fn capabilities(vo: Data<Vo>) -> HttpResponse {
    let queries: Vec<_> = vo
        .archives
        .configured()
        .iter()
        .map(|archive| json!({ "url": format!("image/v1/{}", archive.id), "interface": ["DAX"] }))
        .collect();
    HttpResponse::Ok().json(json!({
        "availability": { "url": "image/v1/availability" },
        "query": queries.first(),
        "capabilities": { "url": "image/v1/capabilities" },
        "queries": queries,
    }))
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
