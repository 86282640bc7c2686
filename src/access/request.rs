//! What a request says of itself, and who was let in.

use std::net::IpAddr;

use super::Service;

/// What a request says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What it wants to use.
    pub service: Service,
    /// HTTP method.
    pub method: &'a str,
    /// Path and query exactly as they were sent: Digest signs them.
    pub target: &'a str,
    /// Value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// A signed token of its address, as it is written there. It opens cameras and nothing else.
    pub token: Option<&'a str>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// Whether it came under TLS.
    pub is_tls: bool,
}

impl<'a> Request<'a> {
    /// The token, where one is taken.
    pub(super) fn signed_token(&self) -> Option<&'a str> {
        self.token.filter(|_| self.service == Service::Camera)
    }
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Anybody: the service is open.
    Anybody,
    /// The user of this name, by a secret of their own.
    User(String),
    /// Whoever holds a signed token of the user of this name.
    Bearer(String),
}
