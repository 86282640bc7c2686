//! `GET /image/{index}`: a frame of the history as a picture, or as the file it is.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::params::{Debayering, ImageRequest, QueryParameters, integer};
use crate::catalogue::HistoryEntry;
use crate::pixel::BayerPattern;
use crate::protocol::conditional::Validators;
use crate::render::{FrameSource, Rendition};

/// Answers with bytes when `stream=true`, else with base64 in the envelope.
///
/// # Errors
/// The failures of the plugin; see [`Failure`].
pub async fn image(
    request: HttpRequest,
    index: Path<String>,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let index = integer(&index).ok_or_else(|| Failure::unreadable("index", &index))?;
    let asked = ImageRequest::of(&QueryParameters::of(&request)?, &nina.settings)?;
    let entry = entry_at(&nina, asked.image_type.as_deref(), index).await?;
    let source = nina.frame_source(&entry).await?;
    if asked.raw_fits {
        return original(&request, &nina, source, &asked).await;
    }
    let rendition = rendition(&entry, &asked)?;
    let validators = Validators::strong(source.digest_of(&rendition), Some(source.identity.stamp.modified()));
    if validators.are_held_by(&request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let picture = nina.renderer.rendition(source, rendition).await?;
    if !asked.stream {
        return Ok(in_envelope(&request, &picture));
    }
    let media_type = asked.format.media_type();
    Ok(streamed(media_type, picture, &validators))
}

fn streamed(media_type: &str, bytes: Bytes, validators: &Validators) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    validators.write(&mut response);
    response.insert_header((CACHE_CONTROL, "no-cache"));
    response.content_type(media_type).body(bytes)
}

fn in_envelope(request: &HttpRequest, bytes: &[u8]) -> HttpResponse {
    Envelope::success(STANDARD.encode(bytes)).respond_to(request)
}

async fn entry_at(nina: &Nina, image_type: Option<&str>, index: i32) -> Result<HistoryEntry, Failure> {
    if nina.catalogue.history_count(image_type).await? == 0 {
        return Err(Failure::no_images());
    }
    let index = u64::try_from(index).map_err(|_| Failure::index_out_of_range())?;
    nina.catalogue.history_nth(image_type, index).await?.ok_or_else(Failure::index_out_of_range)
}

/// The file itself; unpacked if it is gzipped.
async fn original(
    request: &HttpRequest,
    nina: &Nina,
    source: FrameSource,
    asked: &ImageRequest,
) -> Result<HttpResponse, Failure> {
    let validators =
        Validators::strong(source.digest_of(&"original"), Some(source.identity.stamp.modified()));
    if asked.stream && validators.are_held_by(request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let bytes = nina.renderer.original(source).await?;
    if asked.stream {
        return Ok(streamed("application/fits", bytes, &validators));
    }
    Ok(in_envelope(request, &bytes))
}

fn rendition(entry: &HistoryEntry, asked: &ImageRequest) -> Result<Rendition, Failure> {
    let debayer = match asked.look.debayer {
        Debayering::Off => None,
        Debayering::AsRecorded => recorded_pattern(entry),
        Debayering::By(pattern) => Some(pattern),
        Debayering::Unsupported => return Err(Failure::unknown()),
    };
    let (columns, rows) = (entry.frame.facts.columns as usize, entry.frame.facts.rows as usize);
    let reduction = asked.scaling.of_columns(columns);
    Ok(Rendition {
        debayer,
        stretch: Some(asked.look.stretch),
        columns: reduction.side(columns),
        rows: reduction.side(rows),
        format: asked.format,
    })
}

impl Nina {
    /// What the renderer needs to know of an entry's frame.
    async fn frame_source(&self, entry: &HistoryEntry) -> Result<FrameSource, Failure> {
        let statistics = self.catalogue.statistics(entry.frame.id).await?;
        Ok(FrameSource {
            identity: entry.frame.identity(),
            path: entry.frame.path.clone(),
            hdu: entry.frame.facts.hdu,
            statistics,
            recorded_pattern: recorded_pattern(entry),
        })
    }
}

/// The frame's own Bayer pattern, if it has one.
fn recorded_pattern(entry: &HistoryEntry) -> Option<BayerPattern> {
    entry.frame.facts.bayer_pattern.filter(|_| entry.saved.is_bayered)
}
