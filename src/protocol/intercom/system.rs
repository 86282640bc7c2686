//! `/api/system`: what the gateway says of itself, in the fields clients cannot do without.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::answer::{answered, success};
use super::{Intercom, companions};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    dev_type: &'a str,
    variant: &'a str,
    variant_id: &'a str,
    customer_id: &'a str,
    serial_number: &'a str,
    mac_addr: &'a str,
    hw_version: &'a str,
    sw_version: &'a str,
    /// Official builds of the device say `release`.
    build_type: &'a str,
    firmware_package: &'a str,
    device_name: &'a str,
}

/// Open to everybody on the device, so nothing secret is in it.
pub(super) async fn info(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let config = &intercom.config;
    let info = Info {
        dev_type: "trifocal",
        variant: "Trifocal",
        variant_id: "0",
        customer_id: "0",
        serial_number: &config.serial_number,
        mac_addr: &config.mac_address,
        hw_version: "1",
        sw_version: env!("CARGO_PKG_VERSION"),
        build_type: "release",
        firmware_package: "trifocal",
        device_name: &config.device_name,
    };
    answered(&intercom, &request, payload, async |_| Ok(success(info))).await
}

/// The time, and the seconds since the start.
pub(super) async fn status(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let clock = intercom.cameras.clock();
    let (now, up) = (clock.utc().timestamp(), clock.monotonic().as_secs());
    answered(&intercom, &request, payload, async |_| Ok(success(json!({"systemTime": now, "upTime": up}))))
        .await
}

/// What is active.
pub(super) async fn caps(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let has_motion = intercom.cameras.all().iter().any(|camera| camera.config().motion);
    let options = companions::options(has_motion);
    answered(&intercom, &request, payload, async |_| Ok(success(json!({"options": options})))).await
}
