//! Users and requests for the tests of this room.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hashes::sha256;
use super::{Access, AccessConfig, Identity, Request, Service, UserConfig, password_hash};
use crate::clock::FixedClock;

/// Somebody whose password is `pass`, and whose bearer token their name and `-token`.
pub(super) fn user(name: &str, privileges: &[Service]) -> UserConfig {
    UserConfig {
        name: name.to_owned(),
        password_hash: password_hash(name, "Trifocal", "pass"),
        token_hash: sha256(&format!("{name}-token")),
        privileges: privileges.to_vec(),
    }
}

/// Everything but N.I.N.A. is closed; Ann may see cameras and events, Bob nothing.
pub(super) fn closed() -> AccessConfig {
    AccessConfig {
        anonymous: vec![Service::Nina],
        users: vec![user("ann", &[Service::Camera, Service::Log]), user("bob", &[])],
        ..AccessConfig::default()
    }
}

pub(super) fn access(config: &AccessConfig) -> (Access, Arc<FixedClock>) {
    let clock = FixedClock::at("2024-05-01T12:00:00Z".parse().unwrap());
    (Access::new(config, clock.clone()).unwrap(), clock)
}

/// Shows nothing.
pub(super) const REQUEST: Request<'static> = Request {
    service: Service::Camera,
    method: "GET",
    target: "/api/camera/caps",
    authorization: None,
    token: None,
    address: None,
    is_tls: true,
};

pub(super) fn by_name(name: &str) -> Identity {
    Identity::User(name.to_owned())
}

pub(super) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}
