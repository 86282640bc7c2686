//! Frames as pictures: `GET /image/{index}` and `GET /prepared-image`.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::Nina;
use super::base64_answer::{base64_answer, in_memory};
use super::error::Failure;
use super::history::entry_at;
use super::image_request::{Debayering, ImageRequest, PictureRequest, frame_source};
use super::original::original;
use super::parameters::{QueryParameters, path_index};
use super::profile::ImageSettings;
use crate::catalogue::HistoryEntry;
use crate::protocol::conditional::Validators;
use crate::render::Rendition;

/// Answers with bytes when `stream=true`, else with base64 in the envelope.
///
/// # Errors
/// The failures of the plugin; see [`Failure`].
pub async fn image(
    request: HttpRequest,
    index: Path<String>,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let index = path_index(&index)?;
    let asked = ImageRequest::of(&QueryParameters::of(&request)?, &nina.profile.image_settings())?;
    let entry = entry_at(&nina, asked.image_type.as_deref(), index, Failure::no_images).await?;
    if asked.raw_fits {
        return original(&request, &nina, &entry, asked.stream).await;
    }
    let rendition = asked.picture.rendition(&entry)?;
    if asked.stream {
        return streamed(&request, &nina, &entry, rendition).await;
    }
    let picture = nina.renderer.rendition(frame_source(&entry), rendition).await?;
    Ok(base64_answer(picture.len() as u64, in_memory(picture)))
}

/// The newest frame of any kind, always as bytes. What cannot be debayered as asked is shown as the capture
/// program prepared it.
///
/// # Errors
/// `No image` when nothing was saved yet.
pub async fn prepared_image(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    let settings = nina.profile.image_settings();
    let asked = PictureRequest::of(&QueryParameters::of(&request)?, &settings)?;
    let order = nina.catalogue.history_order().await?;
    let newest = *order.frames(None).last().ok_or_else(Failure::no_image)?;
    let entry = nina.catalogue.history_entry(newest).await?.ok_or_else(Failure::no_image)?;
    let rendition = prepared(asked, &settings).rendition(&entry)?;
    streamed(&request, &nina, &entry, rendition).await
}

/// The picture the capture program holds is already in colour if the profile says so.
fn prepared(mut asked: PictureRequest, settings: &ImageSettings) -> PictureRequest {
    if matches!(asked.look.debayer, Debayering::Off | Debayering::Unsupported) {
        asked.look.debayer = super::image_request::Look::prepared(settings).debayer;
    }
    asked
}

/// The picture as bytes, unless the client holds it.
async fn streamed(
    request: &HttpRequest,
    nina: &Nina,
    entry: &HistoryEntry,
    rendition: Rendition,
) -> Result<HttpResponse, Failure> {
    let source = frame_source(entry);
    let validators = Validators::strong(source.digest_of(&rendition), Some(source.identity.stamp.modified()));
    if validators.are_held_by(request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let picture = nina.renderer.rendition(source, rendition).await?;
    let mut response = HttpResponse::Ok();
    validators.write(&mut response);
    response.insert_header((CACHE_CONTROL, "no-cache"));
    Ok(response.content_type(rendition.format.media_type()).body(picture))
}
