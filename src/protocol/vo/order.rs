//! What a request of any service comes to: an image or a part of it, under a name and in a form. Answered at once,
//! or made for a job.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use super::fits_answer::Delivery;
use super::form::ImageForm;
use crate::catalogue::JobResult;
use crate::error::{Classified, ErrorKind};
use crate::fits::FitsError;
use crate::jobs::{Outbox, OutboxError};
use crate::pixel::AxisRun;
use crate::render::{CutoutPicture, CutoutRequest, Error, OpenFile, PlannedCutout, Renderer};

/// How long a job steps aside when the renderer is busy with requests.
const STEP_ASIDE: Duration = Duration::from_millis(200);

/// A file as it is, or what is to be cut of it.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where the pixels are.
    pub source: Source,
    /// What to cut.
    pub request: CutoutRequest,
    /// Name for the answer, without its ending.
    pub name: String,
    /// FITS or a picture.
    pub form: ImageForm,
    /// What the picture looks like.
    pub picture: Option<CutoutPicture>,
    /// Whether it is all of the file, as it is.
    pub is_whole_file: bool,
}

/// Where the pixels of an answer are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In one file.
    File(PathBuf),
    /// In a file that was opened just now.
    Open(Arc<OpenFile>),
    /// In files that lie on one pixel grid, each with the name of its image; the first gives the header.
    Patches(Vec<(PathBuf, String)>),
}

impl Source {
    /// The file, or the first of them.
    fn path(self) -> PathBuf {
        match self {
            Self::File(path) => path,
            Self::Open(file) => file.fits.path().to_owned(),
            Self::Patches(files) => files.into_iter().next().map(|(path, _)| path).unwrap_or_default(),
        }
    }
}

/// What an order came to.
enum Product {
    File(Arc<OpenFile>),
    Cutout(PlannedCutout),
    Picture(Bytes, Vec<AxisRun>),
}

impl Order {
    /// Makes it.
    async fn fill(self, renderer: &Renderer) -> Result<Product, Error> {
        match (self.picture, self.source) {
            (_, source) if self.is_whole_file => renderer.open(source.path()).await.map(Product::File),
            (None, Source::File(path)) => renderer.cutout(path, self.request).await.map(Product::Cutout),
            (None, Source::Open(file)) => renderer.cutout_of(file, self.request).await.map(Product::Cutout),
            (None, Source::Patches(files)) => renderer.mosaic(files, self.request).await.map(Product::Cutout),
            (Some(picture), source) => {
                let made = renderer.cutout_picture(source.path(), self.request, picture).await;
                made.map(|(bytes, runs)| Product::Picture(bytes, runs))
            }
        }
    }

    /// Answers with it.
    ///
    /// # Errors
    /// Those of the renderer; [`Error::OutsideImage`] when no pixel is wanted.
    pub async fn deliver(self, request: &HttpRequest, renderer: &Renderer) -> Result<HttpResponse, Error> {
        let name = format!("{}.{}", self.name, self.form.extension());
        let delivery = Delivery::new(request, name, self.form.media_type());
        match self.fill(renderer).await? {
            Product::File(file) => {
                file.fits.ensure_complete()?;
                Ok(delivery.whole_file(file))
            }
            Product::Cutout(planned) => Ok(delivery.cutout(planned)),
            Product::Picture(bytes, runs) => Ok(delivery.picture(bytes, &runs)),
        }
    }

    /// Makes it for a job, as often as the renderer is too busy with requests; the job's own time limit ends that.
    ///
    /// # Errors
    /// As [`Self::deliver`].
    pub async fn make(&self, renderer: &Renderer) -> Result<Made, Error> {
        let product = loop {
            match self.clone().fill(renderer).await {
                Err(error) if error.kind() == ErrorKind::Busy => tokio::time::sleep(STEP_ASIDE).await,
                filled => break filled?,
            }
        };
        Ok(match product {
            Product::File(file) => {
                file.fits.ensure_complete()?;
                let length = file.fits.byte_len();
                let part = move |offset: u64, most: usize| {
                    let mut bytes = vec![0; length.saturating_sub(offset).min(most as u64) as usize];
                    file.fits.read_exact_at(&mut bytes, offset).map(|()| Bytes::from(bytes))
                };
                Made { length, bounds: String::new(), part: Box::new(part) }
            }
            Product::Cutout(planned) => {
                let (bounds, cutout) = (planned.bounds(), planned.cutout);
                let length = cutout.content_length();
                Made { length, bounds, part: Box::new(move |offset, most| cutout.chunk(offset, most)) }
            }
            Product::Picture(bytes, runs) => {
                let bounds = runs.iter().map(|run| run.to_fits_range()).collect::<Vec<_>>().join(",");
                Made { bounds, ..Made::of(bytes) }
            }
        })
    }
}

/// Bytes from an offset on, at most so many.
type Part = Box<dyn Fn(u64, usize) -> Result<Bytes, FitsError> + Send>;

/// A result to be kept, its length known.
pub struct Made {
    length: u64,
    /// The pixels it was cut from, in FITS counting; empty for a whole file.
    pub bounds: String,
    part: Part,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made")
            .field("length", &self.length)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

impl Made {
    /// Bytes at hand.
    pub fn of(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        let part = move |offset: u64, most: usize| {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            Ok(bytes.slice(from..from.saturating_add(most).min(bytes.len())))
        };
        Self { length, bounds: String::new(), part: Box::new(part) }
    }

    /// Keeps it as result `number` of a job.
    ///
    /// # Errors
    /// See [`Outbox::put`].
    pub async fn keep(
        self,
        outbox: &Outbox,
        number: u32,
        media_type: &str,
        description: String,
    ) -> Result<(), OutboxError> {
        let result = JobResult { number, bytes: self.length, media_type: media_type.to_owned(), description };
        outbox.put(result, self.part).await
    }
}
