//! Functions of the device that have nothing to do with cameras, but that clients ask for when they are set up: lists
//! that are empty here, and functions that are not offered.

use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::success;
use super::error::Failure;
use super::{Intercom, check_method};
use crate::access::Service;

/// Path below `/api`, the list in its answer, and whose it is. Clients fail on an error here, not on an empty list.
pub(super) const EMPTY: &[(&str, &str, Service)] = &[
    ("/switch/caps", "switches", Service::Switch),
    ("/switch/status", "switches", Service::Switch),
    ("/io/caps", "ports", Service::Io),
    ("/io/status", "ports", Service::Io),
    ("/call/status", "sessions", Service::Call),
    ("/phone/status", "accounts", Service::Call),
    ("/phone/config", "accounts", Service::Call),
    ("/dir/query", "users", Service::Call),
];

/// Functions of the device that are not offered here.
pub(super) const UNSUPPORTED: &[&str] = &[
    "/firmware",
    "/firmware/apply",
    "/firmware/reject",
    "/config",
    "/config/factoryreset",
    "/system/restart",
    "/system/time",
    "/switch/ctrl",
    "/io/ctrl",
    "/call/dial",
    "/call/answer",
    "/call/hangup",
    "/dir/template",
    "/dir/create",
    "/dir/get",
    "/dir/update",
    "/dir/delete",
    "/audio/test",
    "/display/caps",
    "/display/image",
    "/email/send",
    "/pcap",
    "/automation/trigger",
    "/lift/grant",
];

/// An empty list. The directory is asked with a document, so the body may be anything.
pub(super) async fn empty(intercom: Data<Intercom>, request: HttpRequest, _body: Bytes) -> HttpResponse {
    if let Err(failure) = check_method(&request) {
        return failure.response(&intercom.config);
    }
    let path = request.path().trim_start_matches("/api");
    let list = EMPTY.iter().find(|(known, _, _)| *known == path).map_or("items", |(_, list, _)| list);
    success(Map::from_iter([(list.to_string(), Value::Array(Vec::new()))]))
}

/// Known, and not offered; whatever the method.
pub(super) async fn unsupported(intercom: Data<Intercom>, request: HttpRequest) -> HttpResponse {
    // A preflight of a browser is about nothing in particular.
    if *request.method() == Method::OPTIONS {
        return Failure::WrongMethod.response(&intercom.config);
    }
    Failure::NotSupported.response(&intercom.config)
}

/// What a client finds active: `options` of `/api/system/caps`.
pub(super) fn options(has_motion: bool) -> Value {
    json!({
        "camera": "active",
        "video": "active",
        "encJpeg": "active",
        "motionDetection": if has_motion { "active,licensed" } else { "inactive" },
        "rtspServer": "inactive",
    })
}
