//! All cameras of the gateway: who answers to which id, which sizes are offered, start and stop.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::audience::feed::Feed;
use super::camera::{Camera, Shared};
use super::config::CameraConfig;
use super::error::CameraError;
use super::events::{Events, Happening};
use super::ffmpeg;
use super::frame::Moment;
use super::health::CameraHealth;
use super::ids::ids;
use super::resolution::{FULL_HD, Resolution, STANDARD};
use super::source::{self, Gallery, Surroundings};
use super::supervision::supervisor::supervise;
use crate::clock::Clock;

/// Memory all rings together may take, MiB; each gives way in proportion.
const RINGS_MIB: f64 = 512.0;

/// All cameras, running.
#[derive(Debug)]
pub struct Cameras {
    all: Vec<Arc<Camera>>,
    by_id: HashMap<String, usize>,
    default: usize,
    clock: Arc<dyn Clock>,
    events: Arc<Events>,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Cameras {
    /// Opens every camera and keeps it connected from now on. The work runs on the tokio runtime this is called
    /// in, which must outlive the HTTP workers. `gallery` knows the frames that `nina:` and `archive:` cameras show.
    ///
    /// # Errors
    /// [`CameraError::Config`] and [`CameraError::Url`], naming the camera and what to mend.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(
        configs: &[CameraConfig],
        clock: Arc<dyn Clock>,
        gallery: Option<Arc<dyn Gallery>>,
    ) -> Result<Arc<Self>, CameraError> {
        let all_ids = ids(configs)?;
        let asked: f64 = configs.iter().map(|camera| f64::from(camera.buffer_mib)).sum();
        let share = (RINGS_MIB / asked.max(1.0)).min(1.0);
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let permits = Arc::new(Semaphore::new(workers));
        let (runtime, stop) = (Handle::current(), CancellationToken::new());
        let surroundings = Surroundings { clock: clock.clone(), gallery };
        let events = Arc::new(Events::default());
        events.record(Moment::now(&*clock), "", Happening::Started);

        let sources = configs
            .iter()
            .map(|config| source::open(config, &surroundings))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tasks = JoinSet::new();
        let (mut all, mut by_id) = (Vec::new(), HashMap::new());
        for (index, ((config, ids), source)) in configs.iter().zip(all_ids).zip(sources).enumerate() {
            by_id.extend(ids.iter().map(|id| (id.clone(), index)));
            let limits = config.ring_limits(share);
            let feed = Feed::new(permits.clone(), runtime.clone());
            let shared = Shared { clock: clock.clone(), events: events.clone(), stopped: stop.clone() };
            let camera = Camera::new(config.clone(), ids, limits, feed, source.expected(), shared);
            let camera = Arc::new(camera);
            tasks.spawn_on(supervise(source, camera.clone()), &runtime);
            all.push(camera);
        }
        let default = configs.iter().position(|camera| camera.default).unwrap_or(0);
        Ok(Arc::new(Self { all, by_id, default, clock, events, stop, tasks: Mutex::new(tasks) }))
    }

    /// Whether a camera could be opened as it is configured, and the program it needs is there; nothing is connected.
    ///
    /// # Errors
    /// As [`Cameras::start`]; [`CameraError::Url`] when the program is missing.
    pub fn check(config: &CameraConfig, clock: Arc<dyn Clock>) -> Result<(), CameraError> {
        ids(std::slice::from_ref(config))?;
        let source = source::open(config, &Surroundings { clock, gallery: None })?;
        if source.needs_ffmpeg() && !ffmpeg::is_installed() {
            let reason = "its url needs the program ffmpeg, which is not installed".to_owned();
            return Err(CameraError::Url { camera: config.name.clone(), reason, cause: None });
        }
        Ok(())
    }

    /// Whether these cameras can be told apart, and at most one of them is the default.
    ///
    /// # Errors
    /// As [`Cameras::start`].
    pub fn check_names(configs: &[CameraConfig]) -> Result<(), CameraError> {
        ids(configs).map(drop)
    }

    /// Disconnects every camera and ends every stream after the picture it is sending.
    pub async fn stop(&self) {
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }

    /// The camera with this id: its name or one of its aliases, exactly.
    pub fn find(&self, id: &str) -> Option<&Arc<Camera>> {
        self.all.get(*self.by_id.get(id)?)
    }

    /// The camera that answers requests without a source; `None` when there are no cameras.
    pub fn default_camera(&self) -> Option<&Arc<Camera>> {
        self.all.get(self.default)
    }

    /// All of them, in the order of the settings.
    pub fn all(&self) -> &[Arc<Camera>] {
        &self.all
    }

    /// The id each camera is listed under, the default camera first.
    pub fn source_ids(&self) -> Vec<&str> {
        let default = self.default_camera();
        let others =
            self.all.iter().enumerate().filter(|(index, _)| *index != self.default).map(|(_, camera)| camera);
        default
            .into_iter()
            .chain(others)
            .filter_map(|camera| camera.ids().first())
            .map(String::as_str)
            .collect()
    }

    /// Every size offered, ascending by area: the usual ones, those of the settings, and each camera's own.
    pub fn resolutions(&self) -> Vec<Resolution> {
        let natives: Vec<Resolution> = self.all.iter().filter_map(|camera| camera.resolution()).collect();
        let full_hd = natives.iter().any(|native| native.covers(FULL_HD)).then_some(FULL_HD);
        let configured = self.all.iter().flat_map(|camera| camera.config().resolutions.iter().copied());
        let every = STANDARD.into_iter().chain(natives.iter().copied()).chain(full_hd).chain(configured);
        every
            .map(|size| ((size.area(), size.width), size))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect()
    }

    /// Figures of every camera for the operator.
    pub fn health(&self) -> Vec<CameraHealth> {
        self.all.iter().map(|camera| camera.health()).collect()
    }

    /// What happened to the cameras lately.
    pub fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// Ends when the cameras are stopped.
    pub fn stopped(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// The time frames are stamped with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl Drop for Cameras {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
