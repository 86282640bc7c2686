//! The `[intercom]` section of the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How the intercom dialect answers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntercomConfig {
    /// HTTP status of failures: `compat` (200, as the device) or `semantic` (4xx and 5xx).
    pub status: StatusProfile,
    /// What happens to a size that is not listed: `strict` (an error), `nearest` (the smallest listed size that
    /// covers it), `any` (scaled to it).
    pub resolutions: ResolutionPolicy,
    /// Highest `fps` accepted; devices accept 15.
    pub fps_max: u32,
    /// Let `time` reach as far back as the camera's memory instead of 30 seconds.
    pub extended_memory: bool,
    /// Seconds after which a client that does not read its stream is cut off.
    pub client_stall_seconds: u32,
    /// What a moment of the past gives that memory does not hold: `error`, `oldest`, `placeholder`.
    pub missing: Missing,
    /// Origin whose pages may use the dialect, or `*`; empty for none.
    pub cors_origin: String,
    /// What the device calls itself.
    pub device_name: String,
    /// Its serial number.
    pub serial_number: String,
    /// Its hardware address, twelve hexadecimal digits in pairs.
    pub mac_address: String,
    /// Directory where `keep=1` stores stills as frames; empty switches that off.
    pub keep_directory: PathBuf,
}

impl Default for IntercomConfig {
    fn default() -> Self {
        Self {
            status: StatusProfile::Compat,
            resolutions: ResolutionPolicy::Strict,
            fps_max: 30,
            extended_memory: false,
            client_stall_seconds: 15,
            missing: Missing::Error,
            cors_origin: String::new(),
            device_name: "Trifocal".to_owned(),
            serial_number: "00-0000-0001".to_owned(),
            mac_address: "02-00-00-00-00-01".to_owned(),
            keep_directory: PathBuf::new(),
        }
    }
}

/// What a moment of the past gives that memory does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// An error.
    #[default]
    Error,
    /// The oldest picture there is.
    Oldest,
    /// A notice.
    Placeholder,
}

/// Which HTTP status a failure has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusProfile {
    /// 200, except 401: what the device does and its clients rely on.
    #[default]
    Compat,
    /// What HTTP has for it.
    Semantic,
}

/// What happens to a size that is not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResolutionPolicy {
    /// It is an error.
    #[default]
    Strict,
    /// The smallest listed size that covers it is used, or the biggest there is.
    Nearest,
    /// The picture is scaled to it.
    Any,
}
