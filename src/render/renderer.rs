//! The one place protocols ask for pixels.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use moka::future::Cache;

use super::{
    Admission, CacheConfig, ContainingImage, CutoutPicture, CutoutRequest, Error, Files, Held, LimitsConfig,
    OpenFile, Patch, PlannedCutout, Rendition, pipeline,
};
use crate::catalogue::{ArchiveImage, FrameIdentity, FrameStatistics};
use crate::error::chain;
use crate::fits::{HduIndex, SixteenBitFrame};
use crate::pixel::{AxisRun, BayerPattern, Scanlines};
use crate::sky::SkyCoord;

/// What to render, and what is already known of it.
#[derive(Clone, Debug)]
pub struct FrameSource {
    /// Equal identities have equal pixels.
    pub identity: FrameIdentity,
    /// Its file.
    pub path: PathBuf,
    /// The HDU with the pixels.
    pub hdu: HduIndex,
    /// Statistics computed when the frame was catalogued.
    pub statistics: Option<FrameStatistics>,
    /// The Bayer pattern those of the channels were computed with.
    pub recorded_pattern: Option<BayerPattern>,
}

impl FrameSource {
    /// A number that is the same for the same pixels and the same `wanted` of them.
    pub fn digest_of(&self, wanted: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.identity, wanted).hash(&mut hasher);
        hasher.finish()
    }
}

/// Makes renditions and cutouts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Renderer {
    files: Files,
    frames: moka::sync::Cache<FrameIdentity, Arc<SixteenBitFrame>>,
    renditions: Cache<(FrameIdentity, Rendition), Bytes>,
    /// Renditions that are cached, on their way to clients, or both.
    held: Held,
    admission: Admission,
    /// For work nobody waits for.
    beside: Admission,
    lookups: Arc<Lookups>,
}

#[derive(Debug, Default)]
struct Lookups {
    asked: AtomicU64,
    computed: AtomicU64,
}

/// How busy the renderer is and what its caches hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Renders being computed.
    pub in_flight: usize,
    /// Renders waiting for their turn.
    pub queued: usize,
    /// Renders that may wait; the next one is refused.
    pub most_queued: usize,
    /// Renditions answered from the cache or from another request's computation.
    pub hits: u64,
    /// Renditions computed.
    pub misses: u64,
    /// Bytes of cached renditions.
    pub rendition_bytes: u64,
    /// Bytes of renditions that are cached or on their way to clients.
    pub held_bytes: u64,
    /// Bytes of cached decoded frames.
    pub frame_bytes: u64,
}

impl Renderer {
    /// A renderer with empty caches.
    pub fn new(cache: &CacheConfig, limits: &LimitsConfig) -> Self {
        const MIB: u64 = 1 << 20;
        let weigh_rendition = |_: &(FrameIdentity, Rendition), bytes: &Bytes| {
            u32::try_from(bytes.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        let weigh_frame = |_: &FrameIdentity, frame: &Arc<SixteenBitFrame>| {
            u32::try_from(frame.memory_bytes() + ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        // Half of the budget for samples is for decoded frames, half for files that had to be unpacked.
        let frame_bytes = cache.frames_mib * MIB / 2;
        Self {
            files: Files::new(cache.open_files, frame_bytes, limits.decoding()),
            frames: moka::sync::Cache::builder().max_capacity(frame_bytes).weigher(weigh_frame).build(),
            renditions: Cache::builder()
                .max_capacity(cache.renditions_mib * MIB)
                .weigher(weigh_rendition)
                .build(),
            held: Held::new((cache.renditions_mib + limits.answers_mib) * MIB),
            admission: Admission::new(limits.renders_in_flight, limits.renders_queued),
            beside: Admission::new(1, usize::MAX),
            lookups: Arc::default(),
        }
    }

    /// An encoded rendition of a frame. Equal requests at the same time share one computation.
    ///
    /// # Errors
    /// When the file cannot be read, the picture not be encoded, the queue is full, or slow clients hold as much as
    /// they may.
    pub async fn rendition(&self, source: FrameSource, rendition: Rendition) -> Result<Bytes, Error> {
        self.lookups.asked.fetch_add(1, Ordering::Relaxed);
        let key = (source.identity, rendition);
        let renderer = self.clone();
        let compute = async move {
            if !renderer.held.has_room() {
                return Err(Error::Busy);
            }
            renderer.lookups.computed.fetch_add(1, Ordering::Relaxed);
            let admission = renderer.admission.clone();
            admission.run(move || renderer.render(&source, &rendition)).await
        };
        Ok(self.renditions.try_get_with(key, compute).await?)
    }

    /// The same for pictures nobody waits for: one at a time, beside the queue of requests and never in it, and not
    /// cached.
    ///
    /// # Errors
    /// When the file cannot be read or the picture not be encoded.
    pub async fn rendition_beside(&self, source: FrameSource, rendition: Rendition) -> Result<Bytes, Error> {
        let renderer = self.clone();
        self.beside.run(move || renderer.render(&source, &rendition)).await
    }

    fn render(&self, source: &FrameSource, rendition: &Rendition) -> Result<Bytes, Error> {
        let frame: Arc<dyn Scanlines> = if rendition.is_spread {
            let file = self.files.open(&source.path)?;
            Arc::new(SixteenBitFrame::open_spread(&file.fits, source.hdu)?)
        } else {
            self.frame(source)?
        };
        let encoded =
            pipeline::render(frame, rendition, source.statistics.as_ref(), source.recorded_pattern)?;
        Ok(self.held.count(encoded))
    }

    /// The frame's samples. Only frames that had to be decoded are worth a place in memory; plain ones are read
    /// where they lie.
    fn frame(&self, source: &FrameSource) -> Result<Arc<SixteenBitFrame>, Error> {
        if let Some(frame) = self.frames.get(&source.identity) {
            return Ok(frame);
        }
        let file = self.files.open(&source.path)?;
        let frame = Arc::new(SixteenBitFrame::open(Arc::clone(&file.fits), source.hdu)?);
        if frame.memory_bytes() > 0 {
            self.frames.insert(source.identity, Arc::clone(&frame));
        }
        Ok(frame)
    }

    /// An open file.
    ///
    /// # Errors
    /// When the file cannot be read or the queue is full.
    pub async fn open(&self, path: PathBuf) -> Result<Arc<OpenFile>, Error> {
        let files = self.files.clone();
        self.admission.run(move || files.open(&path)).await
    }

    /// A cutout, its pixels read if it is small.
    ///
    /// # Errors
    /// See [`CutoutRequest::plan`]; also when the file cannot be read or the queue is full.
    pub async fn cutout(&self, path: PathBuf, request: CutoutRequest) -> Result<PlannedCutout, Error> {
        match self.files.at_hand(&path) {
            Some(file) => self.cutout_of(file, request).await,
            None => self.plan(path, request).await,
        }
    }

    /// As [`Self::cutout`], of a file that was opened just now.
    ///
    /// # Errors
    /// As [`Self::cutout`].
    pub async fn cutout_of(
        &self,
        file: Arc<OpenFile>,
        request: CutoutRequest,
    ) -> Result<PlannedCutout, Error> {
        let Some(planned) = request.plan_at_once(&file)? else {
            return self.plan(file.fits.path().to_owned(), request).await;
        };
        if self.files.earns_memory(&file) {
            self.hold(file);
        }
        Ok(planned)
    }

    async fn plan(&self, path: PathBuf, request: CutoutRequest) -> Result<PlannedCutout, Error> {
        let files = self.files.clone();
        self.admission.run(move || request.plan(&*files.open(&path)?)).await
    }

    /// A cutout across the borders of files on one pixel grid, each with the name its header is to have for it; the
    /// first gives the header.
    ///
    /// # Errors
    /// See [`CutoutRequest::plan_mosaic`]; also when a file cannot be read or the queue is full.
    pub async fn mosaic(
        &self,
        files: Vec<(PathBuf, String)>,
        request: CutoutRequest,
    ) -> Result<PlannedCutout, Error> {
        let open = self.files.clone();
        let plan = move || {
            let patch = |(path, name): (PathBuf, String)| Ok(Patch { file: open.open(&path)?, name });
            let patches = files.into_iter().map(patch).collect::<Result<Vec<_>, Error>>()?;
            request.plan_mosaic(&patches)
        };
        self.admission.run(plan).await
    }

    /// A picture of a cutout, and the pixels it shows.
    ///
    /// # Errors
    /// See [`CutoutPicture::render`]; also when the file cannot be read or the queue is full.
    pub async fn cutout_picture(
        &self,
        path: PathBuf,
        request: CutoutRequest,
        picture: CutoutPicture,
    ) -> Result<(Bytes, Vec<AxisRun>), Error> {
        let files = self.files.clone();
        self.admission.run(move || picture.render(&request, &*files.open(&path)?)).await
    }

    /// Brings a file into memory when a render has nothing better to do.
    fn hold(&self, file: Arc<OpenFile>) {
        let (files, admission) = (self.files.clone(), self.admission.clone());
        tokio::spawn(async move {
            if let Err(error) = admission.run(move || files.hold(&file)).await {
                tracing::debug!(error = %chain(&error), "file not brought into memory");
            }
        });
    }

    /// The first of `candidates` whose pixels contain `point`.
    ///
    /// # Errors
    /// When the queue is full.
    pub async fn first_containing(
        &self,
        candidates: Vec<Arc<ArchiveImage>>,
        point: SkyCoord,
    ) -> Result<Option<ContainingImage>, Error> {
        let mut candidates = candidates.into_iter();
        // Open files answer here; the first that is not open sends itself and the rest to the blocking pool.
        while let Some(image) = candidates.next() {
            let Some(file) = self.files.at_hand(&image.frame.path) else {
                let files = self.files.clone();
                let mut rest = std::iter::once(image).chain(candidates);
                let mut find = move || {
                    rest.find_map(|image| {
                        let file = files.open(&image.frame.path);
                        ContainingImage::of(image, file, point)
                    })
                };
                return self.admission.run(move || Ok::<_, Error>(find())).await;
            };
            if let Some(found) = ContainingImage::of(image, Ok(file), point) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// How busy the renderer is.
    pub fn load(&self) -> Load {
        let computed = self.lookups.computed.load(Ordering::Relaxed);
        Load {
            in_flight: self.admission.in_flight(),
            queued: self.admission.queued(),
            most_queued: self.admission.most_queued(),
            hits: self.lookups.asked.load(Ordering::Relaxed).saturating_sub(computed),
            misses: computed,
            rendition_bytes: self.renditions.weighted_size(),
            held_bytes: self.held.bytes(),
            frame_bytes: self.frames.weighted_size(),
        }
    }

    /// Who may use the processors; shared with the cameras.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }
}

/// What a cache entry costs beside its bytes.
const ENTRY_BYTES: usize = 512;
