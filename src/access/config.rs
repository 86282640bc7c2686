//! The `[access]` section of the settings.

use std::fmt;

use serde::Deserialize;

use super::{Secret, Service};

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// Services that ask nobody who they are.
    pub anonymous: Vec<Service>,
    /// Services that are switched off.
    pub disabled: Vec<Service>,
    /// Services offered under TLS only.
    pub require_tls: Vec<Service>,
    /// Which ways of authenticating are offered.
    pub scheme: Scheme,
    /// Take secrets that travel as they are (Basic, bearer) without TLS, too: behind a proxy that has it.
    pub allow_basic_plain: bool,
    /// Let everybody read `/api/system/info`, as the device does.
    pub open_info: bool,
    /// What users are asked for: letters, digits, blanks, `-`. Part of every password hash.
    pub realm: String,
    /// Key of signed addresses; made at each start when empty, which ends those given out before.
    pub signing_key: Secret,
    /// Wrong credentials from one address before it has to wait.
    pub lockout_failures: u32,
    /// Seconds of the first wait; it doubles.
    pub lockout_seconds: u32,
    /// Who is known.
    pub users: Vec<UserConfig>,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            anonymous: Service::ALL.into_iter().filter(|service| !service.is_granted_only()).collect(),
            disabled: Vec::new(),
            require_tls: Vec::new(),
            scheme: Scheme::Auto,
            allow_basic_plain: false,
            open_info: true,
            realm: "Trifocal".to_owned(),
            signing_key: Secret::default(),
            lockout_failures: 10,
            lockout_seconds: 30,
            users: Vec::new(),
        }
    }
}

impl AccessConfig {
    /// Whether anybody may use a service: it is not switched off, and open or among the privileges of a user.
    pub fn offers(&self, service: Service) -> bool {
        let is_granted = || self.users.iter().any(|user| user.privileges.contains(&service));
        !self.disabled.contains(&service) && (self.anonymous.contains(&service) || is_granted())
    }
}

/// Which ways of authenticating are offered and taken. Bearer tokens and signed addresses always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Digest first, Basic second where it is safe.
    #[default]
    Auto,
    /// Basic alone.
    Basic,
    /// Digest alone.
    Digest,
}

/// Somebody who is known.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// Their name, without `:`.
    pub name: String,
    /// MD5 of `name:realm:password` as 32 hexadecimal digits, which is what Digest needs; empty for none.
    #[serde(default)]
    pub password_hash: String,
    /// SHA-256 of a bearer token as 64 hexadecimal digits; empty for none.
    #[serde(default)]
    pub token_hash: String,
    /// What they may do.
    #[serde(default)]
    pub privileges: Vec<Service>,
}

impl fmt::Debug for UserConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserConfig")
            .field("name", &self.name)
            .field("privileges", &self.privileges)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the section.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access: {0}")]
pub struct AccessError(pub(super) String);
