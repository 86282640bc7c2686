//! What was read goes into the catalogue: one transaction per chunk of files.

use super::plan::Candidate;
use super::read::{Content, ReadError, ReadFrame};
use super::report::{ReadFile, RejectedFile, ScanReport};
use super::source::Source;
use crate::catalogue::{Batch, Catalogue, CatalogueError, Duplicate};

/// A file and what came of reading it.
pub(super) type Outcome = (Candidate, Result<ReadFrame, ReadError>);

/// What became of a file in the catalogue.
enum Entered {
    Added(ReadFile),
    Changed(ReadFile),
    /// Another file holds the image it claims to be.
    Double(Duplicate),
}

/// Enters a chunk whole or not at all, and adds it to the report.
pub(super) async fn enter(
    catalogue: &Catalogue,
    source: &Source,
    outcomes: Vec<Outcome>,
    report: &mut ScanReport,
) -> Result<(), CatalogueError> {
    let mut batch = catalogue.begin().await?;
    for (candidate, outcome) in outcomes {
        let (reason, retry) = match outcome {
            Ok(frame) => match enter_frame(&mut batch, source, &candidate, &frame).await? {
                Entered::Added(file) => {
                    report.added.push(file);
                    continue;
                }
                Entered::Changed(file) => {
                    report.changed.push(file);
                    continue;
                }
                Entered::Double(Duplicate { first }) => {
                    (format!("holds the same image as {}", source.relative(&first)), true)
                }
            },
            Err(error) => (error.reason(), error.is_outside_the_file()),
        };
        batch.reject(&source.origin, &candidate.path, candidate.stamp, &reason, retry).await?;
        report.rejected.push(RejectedFile { path: candidate.path, reason });
    }
    batch.commit().await
}

async fn enter_frame(
    batch: &mut Batch,
    source: &Source,
    candidate: &Candidate,
    read: &ReadFrame,
) -> Result<Entered, CatalogueError> {
    let (origin, path) = (&source.origin, &candidate.path);
    if candidate.is_new && matches!(read.content, Content::History(..)) {
        // A known frame under a new name takes its place in the history along.
        batch.rename_frame(origin, path, &read.facts).await?;
    }
    let frame = batch.put_frame(origin, path, &read.facts).await?;
    let is_added = match &read.content {
        Content::History(entry, statistics) => {
            batch.put_statistics(frame, statistics).await?;
            batch.put_history_entry(frame, entry).await?
        }
        Content::Image(image) => {
            if let Err(duplicate) = batch.put_image(frame, origin, image).await? {
                return Ok(Entered::Double(duplicate));
            }
            candidate.is_new
        }
    };
    let file = ReadFile { path: path.clone(), frame };
    Ok(if is_added { Entered::Added(file) } else { Entered::Changed(file) })
}
