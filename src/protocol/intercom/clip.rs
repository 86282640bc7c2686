//! `/api/camera/clip`: a clip of what is in memory. Our own addition.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::Intercom;
use super::answer::answered;
use super::error::Failure;
use super::params::{Parameters, decimal};
use super::request::{camera, time_ago};
use crate::camera::{ClipFormat, Moment};
use crate::error::chain;

/// Seconds of a clip that are not asked for otherwise.
const DEFAULT_FROM_S: f64 = -10.0;

/// `source=`, `from=-10`, `to=0`, `format=mp4|gif`.
pub(super) async fn clip(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let arrival = Moment::now(&**intercom.cameras.clock());
    answered(&intercom, &request, payload, async |parameters| {
        let camera = camera(parameters.optional("source"), &intercom.cameras)?;
        let reach = f64::from(camera.config().buffer_seconds);
        let instant = |name, usual| {
            let seconds = seconds(parameters, name)?.unwrap_or(usual);
            time_ago(seconds, arrival, reach).ok_or(Failure::Invalid(name))
        };
        let (from, until) = (instant("from", DEFAULT_FROM_S)?, instant("to", 0.0)?);
        if from <= until {
            return Err(Failure::Invalid("from"));
        }
        let format = match parameters.optional("format") {
            None | Some("mp4") => ClipFormat::Mp4,
            Some("gif") => ClipFormat::Gif,
            Some(_) => return Err(Failure::Invalid("format")),
        };
        let clip = camera.clip(arrival.monotonic, from, until, format).await.map_err(|error| {
            tracing::warn!(camera = camera.name(), error = chain(&error), "no clip for a client");
            match Failure::from(&error) {
                Failure::NoData(_) => Failure::NoData(Some("from")),
                other => other,
            }
        })?;
        let ending = if format == ClipFormat::Mp4 { "mp4" } else { "gif" };
        let name = format!("inline; filename=\"{}.{ending}\"", camera.name());
        Ok(HttpResponse::Ok()
            .content_type(format.media_type())
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_DISPOSITION, name))
            .body(clip))
    })
    .await
}

fn seconds(parameters: &Parameters, name: &'static str) -> Result<Option<f64>, Failure> {
    parameters.optional(name).map(|text| decimal(text).ok_or(Failure::Invalid(name))).transpose()
}
