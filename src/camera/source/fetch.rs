//! Asking a camera for something over HTTP: credentials, redirects, time limits.
//!
//! Only the camera itself is ever asked. A camera that redirects elsewhere is refused, so that it cannot make the
//! gateway fetch what only the gateway can reach. Another port is elsewhere: behind one name there may be many machines,
//! and on the gateway's own there are other services. Only from http to https may the port change.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_auth::{PasswordClient, PasswordParams};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, LOCATION, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use url::Url;

use super::address::Credentials;
use crate::camera::error::SourceError;

/// What the gateway calls itself to cameras.
pub(super) const AGENT: &str = concat!("trifocal/", env!("CARGO_PKG_VERSION"));
const MOST_REDIRECTS: usize = 3;
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time until the head of an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes the head of an answer may have.
const LONGEST_HEAD_BYTES: usize = 64 << 10;

/// A camera that is asked over HTTP.
pub(super) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: Url,
    credentials: Option<Credentials>,
    /// How the camera last wanted to see them.
    challenge: Mutex<Option<PasswordClient>>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetcher(...)")
    }
}

impl Fetcher {
    /// Prepares to ask `url`; `trusting` accepts any certificate.
    pub(super) fn new(
        url: Url,
        credentials: Option<Credentials>,
        trusting: bool,
    ) -> Result<Self, SourceError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = tls_settings(trusting, url.scheme() == "https")?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(LONGEST_HEAD_BYTES)
            .build(connector);
        Ok(Self { client, url, credentials, challenge: Mutex::new(None) })
    }

    /// Asks for the camera's URL; gives back a successful answer whose body is still to come.
    pub(super) async fn get(&self) -> Result<Response<Incoming>, SourceError> {
        tokio::time::timeout(ANSWER, self.follow())
            .await
            .map_err(|_| SourceError::NoPictures("it does not answer"))?
    }

    async fn follow(&self) -> Result<Response<Incoming>, SourceError> {
        let mut url = self.url.clone();
        let mut asked_for_credentials = false;
        let mut redirects = 0;
        loop {
            let answer = self.ask(&url).await?;
            match answer.status() {
                status if status.is_success() => return Ok(answer),
                StatusCode::UNAUTHORIZED if !asked_for_credentials && self.credentials.is_some() => {
                    asked_for_credentials = true;
                    let challenge = PasswordClient::try_from(answer.headers().get_all(WWW_AUTHENTICATE))
                        .map_err(|_| SourceError::NoPictures("it asks for credentials in an unknown way"))?;
                    *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge);
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(SourceError::NoPictures("it wants another name or password"));
                }
                status if status.is_redirection() && redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    url = redirected(&url, &answer)?;
                }
                StatusCode::NOT_FOUND => return Err(SourceError::NoPictures("it has nothing at this path")),
                _ => return Err(SourceError::NoPictures("it answers with an error")),
            }
        }
    }

    async fn ask(&self, url: &Url) -> Result<Response<Incoming>, SourceError> {
        let uri: Uri =
            url.as_str().parse().map_err(|_| SourceError::NoPictures("its url cannot be asked for"))?;
        let mut request = Request::get(uri).header(USER_AGENT, AGENT);
        if let Some(authorization) = self.authorization(url) {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request =
            request.body(Empty::new()).map_err(|_| SourceError::NoPictures("its url cannot be asked for"))?;
        self.client.request(request).await.map_err(|error| SourceError::Network(Box::new(error)))
    }

    fn authorization(&self, url: &Url) -> Option<String> {
        let credentials = self.credentials.as_ref()?;
        let mut challenge = self.challenge.lock().unwrap_or_else(PoisonError::into_inner);
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let parameters = PasswordParams {
            username: &credentials.username,
            password: &credentials.password,
            uri: target,
            method: "GET",
            body: Some(&[]),
        };
        challenge.as_mut()?.respond(&parameters).ok()
    }
}

/// Where the camera wants to be asked instead, if that is still itself.
fn redirected(from: &Url, answer: &Response<Incoming>) -> Result<Url, SourceError> {
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    location
        .and_then(|location| from.join(location).ok())
        .filter(|to| is_the_same_camera(from, to))
        .ok_or(SourceError::NoPictures("it sends us to another machine, where we do not go"))
}

/// Whether a redirect leads to the camera it comes from: to the same host and port, or into TLS on the same host. A password
/// that travels under TLS does not come out of it.
fn is_the_same_camera(from: &Url, to: &Url) -> bool {
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    from.host_str() == to.host_str()
        && match (from.scheme(), to.scheme()) {
            ("http", "http") | ("https", "https") => same_port,
            ("http", "https") => true,
            _ => false,
        }
}

fn tls_settings(trusting: bool, is_used: bool) -> Result<rustls::ClientConfig, SourceError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| SourceError::Network(Box::new(error)))?;
    if trusting {
        let verifier = Arc::new(Trusting(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = rustls::RootCertStore::empty();
    if is_used {
        // A certificate of the system that cannot be read is one fewer to trust.
        for certificate in rustls_native_certs::load_native_certs().certs {
            let _ = roots.add(certificate);
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Takes any certificate: for cameras that signed their own, when the settings say so. Signatures are checked, so
/// the connection is with whoever showed the certificate.
#[derive(Debug)]
struct Trusting(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_with_the_camera() {
        let leads = |from: &str, to: &str| {
            let from = Url::parse(from).unwrap();
            is_the_same_camera(&from, &from.join(to).unwrap())
        };
        for (from, to) in [
            ("http://cam/old", "/new"),
            ("http://cam/old", "http://cam:80/new"),
            ("http://cam:8080/old", "//cam:8080/new"),
            ("http://cam/", "https://cam/"),
            ("http://cam:8080/", "https://cam:8443/"),
            ("https://cam:8443/a", "b"),
        ] {
            assert!(leads(from, to), "{from} to {to}");
        }
        for (from, to) in [
            ("http://cam/", "http://other/"),
            ("http://cam/", "http://cam:8081/"),
            ("http://cam:8080/", "http://cam/"),
            ("http://cam/", "http://cam.evil/"),
            ("http://cam/", "http://cam@evil/"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:2375/containers"),
            ("https://cam/", "http://cam/"),
            ("https://cam/", "https://cam:8443/"),
            ("http://cam/", "ftp://cam/"),
            ("http://cam/", "file:///etc/passwd"),
        ] {
            assert!(!leads(from, to), "{from} to {to}");
        }
    }
}
