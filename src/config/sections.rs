//! The sections that belong to no room: `[server]` and `[storage]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::access::TrustedProxies;

/// `[server]`: where and how the service listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port of the one HTTP listener.
    pub listen: SocketAddr,
    /// Base of the absolute links in answers; empty means the address the client used.
    pub public_url: String,
    /// Reverse proxies that are believed when they say who asks, and how.
    pub trusted_proxies: TrustedProxies,
    /// HTTP worker threads; 0 means one per core.
    pub workers: usize,
    /// Seconds that answers in progress may take after a stop was asked for.
    pub stop_seconds: u64,
    /// A second listener, under TLS.
    pub tls: TlsConfig,
}

/// `[server.tls]`: a second listener, under TLS; off without a certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// File with the certificate and those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// File with its private key, PEM.
    pub key: PathBuf,
}

impl TlsConfig {
    /// Whether there is to be a listener under TLS.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1889)),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1888)),
            public_url: String::new(),
            trusted_proxies: TrustedProxies::default(),
            workers: 0,
            stop_seconds: 10,
            tls: TlsConfig::default(),
        }
    }
}

/// `[storage]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// The catalogue, `sqlite://path`.
    pub database: String,
    /// Directory for everything else the service writes.
    pub work_dir: PathBuf,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { database: "sqlite://data/trifocal.db".into(), work_dir: "data".into() }
    }
}
