//! `raw_fits`: the file of a frame as it was saved; one of another format as the FITS file it would be.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};

use super::Nina;
use super::base64_answer::base64_answer;
use super::error::Failure;
use super::image_request::frame_source;
use crate::catalogue::HistoryEntry;
use crate::protocol::byte_ranges;
use crate::protocol::conditional::Validators;

/// The media type of a FITS file that need not be an image (RFC 4047).
const APPLICATION_FITS: &str = "application/fits";

/// The file, unpacked if it is packed: as bytes, in ranges if the client asks for them, or as base64 in the
/// envelope.
///
/// # Errors
/// `Unknown error` when it is gone.
pub async fn original(
    request: &HttpRequest,
    nina: &Nina,
    entry: &HistoryEntry,
    stream: bool,
) -> Result<HttpResponse, Failure> {
    let source = frame_source(entry);
    let file = nina.renderer.open(source.path.clone()).await?;
    let length = file.fits.byte_len();
    let read = move |range| Arc::clone(&file).read(range);
    if !stream {
        return Ok(base64_answer(length, read));
    }
    let digest = source.digest_of(&"original");
    let validators = Validators::strong(digest, Some(source.identity.stamp.modified()));
    Ok(byte_ranges::answer(request, APPLICATION_FITS, length, &validators, read))
}
