//! What a SODA job does: every combination of its parameters becomes a result, in order.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::dataset::{self, printable};
use super::request::{Combination, SodaRequest};
use super::{cutout, stencil};
use crate::catalogue::{ArchiveImage, Job, JobFailure, JobResult};
use crate::clock::Clock;
use crate::error::{Classified, ErrorKind};
use crate::fits::FitsError;
use crate::jobs::{Outbox, OutboxError, Task};
use crate::protocol::vo::Archives;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::{Fault, FaultKind, Parameters};
use crate::render::{self, Renderer};

/// How long a job steps aside when the renderer is busy with requests.
const STEP_ASIDE: Duration = Duration::from_millis(200);

/// Makes the cutouts of jobs.
#[derive(Debug)]
pub struct SodaTask {
    /// Finds what an `ID` names.
    pub archives: Archives,
    /// Cuts.
    pub renderer: Renderer,
    /// Stamps.
    pub clock: Arc<dyn Clock>,
}

/// Fails when the parameters of a job make no sense.
///
/// # Errors
/// What is wrong with them.
pub fn check(parameters: &[(String, String)]) -> Result<(), Fault> {
    SodaRequest::of(&bound(parameters)).map(|_| ())
}

fn bound(parameters: &[(String, String)]) -> Parameters {
    let mut bound = Parameters::default();
    for (name, value) in parameters {
        bound.push(name.clone(), value.clone());
    }
    bound
}

/// What is kept about a result, for the manifest.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Entry {
    id: String,
    parameters: String,
    status: String,
    bounds: String,
}

/// The results of a job as comma-separated values.
pub fn manifest(results: &[JobResult]) -> String {
    let mut csv = "result,ID,parameters,status,bounds,media_type,bytes\r\n".to_owned();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    for result in results {
        let entry: Entry = serde_json::from_str(&result.description).unwrap_or_default();
        let _ = write!(
            csv,
            "result_{},{},{},{},{},{},{}\r\n",
            result.number,
            quoted(&entry.id),
            quoted(&entry.parameters),
            quoted(&entry.status),
            quoted(&entry.bounds),
            quoted(&result.media_type),
            result.bytes
        );
    }
    csv
}

/// What an `ID` was found to be, kept for the other combinations of it.
type Resolved = HashMap<String, Result<(Holding, Arc<ArchiveImage>), Fault>>;

impl Task for SodaTask {
    fn perform(&self, job: Job, outbox: Outbox) -> BoxFuture<'_, Result<(), JobFailure>> {
        async move { self.cut_all(&job, &outbox).await.map_err(|fault| failure(&fault)) }.boxed()
    }
}

fn failure(fault: &Fault) -> JobFailure {
    JobFailure { message: fault.soda_text(), is_transient: fault.kind() == FaultKind::Busy }
}

impl SodaTask {
    async fn cut_all(&self, job: &Job, outbox: &Outbox) -> Result<(), Fault> {
        let request = SodaRequest::of(&bound(&job.parameters))?;
        let mut resolved = Resolved::new();
        let (mut is_any_known, mut unknown) = (false, None);
        for (number, combination) in (1..).zip(request.combinations()) {
            let made = self.cut(&request, &combination, &mut resolved, number, outbox).await;
            match made {
                Ok(()) => is_any_known = true,
                Err(Stop::Job(fault)) => return Err(fault),
                Err(Stop::Combination(fault)) => {
                    is_any_known |= fault.kind() != FaultKind::NotFound;
                    let text = fault.soda_text();
                    let kept = entry(&request, &combination, "ERROR", String::new());
                    put_text(outbox, number, kept, text).await?;
                    unknown.get_or_insert(fault);
                }
                Err(Stop::Empty) => {
                    is_any_known = true;
                    let text = combination.text(&request.polarizations);
                    let text = format!("UsageError: no overlap: {text} with {}", printable(&combination.id));
                    let kept = entry(&request, &combination, "EMPTY", String::new());
                    put_text(outbox, number, kept, text).await?;
                }
            }
        }
        match unknown {
            Some(fault) if !is_any_known => Err(fault),
            _ => Ok(()),
        }
    }

    /// Makes one result.
    async fn cut(
        &self,
        request: &SodaRequest,
        combination: &Combination,
        resolved: &mut Resolved,
        number: u32,
        outbox: &Outbox,
    ) -> Result<(), Stop> {
        let centre = combination.stencil.as_ref().and_then(stencil::Stencil::centre);
        let known = if let Some(known) = resolved.get(&combination.id) {
            known.clone()
        } else {
            let found = dataset::resolve(&self.archives, &self.renderer, &combination.id, centre).await;
            // The image nearest one shape need not be the one nearest another.
            if self.archives.named(&combination.id).is_some() {
                resolved.insert(combination.id.clone(), found.clone());
            }
            found
        };
        let (holding, image) = known.map_err(Stop::Combination)?;
        let order = cutout::order(self.clock.utc(), request, combination, &holding, &image);
        let media_type = request.manner.form.media_type().to_owned();
        let result = |bytes: u64, bounds: String| JobResult {
            number,
            bytes,
            media_type: media_type.clone(),
            description: described(&entry(request, combination, "OK", bounds)),
        };
        if order.is_whole_file {
            let file = self.patiently(|| self.renderer.open(order.path.clone())).await?;
            let length = file.fits.byte_len();
            let part = move |offset: u64, most: usize| {
                let mut bytes = vec![0; (length - offset).min(most as u64) as usize];
                file.fits.read_exact_at(&mut bytes, offset).map(|()| Bytes::from(bytes))
            };
            return put(outbox, result(length, String::new()), part).await;
        }
        if let Some(picture) = request.manner.picture {
            let made = self.patiently(|| {
                self.renderer.cutout_picture(order.path.clone(), order.request.clone(), picture)
            });
            let (bytes, runs) = made.await?;
            let bounds = runs.iter().map(|run| run.to_fits_range()).collect::<Vec<_>>().join(",");
            let part = {
                let bytes = bytes.clone();
                move |offset: u64, most: usize| {
                    let from = offset as usize;
                    Ok::<_, FitsError>(bytes.slice(from..(from + most).min(bytes.len())))
                }
            };
            return put(outbox, result(bytes.len() as u64, bounds), part).await;
        }
        let planned =
            self.patiently(|| self.renderer.cutout(order.path.clone(), order.request.clone())).await?;
        let bounds = planned.bounds();
        let cutout = Arc::clone(&planned.cutout);
        put(outbox, result(cutout.content_length(), bounds), move |offset, most| cutout.chunk(offset, most))
            .await
    }

    /// Asks the renderer again and again while it is busy; the job's own time limit ends it.
    async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Stop>
    where
        F: Future<Output = Result<T, render::Error>>,
    {
        loop {
            match ask().await {
                Err(error) if error.kind() == ErrorKind::Busy => tokio::time::sleep(STEP_ASIDE).await,
                Err(error) => return Err(cutout::fault(&error, None).map_or(Stop::Empty, Stop::Combination)),
                Ok(done) => return Ok(done),
            }
        }
    }
}

/// Why a combination has no pixels.
enum Stop {
    /// Nothing overlaps.
    Empty,
    /// It failed; others may not.
    Combination(Fault),
    /// No other can succeed either.
    Job(Fault),
}

/// What is kept about the result of a combination.
fn entry(request: &SodaRequest, combination: &Combination, status: &str, bounds: String) -> Entry {
    Entry {
        id: printable(&combination.id),
        parameters: combination.text(&request.polarizations),
        status: status.to_owned(),
        bounds,
    }
}

fn described(entry: &Entry) -> String {
    serde_json::to_string(entry).unwrap_or_default()
}

async fn put<E: std::error::Error>(
    outbox: &Outbox,
    result: JobResult,
    part: impl Fn(u64, usize) -> Result<Bytes, E> + Send + 'static,
) -> Result<(), Stop> {
    outbox.put(result, part).await.map_err(|error| match error {
        OutboxError::Source(message) => Stop::Combination(Fault::new(FaultKind::Internal, message)),
        other => Stop::Job(kept_nowhere(&other)),
    })
}

fn kept_nowhere(error: &OutboxError) -> Fault {
    tracing::error!(error = %crate::error::chain(error), "result not kept");
    let kind = if matches!(error, OutboxError::Full(_)) { FaultKind::Busy } else { FaultKind::Internal };
    Fault::new(kind, error.to_string())
}

/// A result that says why there are no pixels.
async fn put_text(outbox: &Outbox, number: u32, entry: Entry, text: String) -> Result<(), Fault> {
    let bytes = Bytes::from(text + "\n");
    let result = JobResult {
        number,
        bytes: bytes.len() as u64,
        media_type: "text/plain".to_owned(),
        description: described(&entry),
    };
    let part = move |offset: u64, _| Ok::<_, FitsError>(bytes.slice(offset as usize..));
    outbox.put(result, part).await.map_err(|error| kept_nowhere(&error))
}
