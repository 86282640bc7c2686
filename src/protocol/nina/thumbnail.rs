//! `GET /image/thumbnail/{index}`: a small picture of each frame, made when it was saved.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::Nina;
use super::error::Failure;
use super::history::entry_at;
use super::image_request::{Look, frame_source};
use super::parameters::{QueryParameters, path_index};
use crate::catalogue::HistoryEntry;
use crate::error::chain;
use crate::pixel::Format;
use crate::protocol::conditional::Validators;
use crate::render::Rendition;

/// The longer side of a thumbnail.
const LONGER_SIDE: f64 = 256.0;

/// How it is encoded.
const FORMAT: Format = Format::Jpeg { quality: 85 };

/// Always a JPEG, as wide as 256 pixels at most.
///
/// # Errors
/// `No thumbnails available`, `Index out of range`; `Unknown error` when the file is gone and was never shown.
pub async fn thumbnail(
    request: HttpRequest,
    index: Path<String>,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let index = path_index(&index)?;
    let parameters = QueryParameters::of(&request)?;
    let entry = entry_at(&nina, parameters.given("imageType"), index, Failure::no_thumbnails).await?;
    let source = frame_source(&entry);
    let validators = Validators::weak(source.digest_of(&"thumbnail"), Some(source.identity.stamp.modified()));
    if validators.are_held_by(&request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let picture = nina.thumbnail(&entry).await?;
    let mut response = HttpResponse::Ok();
    validators.write(&mut response);
    response.insert_header((CACHE_CONTROL, "no-cache"));
    Ok(response.content_type(FORMAT.media_type()).body(picture))
}

impl Nina {
    /// The thumbnail of an entry, made now if there is none, beside the requests.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn make_thumbnail(&self, entry: &HistoryEntry) -> Result<(), Failure> {
        if self.thumbnails.get(entry.frame.identity()).await.is_none() {
            let rendition = self.thumbnail_rendition(entry)?;
            let picture = self.renderer.rendition_beside(frame_source(entry), rendition).await?;
            self.keep_thumbnail(entry, picture).await;
        }
        Ok(())
    }

    /// The thumbnail of an entry: as the profile was when it was made, kept until the file changes.
    ///
    /// # Errors
    /// When the file cannot be read or the queue is full.
    async fn thumbnail(&self, entry: &HistoryEntry) -> Result<Bytes, Failure> {
        if let Some(picture) = self.thumbnails.get(entry.frame.identity()).await {
            return Ok(picture);
        }
        let rendition = self.thumbnail_rendition(entry)?;
        let picture = self.renderer.rendition(frame_source(entry), rendition).await?;
        self.keep_thumbnail(entry, picture.clone()).await;
        Ok(picture)
    }

    /// Removes the thumbnails of frames the history does not hold any more: after the catalogue was made anew, or
    /// what a frame is called has changed.
    pub async fn sweep_thumbnails(&self) {
        let swept = async {
            let listed = self.thumbnails.list().await?;
            let frames = self.catalogue.history_identities().await?;
            self.thumbnails.sweep(listed, &frames).await
        };
        match swept.await {
            Ok(0) => {}
            Ok(thumbnails) => tracing::info!(thumbnails, "thumbnails of forgotten frames removed"),
            Err(error) => tracing::warn!(error = %chain(&error), "old thumbnails could not be removed"),
        }
    }

    fn thumbnail_rendition(&self, entry: &HistoryEntry) -> Result<Rendition, Failure> {
        let facts = &entry.frame.facts;
        let (columns, rows) = small(facts.columns, facts.rows);
        let look = Look::prepared(&self.profile.image_settings());
        let debayer = look.debayer.pattern_for(entry)?;
        Ok(Rendition {
            is_spread: false,
            is_turned_over: false,
            debayer,
            stretch: Some(look.stretch),
            columns,
            rows,
            format: FORMAT,
        })
    }

    async fn keep_thumbnail(&self, entry: &HistoryEntry, picture: Bytes) {
        if let Err(error) = self.thumbnails.put(entry.frame.identity(), picture).await {
            tracing::warn!(error = %chain(&error), "a thumbnail could not be kept");
        }
    }
}

/// The size of the thumbnail of a frame: never larger than the frame.
fn small(columns: u64, rows: u64) -> (usize, usize) {
    let factor = (LONGER_SIDE / columns.max(rows).max(1) as f64).min(1.0);
    let side = |pixels: u64| ((pixels as f64 * factor).round() as usize).max(1);
    (side(columns), side(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_is_256_pixels_and_small_frames_stay() {
        assert_eq!(small(6248, 4176), (256, 171));
        assert_eq!(small(4176, 6248), (171, 256));
        assert_eq!(small(64, 48), (64, 48));
        assert_eq!(small(100_000, 1), (256, 1));
        assert_eq!(small(1, 1), (1, 1));
    }
}
