//! What clients ask to know whom they talk to: versions, clocks, options.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};
use chrono::{DateTime, FixedOffset, Local};
use serde_json::{Value, json};

use super::Nina;
use super::envelope::{Envelope, JSON};
use super::error::Failure;
use super::json::LocalTime;
use super::parameters::QueryParameters;

/// The version of the plugin whose contract is kept; clients refuse anything older than they know.
pub const API_VERSION: &str = "2.2.15.0";

/// The version of the capture program that goes with it, and the name people use for it.
const PROGRAM_VERSION: (&str, &str) = ("3.2.0.9001", "3.2");

/// `GET /`: one sentence, by which a client sees that somebody is there.
pub async fn root() -> HttpResponse {
    const SENTENCE: &str =
        "\"Trifocal speaks the N.I.N.A. Advanced API v2 here. Try version, image-history or image/0.\"";
    HttpResponse::Ok().content_type(JSON).body(SENTENCE)
}

/// `GET /version`
pub async fn version() -> Envelope<&'static str> {
    Envelope::success(API_VERSION)
}

/// `GET /version/nina`
///
/// # Errors
/// 400 when `friendly` is no truth value.
pub async fn program_version(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let friendly = QueryParameters::of(&request)?.boolean("friendly")?.unwrap_or(false);
    let (version, name) = PROGRAM_VERSION;
    Ok(Envelope::success(if friendly { name } else { version }).respond_to(&request))
}

/// `GET /time`: now, on this machine's clock.
pub async fn time(nina: Data<Nina>) -> Envelope<LocalTime> {
    Envelope::success(LocalTime(local(nina.clock.utc())))
}

/// `GET /application-start`
pub async fn application_start(nina: Data<Nina>) -> Envelope<LocalTime> {
    Envelope::success(LocalTime(nina.started_at))
}

/// `GET /plugin/settings`
pub async fn plugin_settings(nina: Data<Nina>) -> Envelope<Value> {
    Envelope::success(json!({
        "AccessControlHeaderEnabled": nina.settings.cross_origin,
        "ShouldCreateThumbnails": true,
    }))
}

/// `GET /application/plugins`: none beside the one whose contract is kept.
pub async fn plugins() -> Envelope<[&'static str; 1]> {
    Envelope::success(["Advanced API"])
}

/// A time on this machine's clock.
pub fn local(time: DateTime<chrono::Utc>) -> DateTime<FixedOffset> {
    time.with_timezone(&Local).fixed_offset()
}
