//! The ports of the service, and the application that answers on them.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, Server};
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer};

use super::guard::guard;
use super::measure::measure;
use super::parts::Parts;
use super::pieces::in_pieces;
use super::{Error, operations, tls};
use crate::config::Config;
use crate::protocol::{DIALECTS, intercom};

/// Bound ports.
pub(super) struct Listener {
    /// What answers on them, once it is driven.
    pub(super) http: Server,
    /// The real address.
    pub(super) address: SocketAddr,
    /// The real address under TLS.
    pub(super) tls_address: Option<SocketAddr>,
}

impl Listener {
    /// Binds the ports, the plain one first, and mounts everything.
    ///
    /// # Errors
    /// When a port is taken or the certificate cannot be used.
    pub(super) fn bind(config: &Config, parts: &Parts) -> Result<Self, Error> {
        let (nina, vo, intercom) = (parts.nina.clone(), parts.vo.clone(), parts.intercom.clone());
        let (access, health, metrics) = (parts.access.clone(), parts.health.clone(), parts.metrics.clone());
        let catalogue = Data::new(Arc::clone(&parts.catalogue));
        let renderer = Data::new(parts.renderer.clone());
        let cameras = Data::new(Arc::clone(&parts.cameras));
        let proxies = Data::new(config.server.trusted_proxies.clone());
        let request_bytes = config.limits.request_bytes;
        let mut http = HttpServer::new(move || {
            let app = App::new()
                .app_data(nina.clone())
                .app_data(vo.clone())
                .app_data(metrics.clone())
                .app_data(catalogue.clone())
                .app_data(health.clone())
                .app_data(renderer.clone())
                .app_data(cameras.clone())
                .app_data(intercom.clone())
                .app_data(access.clone())
                .app_data(proxies.clone())
                .app_data(PayloadConfig::new(request_bytes))
                .wrap(from_fn(in_pieces))
                .wrap(from_fn(guard))
                .wrap(from_fn(measure))
                .wrap(NormalizePath::new(TrailingSlash::Trim))
                .configure(operations::configure);
            DIALECTS
                .iter()
                .fold(app, |app, dialect| app.configure(dialect.configure))
                .default_service(web::to(nobody))
        })
        .disable_signals()
        .shutdown_timeout(config.server.stop_seconds)
        .on_connect(keep_connection);
        if config.server.workers > 0 {
            http = http.workers(config.server.workers);
        }
        let address = config.server.listen;
        let taken = |source| Error::Listen { address, source };
        http = http.bind(address).map_err(taken)?;
        if config.server.tls.is_on() {
            let address = config.server.tls.listen;
            let taken = |source| Error::Listen { address, source };
            http = http.bind_rustls_0_23(address, tls::settings(&config.server.tls)?).map_err(taken)?;
        }
        let mut bound = http.addrs().into_iter();
        let (address, tls_address) = (bound.next().unwrap_or(address), bound.next());
        Ok(Self { http: http.run(), address, tls_address })
    }
}

/// Every connection is prepared for streams, which find it again through its data.
fn keep_connection(connection: &dyn Any, extensions: &mut Extensions) {
    let plain = connection.downcast_ref::<TcpStream>();
    let under_tls = || connection.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
    if let Some(connection) = plain.or_else(under_tls).and_then(intercom::tune) {
        extensions.insert(connection);
    }
}

async fn nobody() -> HttpResponse {
    HttpResponse::NotFound().body("nothing lives here; / shows what does\n")
}
