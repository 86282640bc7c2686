//! Everything else of the plugin's surface: refused in the words and with the codes that keep clients quiet.
//!
//! A client shows its user nothing for 404, 409 and 500, and an alarm for anything else. What drives a telescope
//! is refused with 409; what the plugin does not know either with 404.

use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Nina;
use super::equipment::Device;
use super::error::Failure;
use super::route::other_method;

const SEQUENCE: [&str; 12] = [
    "json",
    "state",
    "edit",
    "start",
    "stop",
    "reset",
    "skip",
    "list-available",
    "load",
    "set-target",
    "skip-current",
    "get-target",
];

/// Paths without a device or sequence in them.
const OTHERS: [&str; 26] = [
    "framing/info",
    "framing/set-source",
    "framing/set-coordinates",
    "framing/set-rotation",
    "framing/slew",
    "framing/determine-rotation",
    "framing/moon-separation",
    "astro-util/moon-separation",
    "profile/switch",
    "application/switch-tab",
    "application/get-tab",
    "application/logs",
    "application/screenshot",
    "flats/skyflat",
    "flats/auto-brightness",
    "flats/auto-exposure",
    "flats/trained-dark-flat",
    "flats/trained-flat",
    "flats/status",
    "flats/stop",
    "livestack/start",
    "livestack/stop",
    "profile/horizon",
    "application/dump",
    "plugin/list",
    "image/solve",
];

/// The refusal of a path below `/v2/api/`, if the plugin knows it.
fn refusal(path: &str) -> Option<Failure> {
    if OTHERS.contains(&path) {
        return Some(Failure::conflict("Not available on this gateway"));
    }
    match path.split_once('/')? {
        ("equipment", rest) => Device::at(rest.split_once('/')?.0).map(Device::not_connected),
        ("sequence", action) if SEQUENCE.contains(&action) => {
            Some(Failure::conflict("Sequence is not initialized"))
        }
        _ => None,
    }
}

/// Answers wherever no route does.
///
/// # Errors
/// Always: 409 for what the plugin knows, 405 for other methods of it, 404 for the rest.
pub async fn unserved(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    if *request.method() == Method::OPTIONS {
        return Ok(other_method(request, nina).await);
    }
    let path = request.path().strip_prefix("/v2/api/").unwrap_or_default();
    let Some(refusal) = refusal(path) else { return Err(Failure::unknown_route()) };
    let takes = match *request.method() {
        Method::GET => true,
        Method::POST => path == "sequence/load",
        _ => false,
    };
    if takes { Err(refusal) } else { Ok(other_method(request, nina).await) }
}

/// `GET /image/{index}/solve`
///
/// # Errors
/// Always: nobody here solves plates.
pub async fn solve(nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    if nina.catalogue.history_count(None).await? == 0 {
        return Err(Failure::no_images_to_work_on());
    }
    Err(Failure::conflict("Not available on this gateway"))
}

/// `GET /prepared-image/solve`
///
/// # Errors
/// Always: nobody here solves plates.
pub async fn solve_prepared(nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    if nina.catalogue.history_count(None).await? == 0 {
        return Err(Failure::image_not_available());
    }
    Err(Failure::conflict("Not available on this gateway"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_plugin_knows_is_told_apart_from_what_nobody_knows() {
        for (path, words) in [
            ("equipment/mount/slew", Some("Mount not connected")),
            ("equipment/mount/slew/stop", Some("Mount not connected")),
            ("equipment/camera/set-readout/image", Some("Camera not connected")),
            ("sequence/json", Some("Sequence is not initialized")),
            ("flats/status", Some("Not available on this gateway")),
            ("version/pins", None),
            ("equipment/toaster/info", None),
            ("equipment/camera", None),
            ("sequence/dance", None),
            ("nope", None),
        ] {
            assert_eq!(refusal(path).map(|failure| failure.to_string()).as_deref(), words, "{path}");
        }
    }
}
