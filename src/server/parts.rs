//! The rooms below, opened once from the settings; what is mounted and what keeps them going is not known here.

use std::sync::Arc;

use actix_web::web::Data;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::gallery::Frames;
use crate::access::{self, Access};
use crate::camera::Cameras;
use crate::catalogue::{Catalogue, Role};
use crate::clock::Clock;
use crate::config::Config;
use crate::ingest::upload::Uploads;
use crate::ingest::{ClockZone, Scanner, Source};
use crate::jobs::Jobs;
use crate::observe::{Health, Metrics};
use crate::protocol::intercom::Intercom;
use crate::protocol::nina::profile::Profile;
use crate::protocol::nina::{Foundation, Nina};
use crate::protocol::vo::uws::Work;
use crate::protocol::vo::{Archives, Equipment, Images, PublicUrl, Vo, captures};
use crate::render::{Renderer, Shelf};

/// What a service is made of.
pub(super) struct Parts {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) renderer: Renderer,
    pub(super) scanner: Arc<Scanner>,
    pub(super) cameras: Arc<Cameras>,
    pub(super) access: Data<Arc<Access>>,
    pub(super) health: Data<Health>,
    pub(super) metrics: Data<Metrics>,
    pub(super) nina: Data<Nina>,
    pub(super) vo: Data<Vo>,
    pub(super) intercom: Data<Intercom>,
}

impl Parts {
    /// Opens the catalogue, starts the cameras, and goes on with the jobs an earlier run left over.
    ///
    /// # Errors
    /// The first thing that cannot be had.
    pub(super) async fn open(
        config: &Config,
        clock: &Arc<dyn Clock>,
        stopping: &CancellationToken,
    ) -> Result<Self, Error> {
        let catalogue = Catalogue::open(&config.storage.database, Role::Service, Arc::clone(clock)).await?;
        let renderer = Renderer::new(&config.cache, &config.limits);
        let access = Arc::new(Access::new(&config.access, Arc::clone(clock))?);
        let profile = Arc::new(Profile::load(&config.nina, &catalogue).await?);
        let frames = Frames {
            catalogue: Arc::clone(&catalogue),
            renderer: renderer.clone(),
            profile: Arc::clone(&profile),
        };
        let cameras = Cameras::start(&config.cameras, Arc::clone(clock), Some(Arc::new(frames)))?;
        make_stills_directory(config)?;
        let (zone, limits) = (ClockZone::Machine, config.limits.decoding());
        let scanner = Arc::new(Scanner::new(Arc::clone(&catalogue), limits, zone, Arc::clone(clock))?);
        let foundation = Foundation {
            catalogue: Arc::clone(&catalogue),
            renderer: renderer.clone(),
            profile,
            clock: Arc::clone(clock),
            thumbnails: Shelf::new(
                config.storage.work_dir.join("thumbnails"),
                config.cache.thumbnails_mib << 20,
            ),
            uploads: uploads(config, &scanner)?,
            stopping: stopping.clone(),
        };
        let vo = open_vo(config, (&catalogue, &renderer), clock, stopping).await?;
        Ok(Self {
            nina: Data::new(Nina::new(foundation, config.nina.clone())),
            vo: Data::new(vo),
            intercom: Data::new(Intercom::new(Arc::clone(&cameras), config.intercom.clone())),
            access: Data::new(access),
            health: Data::new(Health::default()),
            metrics: Data::new(Metrics::register()?),
            catalogue,
            renderer,
            scanner,
            cameras,
        })
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

/// The Virtual Observatory with its jobs, those left over by an earlier run included.
async fn open_vo(
    config: &Config,
    (catalogue, renderer): (&Arc<Catalogue>, &Renderer),
    clock: &Arc<dyn Clock>,
    stopping: &CancellationToken,
) -> Result<Vo, Error> {
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
