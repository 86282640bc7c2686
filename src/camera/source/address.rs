//! What a source reads of a camera's settings: its URL in parts, and the credentials to use there.

use std::borrow::Cow;
use std::fmt;

use url::Url;

use crate::camera::config::CameraConfig;
use crate::camera::error::CameraError;

/// The part of a camera's URL behind the scheme, with the camera's other settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceUrl<'a> {
    pub(super) config: &'a CameraConfig,
    pub(super) rest: &'a str,
}

impl<'a> SourceUrl<'a> {
    /// What stands before the question mark.
    pub(super) fn path(self) -> &'a str {
        self.rest.split_once('?').map_or(self.rest, |(path, _)| path)
    }

    /// The `key=value` pairs behind the question mark; values are taken as they stand.
    pub(super) fn options(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    pub(super) fn fault(self, reason: impl Into<String>) -> CameraError {
        CameraError::Url { camera: self.config.name.clone(), reason: reason.into(), cause: None }
    }

    pub(super) fn unknown_option(self, key: &str, known: &str) -> CameraError {
        self.fault(format!("its url has an unknown option \"{key}\"; known are {known}"))
    }

    /// A rate option, frames per second.
    pub(super) fn fps(self, value: &str) -> Result<f64, CameraError> {
        value
            .parse()
            .ok()
            .filter(|fps| (0.1..=120.0).contains(fps))
            .ok_or_else(|| self.fault(format!("fps={value} is not a rate from 0.1 to 120")))
    }

    /// An option in seconds.
    pub(super) fn seconds(self, key: &str, value: &str) -> Result<f64, CameraError> {
        value
            .parse()
            .ok()
            .filter(|seconds| (0.1..=3600.0).contains(seconds))
            .ok_or_else(|| self.fault(format!("{key}={value} is not a number of seconds from 0.1 to 3600")))
    }

    /// The URL of a camera on the network, without its credentials, which come beside it: those of the URL, or
    /// else those of the settings.
    pub(super) fn network(self) -> Result<(Url, Option<Credentials>), CameraError> {
        let unreachable = || self.fault("no camera can be reached at its url; write scheme://host/path");
        if !self.rest.starts_with("//") || self.rest.starts_with("///") {
            return Err(unreachable());
        }
        let mut url = Url::parse(self.config.url.as_str()).map_err(|_| unreachable())?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(unreachable());
        }
        let written =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().map(Cow::into_owned).ok();
        let username = written(url.username()).ok_or_else(unreachable)?;
        let password = written(url.password().unwrap_or_default()).ok_or_else(unreachable)?;
        let credentials = match (username.as_str(), self.config.username.as_str()) {
            ("", "") => None,
            ("", username) => Some(Credentials {
                username: username.to_owned(),
                password: self.config.password.reveal().to_owned(),
            }),
            _ => Some(Credentials { username, password }),
        };
        // A URL with a host takes these; where it does not, there was nothing to take away.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok((url, credentials))
    }
}

/// Name and password for a camera.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> CameraConfig {
        CameraConfig::new("c", url)
    }

    fn source(config: &CameraConfig) -> SourceUrl<'_> {
        SourceUrl { config, rest: config.url.as_str().split_once(':').unwrap().1 }
    }

    #[test]
    fn options_stand_behind_the_question_mark() {
        let config = config("x:/a/b?fps=2&&x&y=1=2");
        let url = source(&config);
        assert_eq!(url.path(), "/a/b");
        assert_eq!(url.options().collect::<Vec<_>>(), [("fps", "2"), ("x", ""), ("y", "1=2")]);
        assert_eq!(source(&self::config("x:")).options().count(), 0);
    }

    #[test]
    fn a_rate_must_be_a_rate() {
        let config = config("x:");
        let url = source(&config);
        assert!((url.fps("12.5").unwrap() - 12.5).abs() < 1e-9);
        for value in ["", "0", "-1", "NaN", "inf", "1e9", "ten"] {
            assert!(url.fps(value).is_err(), "{value}");
        }
    }

    #[test]
    fn credentials_come_from_the_url_or_else_from_the_settings_and_never_stay_in_the_url() {
        let mut config = config("http://us%40er:p%3Ass@cam:8080/a?b=c");
        let (url, credentials) = source(&config).network().unwrap();
        assert_eq!(url.as_str(), "http://cam:8080/a?b=c");
        let credentials = credentials.unwrap();
        assert_eq!((credentials.username.as_str(), credentials.password.as_str()), ("us@er", "p:ss"));
        assert_eq!(format!("{credentials:?} {:?}", config.url), "Credentials(...) http:...");
        config.url = "http://cam/".into();
        assert_eq!(source(&config).network().unwrap().1, None);
        config.username = "viewer".to_owned();
        config.password = "secret".into();
        assert_eq!(source(&config).network().unwrap().1.unwrap().password, "secret");
        assert!(!format!("{config:?}").contains("secret"));
    }
}
