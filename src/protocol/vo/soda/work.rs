//! What a SODA job does: every combination of its parameters becomes a result, in order.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::dataset::{self, printable};
use super::request::{Combination, SodaRequest};
use super::{cutout, stencil};
use crate::catalogue::{ArchiveImage, Job, JobFailure, JobResult};
use crate::jobs::{Outbox, OutboxError};
use crate::protocol::vo::Images;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::{Fault, FaultKind, Parameters};
use crate::protocol::vo::order::Made;

/// Fails when the parameters of a job make no sense.
///
/// # Errors
/// What is wrong with them.
pub fn check(parameters: &[(String, String)]) -> Result<(), JobFailure> {
    SodaRequest::of(&bound(parameters)).map(|_| ()).map_err(|fault| failure(&fault))
}

fn bound(parameters: &[(String, String)]) -> Parameters {
    Parameters::of_pairs(parameters.iter().cloned())
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

/// Makes every result of a job.
///
/// # Errors
/// When no result could be made, or none can be kept.
pub async fn perform(images: &Images, job: &Job, outbox: &Outbox) -> Result<(), JobFailure> {
    cut_all(images, job, outbox).await.map_err(|fault| failure(&fault))
}

fn failure(fault: &Fault) -> JobFailure {
    JobFailure { message: fault.soda_text(), is_transient: fault.kind() == FaultKind::Busy }
}

async fn cut_all(images: &Images, job: &Job, outbox: &Outbox) -> Result<(), Fault> {
    let request = SodaRequest::of(&bound(&job.parameters))?;
    let mut resolved = Resolved::new();
    let (mut is_any_known, mut unknown) = (false, None);
    for (number, combination) in (1..).zip(request.combinations()) {
        match cut(images, &request, &combination, &mut resolved, number, outbox).await {
            Ok(()) => is_any_known = true,
            Err(Stop::Job(fault)) => return Err(fault),
            Err(Stop::Combination(fault)) => {
                is_any_known |= fault.kind() != FaultKind::NotFound;
                let kept = entry(&request, &combination, "ERROR", String::new());
                put_text(outbox, number, &kept, fault.soda_text()).await?;
                unknown.get_or_insert(fault);
            }
            Err(Stop::Empty) => {
                is_any_known = true;
                let text = combination.text(&request.polarizations);
                let text = format!("UsageError: no overlap: {text} with {}", printable(&combination.id));
                let kept = entry(&request, &combination, "EMPTY", String::new());
                put_text(outbox, number, &kept, text).await?;
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
    images: &Images,
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
        let found = dataset::resolve(&images.archives, &images.renderer, &combination.id, centre).await;
        // The image nearest one shape need not be the one nearest another.
        if images.archives.named(&combination.id).is_some() {
            resolved.insert(combination.id.clone(), found.clone());
        }
        found
    };
    let (holding, image) = known.map_err(Stop::Combination)?;
    let order = cutout::order(images.clock.utc(), request, combination, &holding, &image);
    let made = order.make(&images.renderer).await;
    let made = made.map_err(|error| cutout::fault(&error, None).map_or(Stop::Empty, Stop::Combination))?;
    let kept = described(&entry(request, combination, "OK", made.bounds.clone()));
    made.keep(outbox, number, order.form.media_type(), kept).await.map_err(|error| match error {
        OutboxError::Source(message) => Stop::Combination(Fault::new(FaultKind::Internal, message)),
        other => Stop::Job(kept_nowhere(&other)),
    })
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

fn kept_nowhere(error: &OutboxError) -> Fault {
    tracing::error!(error = %crate::error::chain(error), "result not kept");
    let kind = if matches!(error, OutboxError::Full(_)) { FaultKind::Busy } else { FaultKind::Internal };
    Fault::new(kind, error.to_string())
}

/// A result that says why there are no pixels.
async fn put_text(outbox: &Outbox, number: u32, entry: &Entry, text: String) -> Result<(), Fault> {
    let made = Made::of(Bytes::from(text + "\n"));
    made.keep(outbox, number, "text/plain", described(entry)).await.map_err(|error| kept_nowhere(&error))
}
