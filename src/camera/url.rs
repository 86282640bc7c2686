//! The URL of a camera as the settings give it. It may hold a password, so it is never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A camera's `url`. Shows only its scheme to logs and debuggers.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct CameraUrl(String);

impl CameraUrl {
    /// The whole text, with whatever it holds.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CameraUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for CameraUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split_once(':').map_or("", |(scheme, _)| scheme);
        write!(f, "{scheme}:...")
    }
}
