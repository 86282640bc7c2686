//! The listener under TLS: certificate and key from files, rustls with ring.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Error;
use crate::config::TlsConfig;

/// Whether certificate and key can be used.
///
/// # Errors
/// [`Error::Tls`], naming the file that is wrong.
pub fn check_certificate(config: &TlsConfig) -> Result<(), Error> {
    settings(config).map(drop)
}

/// Reads certificate and key.
///
/// # Errors
/// [`Error::Tls`], naming the file that is wrong.
pub(super) fn settings(config: &TlsConfig) -> Result<ServerConfig, Error> {
    let wrong = |path: &Path, problem: String| Error::Tls { path: path.to_owned(), problem };
    let certificates = CertificateDer::pem_file_iter(&config.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(&config.certificate, error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(&config.certificate, "there is no certificate in it".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_file(&config.key).map_err(|error| wrong(&config.key, error.to_string()))?;
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| wrong(&config.certificate, error.to_string()))
}
