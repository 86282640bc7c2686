//! What was read goes into the catalogue: one transaction per chunk of files.

use super::plan::Candidate;
use super::read::{Content, ReadFrame};
use super::read_error::ReadError;
use super::report::{ReadFile, RejectedFile, ScanReport};
use super::source::Source;
use crate::catalogue::{Batch, Catalogue, CatalogueError, Duplicate, FrameFacts, FrameId, NewImage};

/// A file and what came of reading it.
pub(super) type Outcome = (Candidate, Result<ReadFrame, ReadError>);

/// What became of a file in the catalogue.
enum Entered {
    Added(FrameId),
    Changed(FrameId),
    /// Not shown, why, and whether that may change without the file changing.
    Refused(String, bool),
}

/// An image and its place in the chunk.
type Image<'a> = (usize, &'a Candidate, &'a FrameFacts, &'a NewImage);

/// Enters a chunk whole or not at all, and adds it to the report.
pub(super) async fn enter(
    catalogue: &Catalogue,
    source: &Source,
    outcomes: Vec<Outcome>,
    report: &mut ScanReport,
) -> Result<(), CatalogueError> {
    let mut batch = catalogue.begin().await?;
    let mut entered = Vec::with_capacity(outcomes.len());
    let mut images = Vec::new();
    for (index, (candidate, outcome)) in outcomes.iter().enumerate() {
        match outcome {
            Ok(ReadFrame { facts, content: Content::Image(image) }) => {
                images.push((index, candidate, facts, &**image));
            }
            Ok(frame) => entered.push((index, enter_saved(&mut batch, source, candidate, frame).await?)),
            Err(error) => {
                entered.push((index, Entered::Refused(error.reason(), error.is_outside_the_file())));
            }
        }
    }
    enter_images(&mut batch, source, &images, &mut entered).await?;
    entered.sort_unstable_by_key(|(index, _)| *index);
    for ((candidate, _), (_, entered)) in outcomes.into_iter().zip(entered) {
        let Candidate { path, stamp, .. } = candidate;
        match entered {
            Entered::Added(frame) => report.added.push(ReadFile { path, frame }),
            Entered::Changed(frame) => report.changed.push(ReadFile { path, frame }),
            Entered::Refused(reason, retry) => {
                batch.reject(&source.origin, &path, stamp, &reason, retry).await?;
                report.rejected.push(RejectedFile { path, reason });
            }
        }
    }
    batch.commit().await
}

/// Enters a saved frame and its place in the history.
async fn enter_saved(
    batch: &mut Batch,
    source: &Source,
    candidate: &Candidate,
    read: &ReadFrame,
) -> Result<Entered, CatalogueError> {
    let (origin, path) = (&source.origin, &candidate.path);
    if candidate.is_new {
        // A known frame under a new name takes its place in the history along.
        batch.rename_frame(origin, path, &read.facts).await?;
    }
    let frame = batch.put_frame(origin, path, &read.facts).await?;
    let Content::History(entry, statistics, image) = &read.content else {
        return Ok(Entered::Changed(frame));
    };
    batch.put_statistics(frame, statistics).await?;
    let is_added = batch.put_history_entry(frame, entry).await?;
    match image {
        Some(image) => {
            if let Err(Duplicate { first }) = batch.put_image(frame, origin, image).await? {
                tracing::warn!(path = %path.display(), first = %first.display(), "two captures share a number; only the first is found by position");
            }
        }
        None => batch.forget_image(frame).await?,
    }
    Ok(if is_added { Entered::Added(frame) } else { Entered::Changed(frame) })
}

/// Enters the images of a chunk, new ones in a few statements: waiting for the database's thread, not its work,
/// is what entering one by one would cost.
async fn enter_images(
    batch: &mut Batch,
    source: &Source,
    images: &[Image<'_>],
    entered: &mut Vec<(usize, Entered)>,
) -> Result<(), CatalogueError> {
    let origin = &source.origin;
    let files: Vec<_> =
        images.iter().map(|(_, candidate, facts, _)| (candidate.path.as_path(), *facts)).collect();
    let frames = batch.put_frames(origin, &files).await?;
    let (new, changed): (Vec<_>, Vec<_>) =
        images.iter().zip(frames).partition(|((_, candidate, ..), _)| candidate.is_new);
    let refused = |Duplicate { first }: Duplicate| {
        Entered::Refused(format!("holds the same image as {}", source.relative(&first)), true)
    };
    for ((index, _, _, image), frame) in changed {
        let outcome = batch.put_image(frame, origin, image).await?;
        entered.push((*index, outcome.map_or_else(refused, |()| Entered::Changed(frame))));
    }
    let identified: Vec<_> = new.iter().map(|((.., image), frame)| (*frame, *image)).collect();
    let outcomes = batch.put_new_images(origin, &identified).await?;
    for (((index, ..), frame), outcome) in new.into_iter().zip(outcomes) {
        entered.push((*index, outcome.map_or_else(refused, |()| Entered::Added(frame))));
    }
    Ok(())
}
