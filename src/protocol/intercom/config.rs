//! The `[intercom]` section of the settings.

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
}

impl Default for IntercomConfig {
    fn default() -> Self {
        Self {
            status: StatusProfile::Compat,
            resolutions: ResolutionPolicy::Strict,
            fps_max: 30,
            extended_memory: false,
            client_stall_seconds: 15,
        }
    }
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
