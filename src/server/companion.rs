//! The second port, for the companion of Touch-N-Stars.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use super::Error;
use crate::protocol::nina::companion::{self, configure};

/// The second port, bound and answering.
#[derive(Debug)]
pub(super) struct Companion {
    pub(super) address: SocketAddr,
    http: ServerHandle,
}

impl Companion {
    /// Answers on `address`, and tells clients the port of the API.
    ///
    /// # Errors
    /// When the port is taken.
    pub(super) fn start(address: SocketAddr, api_port: u16) -> Result<Self, Error> {
        let companion = Data::new(companion::Companion { api_port });
        let http = HttpServer::new(move || App::new().app_data(companion.clone()).configure(configure))
            .disable_signals()
            .workers(1)
            .bind(address)
            .map_err(|source| Error::Listen { address, source })?;
        let address = http.addrs().first().copied().unwrap_or(address);
        let running = http.run();
        let http = running.handle();
        tokio::spawn(running);
        tracing::info!(%address, "the companion of Touch-N-Stars answers");
        Ok(Self { address, http })
    }

    /// Finishes the answers in progress.
    pub(super) async fn stop(&self) {
        self.http.stop(true).await;
    }
}
