//! The running service: built once from the settings, then only watched and stopped.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::filling::keep_filled;
use super::gallery::Frames;
use super::guard::guard;
use super::measure::measure;
use super::pieces::in_pieces;
use super::{Error, companion, operations, tls};
use crate::access::{self, Access};
use crate::camera::Cameras;
use crate::catalogue::{Catalogue, Role};
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::upload::Uploads;
use crate::ingest::{ClockZone, Scanner, Source};
use crate::jobs::Jobs;
use crate::observe::health::Stage;
use crate::observe::{Health, Metrics};
use crate::protocol::DIALECTS;
use crate::protocol::intercom::{self, Intercom};
use crate::protocol::nina::announce::announce_saved;
use crate::protocol::nina::profile::Profile;
use crate::protocol::nina::{Foundation, Nina};
use crate::protocol::vo::uws::Work;
use crate::protocol::vo::{Archives, Equipment, Images, PublicUrl, Vo, captures};
use crate::render::{Renderer, Shelf};

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

/// The second port.
#[derive(Debug)]
struct Companion {
    address: SocketAddr,
    http: ServerHandle,
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
        let access = Arc::new(Access::new(&config.access, Arc::clone(&clock))?);
        let profile = Arc::new(Profile::load(&config.nina, &catalogue).await?);
        let frames = Frames {
            catalogue: Arc::clone(&catalogue),
            renderer: renderer.clone(),
            profile: Arc::clone(&profile),
        };
        let cameras = Cameras::start(&config.cameras, Arc::clone(&clock), Some(Arc::new(frames)))?;
        let intercom = Intercom::new(Arc::clone(&cameras), config.intercom.clone());
        let health = Data::new(Health::default());
        let stopping = CancellationToken::new();
        make_stills_directory(&config)?;
        let (zone, limits) = (ClockZone::Machine, config.limits.decoding());
        let scanner = Arc::new(Scanner::new(Arc::clone(&catalogue), limits, zone, Arc::clone(&clock))?);
        let foundation = Foundation {
            catalogue: Arc::clone(&catalogue),
            renderer: renderer.clone(),
            profile,
            clock: Arc::clone(&clock),
            thumbnails: Shelf::new(
                config.storage.work_dir.join("thumbnails"),
                config.cache.thumbnails_mib << 20,
            ),
            uploads: uploads(&config, &scanner)?,
            stopping: stopping.clone(),
        };
        let nina = Data::new(Nina::new(foundation, config.nina.clone()));
        // What is in the history by now was announced in an earlier run.
        let saved = catalogue.history_count(None).await?;
        let announcing = tokio::spawn(announce_saved(nina.clone(), saved, stopping.clone()));
        let sweeper = nina.clone();
        let parts = Parts {
            catalogue: &catalogue,
            renderer: &renderer,
            cameras: &cameras,
            health: &health,
            clock: &clock,
        };
        let vo = open_vo(&config, parts, &stopping).await?;
        let jobs = vo.jobs.clone();
        let (http, [address, tls_address]) = listen(&config, (nina, vo, intercom), access, parts)?;
        let address = address.unwrap_or(config.server.listen);
        let (ready_sender, ready) = watch::channel(false);
        let companion = match config.nina.companion_address() {
            Ok(Some(listen)) => Some(Companion::start(listen, address.port())?),
            _ => None,
        };
        let becoming_ready = health.clone();
        let watching = tokio::spawn(keep_filled(
            scanner,
            Source::all(&config.captures(), &config.archives),
            config.ingest,
            stopping.clone(),
            move || {
                becoming_ready.enter(Stage::Ready);
                ready_sender.send_replace(true);
                tokio::spawn(async move { sweeper.sweep_thumbnails().await });
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
            jobs,
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
            companion.http.stop(true).await;
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

impl Companion {
    fn start(address: SocketAddr, api_port: u16) -> Result<Self, Error> {
        let (http, address) = companion::listen(address, api_port)?;
        let handle = http.handle();
        tokio::spawn(http);
        tracing::info!(%address, "the companion of Touch-N-Stars answers");
        Ok(Self { address, http: handle })
    }
}

/// Makes the directory stills are kept in, so that it can be watched.
fn make_stills_directory(config: &Config) -> Result<(), Error> {
    let path = &config.intercom.keep_directory;
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|source| Error::Stills { path: path.clone(), source })
}

/// Where uploaded frames go, if anybody may upload.
fn uploads(config: &Config, scanner: &Arc<Scanner>) -> Result<Option<Uploads>, Error> {
    if !config.access.offers(access::Service::Upload) {
        return Ok(None);
    }
    let source = Source::nina(&config.captures());
    let largest = config.nina.upload_bytes;
    let opened = Uploads::open(Arc::clone(scanner), source, &config.uploads(), largest);
    opened.map(Some).map_err(Error::Uploads)
}

/// What the dialects share.
#[derive(Clone, Copy)]
struct Parts<'p> {
    catalogue: &'p Arc<Catalogue>,
    renderer: &'p Renderer,
    cameras: &'p Arc<Cameras>,
    health: &'p Data<Health>,
    clock: &'p Arc<dyn Clock>,
}

/// The Virtual Observatory with its jobs, those left over by an earlier run included.
async fn open_vo(config: &Config, parts: Parts<'_>, stopping: &CancellationToken) -> Result<Vo, Error> {
    let Parts { catalogue, renderer, clock, .. } = parts;
    let archives = captures::and_archives(&config.archives, &config.captures(), &config.vo);
    let archives = Archives::new(archives, Arc::clone(catalogue));
    let images = Images {
        archives,
        renderer: renderer.clone(),
        clock: Arc::clone(clock),
        settings: Arc::new(config.vo.clone()),
    };
    let jobs = Jobs::start(
        Arc::clone(catalogue),
        Arc::clone(clock),
        config.jobs,
        &config.storage.work_dir,
        Arc::new(Work::on(images.clone())),
        stopping.clone(),
    );
    Ok(Vo {
        images,
        up_since: clock.utc(),
        public_url: PublicUrl::new(&config.server.public_url),
        request_bytes: config.limits.request_bytes,
        jobs: jobs.await?,
        equipment: Equipment::default(),
    })
}

/// Binds the listeners, the plain one first, and mounts everything.
fn listen(
    config: &Config,
    (nina, vo, intercom): (Data<Nina>, Vo, Intercom),
    access: Arc<Access>,
    parts: Parts<'_>,
) -> Result<(actix_web::dev::Server, [Option<SocketAddr>; 2]), Error> {
    let Parts { catalogue, renderer, cameras, health, .. } = parts;
    let (intercom, access) = (Data::new(intercom), Data::new(access));
    let vo = Data::new(vo);
    let metrics = Data::new(Metrics::register()?);
    let catalogue = Data::new(Arc::clone(catalogue));
    let (health, renderer, cameras) =
        (health.clone(), Data::new(renderer.clone()), Data::new(Arc::clone(cameras)));
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
    let addresses = [bound.next(), bound.next()];
    Ok((http.run(), addresses))
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
