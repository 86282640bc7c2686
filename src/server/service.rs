//! The running service: built once from the settings, then only watched and stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::companion::Companion;
use super::filling::keep_filled;
use super::listener::Listener;
use super::parts::Parts;
use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::Source;
use crate::jobs::Jobs;
use crate::observe::Health;
use crate::observe::health::Stage;
use crate::protocol::nina::announce::announce_saved;

/// A service that answers until it is stopped.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    http: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    health: Data<Health>,
    ready: watch::Receiver<bool>,
    stopping: CancellationToken,
    watching: JoinHandle<()>,
    announcing: JoinHandle<()>,
    companion: Option<Companion>,
    cameras: Arc<Cameras>,
    jobs: Jobs,
    catalogue: Arc<Catalogue>,
    patience: Duration,
}

impl Service {
    /// Opens the catalogue, starts the cameras, binds the port and begins to answer; directories are scanned
    /// while requests are already answered from what is known.
    ///
    /// # Errors
    /// The first thing that cannot be had: the catalogue, a camera, the port.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let stopping = CancellationToken::new();
        let parts = Parts::open(&config, &clock, &stopping).await?;
        // What is in the history by now was announced in an earlier run.
        let saved = parts.catalogue.history_count(None).await?;
        let announcing = tokio::spawn(announce_saved(parts.nina.clone(), saved, stopping.clone()));
        let Listener { http, address, tls_address } = Listener::bind(&config, &parts)?;
        let companion = match config.nina.companion_address() {
            Ok(Some(listen)) => Some(Companion::start(listen, address.port())?),
            _ => None,
        };
        let Parts { catalogue, scanner, cameras, health, nina, vo, .. } = parts;
        let (ready_sender, ready) = watch::channel(false);
        let becoming_ready = health.clone();
        let watching = tokio::spawn(keep_filled(
            scanner,
            Source::all(&config.captures(), &config.archives),
            config.ingest,
            stopping.clone(),
            move || {
                becoming_ready.enter(Stage::Ready);
                ready_sender.send_replace(true);
                tokio::spawn(async move { nina.sweep_thumbnails().await });
            },
        ));
        tracing::info!(%address, tls = tls_address.map(tracing::field::display), "listening");
        Ok(Self {
            address,
            tls_address,
            http: http.handle(),
            running: tokio::spawn(http),
            health,
            ready,
            stopping,
            watching,
            announcing,
            companion,
            cameras,
            jobs: vo.jobs.clone(),
            catalogue,
            patience: Duration::from_secs(config.server.stop_seconds),
        })
    }

    /// The address it listens on, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address it listens on under TLS, with the real port.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// The address of the companion routes of Touch-N-Stars, if they are switched on.
    pub fn companion_address(&self) -> Option<SocketAddr> {
        self.companion.as_ref().map(|companion| companion.address)
    }

    /// Waits until every directory was looked through once.
    pub fn ready(&self) -> impl Future<Output = ()> + use<> {
        let mut ready = self.ready.clone();
        async move {
            // The sender is gone only when the service stops; then there is nothing to wait for.
            let _ = ready.wait_for(|done| *done).await;
        }
    }

    /// Waits for the HTTP server to end by itself, which it should not.
    pub async fn failed(&mut self) -> Error {
        match (&mut self.running).await {
            Ok(Err(error)) => Error::Http(error),
            Ok(Ok(())) => Error::Http(std::io::Error::other("it ended by itself")),
            Err(panic) => Error::Http(std::io::Error::other(panic)),
        }
    }

    /// Ends streams, finishes the answers in progress, closes the catalogue.
    ///
    /// # Errors
    /// When the HTTP server failed on the way.
    pub async fn stop(self) -> Result<(), Error> {
        self.health.enter(Stage::Stopping);
        self.stopping.cancel();
        self.cameras.stop().await;
        if let Some(companion) = &self.companion {
            companion.stop().await;
        }
        self.http.stop(true).await;
        let ended = self.running.await;
        if tokio::time::timeout(self.patience, self.watching).await.is_err() {
            tracing::warn!("a scan did not end in time; the next start continues it");
        }
        if self.announcing.await.is_err() {
            tracing::error!("announcing saved frames had failed");
        }
        if tokio::time::timeout(self.patience, self.jobs.ended()).await.is_err() {
            tracing::warn!("a job did not stop in time; the next start takes it up");
        }
        self.catalogue.close().await;
        match ended {
            Ok(Err(error)) => Err(Error::Http(error)),
            _ => Ok(()),
        }
    }
}
