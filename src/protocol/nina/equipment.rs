//! Devices: none is connected here, and that is said in the form clients expect of one that is switched off.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::{Map, Value, json};

use super::envelope::Envelope;
use super::error::Failure;
use super::parameters::QueryParameters;

/// A kind of device: its name in paths, its name in sentences, its key in `/equipment/info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    path: &'static str,
    spoken: &'static str,
    key: &'static str,
}

const DEVICES: [Device; 11] = [
    Device { path: "camera", spoken: "Camera", key: "Camera" },
    Device { path: "dome", spoken: "Dome", key: "Dome" },
    Device { path: "filterwheel", spoken: "Filterwheel", key: "FilterWheel" },
    Device { path: "flatdevice", spoken: "Flatdevice", key: "FlatDevice" },
    Device { path: "focuser", spoken: "Focuser", key: "Focuser" },
    Device { path: "guider", spoken: "Guider", key: "Guider" },
    Device { path: "mount", spoken: "Mount", key: "Mount" },
    Device { path: "rotator", spoken: "Rotator", key: "Rotator" },
    Device { path: "safetymonitor", spoken: "Safetymonitor", key: "SafetyMonitor" },
    Device { path: "switch", spoken: "Switch", key: "Switch" },
    Device { path: "weather", spoken: "Weather", key: "WeatherData" },
];

impl Device {
    /// The device of that name in a path.
    pub fn at(path: &str) -> Option<Self> {
        DEVICES.into_iter().find(|device| device.path == path)
    }

    /// The refusal of everything that needs it.
    pub fn not_connected(self) -> Failure {
        Failure::conflict(format!("{} not connected", self.spoken))
    }

    /// What is known of a device that is not connected. Values nobody measures are `"NaN"`.
    fn info(self) -> Value {
        UNCONNECTED.get(self.path).cloned().unwrap_or_default()
    }
}

/// Every device as it is described while it is not connected.
static UNCONNECTED: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("unconnected.json")).expect("a well-formed file of our own")
});

/// `GET /equipment/info`: all devices at once.
pub async fn all_info() -> Envelope<Map<String, Value>> {
    Envelope::success(DEVICES.into_iter().map(|device| (device.key.to_owned(), device.info())).collect())
}

/// `GET /equipment/{device}/info`
///
/// # Errors
/// 404 for a device nobody knows.
pub async fn info(device: Path<String>) -> Result<Envelope<Value>, Failure> {
    let device = Device::at(&device).ok_or_else(Failure::unknown_route)?;
    Ok(Envelope::success(device.info()))
}

/// `GET /equipment/camera/capture`: nothing can be captured without a camera, so nothing ever was.
///
/// # Errors
/// `No capture processed` for a result, `Camera not connected` for everything else.
pub async fn capture(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let parameters = QueryParameters::of(&request)?;
    for name in ["solve", "save", "omitImage", "waitForResult", "skipAutoStretch", "onlySaveRaw"] {
        parameters.boolean(name)?;
    }
    parameters.real("duration")?;
    parameters.integer("gain")?;
    Err(if parameters.boolean("getResult")?.unwrap_or(false) {
        Failure::conflict("No capture processed")
    } else {
        Failure::conflict("Camera not connected")
    })
}

/// `GET /equipment/camera/capture/statistics`
///
/// # Errors
/// Always: there is no capture.
pub async fn capture_statistics() -> Result<HttpResponse, Failure> {
    Err(Failure::refused(StatusCode::BAD_REQUEST, "No image available"))
}

/// `GET /livestack/status`
pub async fn livestack_status() -> Envelope<&'static str> {
    Envelope::success("stopped")
}

/// `GET /livestack/image/available`
pub async fn livestack_images(request: HttpRequest) -> HttpResponse {
    Envelope::success(json!([])).respond_to(&request)
}

/// `GET /livestack/image/{target}/{filter}` and its `info`
///
/// # Errors
/// Always: nothing is stacked here.
pub async fn livestack_image() -> Result<HttpResponse, Failure> {
    Err(Failure::refused(StatusCode::NOT_FOUND, "No image with specified filter and target found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_says_that_it_is_not_connected() {
        for device in DEVICES {
            let info = device.info();
            assert_eq!(info["Connected"], false, "{device:?}");
            assert_eq!(info["DeviceId"], "", "{device:?}");
            assert_eq!(Device::at(device.path), Some(device));
        }
        assert_eq!(Device::at("Camera"), None);
        assert_eq!(Device::at("camera").unwrap().not_connected().to_string(), "Camera not connected");
    }
}
