//! `[server]`

use std::net::SocketAddr;

use serde::Deserialize;

/// Where and how the service listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port of the one HTTP listener.
    pub listen: SocketAddr,
    /// Base of the absolute links in answers; empty means the address the client used.
    pub public_url: String,
    /// HTTP worker threads; 0 means one per core.
    pub workers: usize,
    /// Seconds that answers in progress may take after a stop was asked for.
    pub stop_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1888)),
            public_url: String::new(),
            workers: 0,
            stop_seconds: 10,
        }
    }
}
