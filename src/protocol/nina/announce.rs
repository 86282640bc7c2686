//! Tells the listeners of every frame that enters the history, in its order: prepared, thumbnail, saved.

use actix_web::web::Data;
use tokio_util::sync::CancellationToken;

use super::Nina;
use super::hub::Message;
use crate::catalogue::{CatalogueError, HistoryEntry};
use crate::error::chain;

/// Follows the history from its entry number `first` on, until `stop`. Whoever adds entries (a watched directory, an
/// upload, another process) need not know of listeners, and a burst of frames waits in the history itself.
pub async fn announce_saved(nina: Data<Nina>, first: u64, stop: CancellationToken) {
    let mut commits = nina.catalogue.commits();
    let mut next = first;
    loop {
        let told = tokio::select! {
            () = stop.cancelled() => return,
            told = announce_from(&nina, &mut next) => told,
        };
        if let Err(error) = told {
            tracing::warn!(error = %chain(&error), "frames could not be announced yet");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = commits.changed() => if changed.is_err() { return },
        }
    }
}

/// Announces all entries from `next` on.
async fn announce_from(nina: &Nina, next: &mut u64) -> Result<(), CatalogueError> {
    while let Some(entry) = nina.catalogue.history_nth(None, *next).await? {
        announce(nina, &entry).await;
        *next += 1;
    }
    Ok(())
}

/// The thumbnail is there before anybody is told that the frame was saved.
async fn announce(nina: &Nina, entry: &HistoryEntry) {
    nina.hub.tell(&Message::image_prepared());
    if let Err(failure) = nina.make_thumbnail(entry).await {
        tracing::warn!(position = entry.position, %failure, "no thumbnail could be made");
    }
    nina.hub.tell(&Message::image_save(entry));
}
