//! Who may do what: services, users, and the ways to prove who one is. No HTTP types; whoever speaks HTTP hands in
//! what a request said and turns a [`Refusal`] into the words of its dialect.
//!
//! Everything that only reads is open until a service is taken out of `access.anonymous`. Then a request needs a user with that
//! service among its privileges, proven by Digest (MD5, RFC 7616), Basic (RFC 7617), a bearer token or a signed
//! address that expires.

mod authentication;
mod config;
mod decision;
mod digest;
mod hashes;
mod lockout;
mod nonces;
mod proxies;
mod request;
mod secret;
mod signed;
mod signer;
#[cfg(test)]
mod testing;
mod user;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use config::{AccessConfig, AccessError, Scheme, UserConfig};
pub use decision::Access;
pub use proxies::TrustedProxies;
pub use request::{Identity, Request};
pub use secret::Secret;
pub use signed::LONGEST_S as LONGEST_TOKEN_S;
pub use user::{password_hash, token_hash};

/// What can be opened, closed and permitted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// The N.I.N.A. dialect.
    Nina,
    /// The Virtual Observatory dialect.
    Vo,
    /// Pictures of cameras.
    Camera,
    /// What an intercom says of itself.
    System,
    /// Events of an intercom.
    Log,
    /// Switches of an intercom.
    Switch,
    /// Inputs and outputs of an intercom.
    Io,
    /// Calls, telephone and directory of an intercom.
    Call,
    /// Metrics and the web page.
    Operations,
    /// Frames pushed to the gateway.
    Upload,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 10] = [
        Self::Nina,
        Self::Vo,
        Self::Camera,
        Self::System,
        Self::Log,
        Self::Switch,
        Self::Io,
        Self::Call,
        Self::Operations,
        Self::Upload,
    ];

    /// Whether it changes what the gateway holds: then nobody may use it until the settings say who.
    pub(in crate::access) fn is_granted_only(self) -> bool {
        self == Self::Upload
    }
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The service is switched off.
    Disabled,
    /// The service is offered under TLS only.
    TlsNeeded,
    /// Credentials came in a way that is not accepted here; the ways that are.
    WrongScheme(Vec<String>),
    /// No credentials, or wrong ones; the ways to show them, one header each.
    Unauthorized(Vec<String>),
    /// Right credentials of somebody who may not do this.
    Forbidden,
    /// Too many wrong credentials from this address; try again after so many seconds.
    LockedOut(u64),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "this service is switched off",
            Self::TlsNeeded => "this service is offered over https only",
            Self::WrongScheme(_) => "this way of authenticating is not accepted",
            Self::Unauthorized(_) => "authorization required",
            Self::Forbidden => "insufficient user privileges",
            Self::LockedOut(_) => "too many failures, come back later",
        })
    }
}
