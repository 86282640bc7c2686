//! What operators and their machines ask: metrics, health, and the page that shows what runs here.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Responder};

use crate::camera::{Cameras, State};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::error::chain;
use crate::observe::health::Stage;
use crate::observe::{Health, Metrics};
use crate::protocol::vo::Vo;
use crate::render::Renderer;

/// Mounts the page at `/`, `/metrics`, `/healthz` and `/readyz`.
pub(super) fn configure(service: &mut ServiceConfig) {
    service
        .route("/", web::get().to(page))
        .route("/page.css", web::get().to(style))
        .route("/page.js", web::get().to(script))
        .route("/metrics", web::get().to(metrics))
        .route("/healthz", web::get().to(alive))
        .route("/readyz", web::get().to(ready));
}

async fn page() -> impl Responder {
    HttpResponse::Ok().insert_header(ContentType::html()).body(include_str!("../../web/index.html"))
}

async fn style() -> impl Responder {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("../../web/page.css"))
}

async fn script() -> impl Responder {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(include_str!("../../web/page.js"))
}

/// The process runs and its event loop turns.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// The first look through all directories is done and no stop was asked for.
async fn ready(health: Data<Health>) -> HttpResponse {
    match health.stage() {
        Stage::Ready => HttpResponse::Ok().body("ready\n"),
        Stage::Starting => {
            HttpResponse::ServiceUnavailable().body("starting: directories are being scanned\n")
        }
        Stage::Stopping => HttpResponse::ServiceUnavailable().body("stopping\n"),
    }
}

async fn metrics(
    metrics: Data<Metrics>,
    catalogue: Data<Arc<Catalogue>>,
    renderer: Data<Renderer>,
    cameras: Data<Arc<Cameras>>,
    vo: Data<Vo>,
) -> HttpResponse {
    if let Err(error) = gather_catalogue(&metrics, &catalogue).await {
        tracing::warn!(error = %chain(&error), "the catalogue cannot be counted");
    }
    metrics.job_results_bytes.set(gauge(vo.jobs.scratch_bytes()));
    gather_renderer(&metrics, &renderer);
    gather_cameras(&metrics, &cameras);
    match metrics.to_text() {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

async fn gather_catalogue(metrics: &Metrics, catalogue: &Catalogue) -> Result<(), CatalogueError> {
    metrics.frames.with_label_values(&["nina"]).set(gauge(catalogue.history_count(None).await?));
    metrics.jobs.set(gauge(catalogue.count_jobs().await?));
    for (archive, dataset) in catalogue.datasets().await? {
        let images = catalogue.count_images(&archive, &dataset).await?;
        metrics.frames.with_label_values(&[format!("{archive}/{dataset}").as_str()]).set(gauge(images));
    }
    Ok(())
}

fn gather_renderer(metrics: &Metrics, renderer: &Renderer) {
    let load = renderer.load();
    metrics.renditions_held.set(gauge(load.held_bytes));
    metrics.renders_in_flight.set(gauge(load.in_flight as u64));
    metrics.renders_queued.set(gauge(load.queued as u64));
    Metrics::bring_to(&metrics.cache_requests, &["renditions", "hit"], load.hits);
    Metrics::bring_to(&metrics.cache_requests, &["renditions", "miss"], load.misses);
    metrics.cache_bytes.with_label_values(&["renditions"]).set(gauge(load.rendition_bytes));
    metrics.cache_bytes.with_label_values(&["frames"]).set(gauge(load.frame_bytes));
}

fn gather_cameras(metrics: &Metrics, cameras: &Cameras) {
    for camera in cameras.health() {
        let name = camera.name.as_str();
        for state in State::ALL {
            let here = i64::from(state == camera.state);
            metrics.camera_state.with_label_values(&[name, state.name()]).set(here);
        }
        let seconds = |age: Option<Duration>| age.map_or(f64::NAN, |age| age.as_secs_f64());
        metrics.camera_frame_age.with_label_values(&[name]).set(seconds(camera.frame_age));
        metrics.camera_unchanged.with_label_values(&[name]).set(seconds(camera.unchanged_for));
        Metrics::bring_to(&metrics.camera_frames, &[name], camera.frames);
        Metrics::bring_to(&metrics.camera_encodes, &[name], camera.encodes);
        metrics.camera_viewers.with_label_values(&[name]).set(gauge(camera.viewers as u64));
        metrics.camera_buffer_bytes.with_label_values(&[name]).set(gauge(camera.ring_bytes as u64));
    }
}
