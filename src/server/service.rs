//! The running service: built once from the settings, then only watched and stopped.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;

use super::filling::keep_filled;
use super::measure::{measure, name_request};
use super::{Error, operations};
use crate::camera::Cameras;
use crate::catalogue::{Catalogue, Role};
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::{ClockZone, Scanner, Source};
use crate::observe::health::Stage;
use crate::observe::{Health, Metrics};
use crate::protocol::nina::announce::announce_saved;
use crate::protocol::nina::{Foundation, Nina};
use crate::protocol::vo::{Archives, PublicUrl, Vo, captures};
use crate::protocol::{DIALECTS, intercom};
use crate::render::{Renderer, Shelf};

/// A service that answers until it is stopped.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    http: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    health: Data<Health>,
    ready: watch::Receiver<bool>,
    stopping: CancellationToken,
    watching: JoinHandle<()>,
    cameras: Arc<Cameras>,
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
        let catalogue = Catalogue::open(&config.storage.database, Role::Service, Arc::clone(&clock)).await?;
        let renderer = Renderer::new(&config.cache, &config.limits);
        let cameras = Cameras::start(&config.cameras, Arc::clone(&clock), None)?;
        let health = Data::new(Health::default());
        let stopping = CancellationToken::new();
        let foundation = Foundation {
            catalogue: Arc::clone(&catalogue),
            renderer: renderer.clone(),
            clock: Arc::clone(&clock),
            thumbnails: Shelf::new(
                config.storage.work_dir.join("thumbnails"),
                config.cache.thumbnails_mib << 20,
            ),
            stopping: stopping.clone(),
        };
        let nina = Data::new(Nina::open(foundation, config.nina.clone()).await?);
        // What is in the history by now was announced in an earlier run.
        let saved = catalogue.history_count(None).await?;
        tokio::spawn(announce_saved(nina.clone(), saved, stopping.clone()));
        let (http, address) = listen(&config, nina, &catalogue, &renderer, &cameras, &health, &clock)?;
        let (ready_sender, ready) = watch::channel(false);
        let zone = ClockZone::Machine;
        let limits = config.limits.decoding();
        let scanner = Scanner::new(Arc::clone(&catalogue), limits, zone, Arc::clone(&clock))?;
        let becoming_ready = health.clone();
        let watching = tokio::spawn(keep_filled(
            Arc::new(scanner),
            Source::all(&config.nina.directories, &config.archives),
            config.ingest,
            stopping.clone(),
            move || {
                becoming_ready.enter(Stage::Ready);
                ready_sender.send_replace(true);
            },
        ));
        tracing::info!(%address, "listening");
        Ok(Self {
            address,
            http: http.handle(),
            running: tokio::spawn(http),
            health,
            ready,
            stopping,
            watching,
            cameras,
            catalogue,
            patience: Duration::from_secs(config.server.stop_seconds),
        })
    }

    /// The address it listens on, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
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
        self.http.stop(true).await;
        let ended = self.running.await;
        if tokio::time::timeout(self.patience, self.watching).await.is_err() {
            tracing::warn!("a scan did not end in time; the next start continues it");
        }
        self.catalogue.close().await;
        match ended {
            Ok(Err(error)) => Err(Error::Http(error)),
            _ => Ok(()),
        }
    }
}

fn listen(
    config: &Config,
    nina: Data<Nina>,
    catalogue: &Arc<Catalogue>,
    renderer: &Renderer,
    cameras: &Arc<Cameras>,
    health: &Data<Health>,
    clock: &Arc<dyn Clock>,
) -> Result<(actix_web::dev::Server, SocketAddr), Error> {
    let vo = Data::new(Vo {
        archives: Archives::new(
            captures::and_archives(&config.archives, &config.nina.directories, &config.vo),
            Arc::clone(catalogue),
        ),
        renderer: renderer.clone(),
        clock: Arc::clone(clock),
        up_since: clock.utc(),
        public_url: PublicUrl::new(&config.server.public_url),
        settings: config.vo.clone(),
        request_bytes: config.limits.request_bytes,
    });
    let metrics = Data::new(Metrics::register()?);
    let catalogue = Data::new(Arc::clone(catalogue));
    let (health, renderer, cameras) =
        (health.clone(), Data::new(renderer.clone()), Data::new(Arc::clone(cameras)));
    let request_bytes = config.limits.request_bytes;
    let intercom = Data::new(config.intercom.clone());
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
            .app_data(PayloadConfig::new(request_bytes))
            .wrap(from_fn(measure))
            .wrap(from_fn(name_request))
            .wrap(TracingLogger::default())
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
    let http = http.bind(address).map_err(taken)?;
    let bound = http.addrs().first().copied().unwrap_or(address);
    Ok((http.run(), bound))
}

/// Every connection is prepared for streams, which find it again through its data.
fn keep_connection(connection: &dyn Any, extensions: &mut Extensions) {
    if let Some(connection) = connection.downcast_ref::<TcpStream>().and_then(intercom::tune) {
        extensions.insert(connection);
    }
}

async fn nobody() -> HttpResponse {
    HttpResponse::NotFound().body("nothing lives here; / shows what does\n")
}
