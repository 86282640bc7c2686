//! `POST /upload/{file name}`: a frame pushed to the gateway. Not of the plugin; off unless a token is configured.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue, WWW_AUTHENTICATE};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::item::ImageHistoryItem;
use super::json::Number;
use crate::ingest::upload::UploadError;

/// How long a client may send nothing: there are few places for uploads.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes the body as a file, reads it like any other frame, and answers with its entry of the history.
///
/// # Errors
/// 401 without the token, 400 for a bad name or no frame, 409 when switched off or the name is taken, 413 for too
/// many bytes, 503 when too many upload.
pub async fn upload(
    request: HttpRequest,
    name: Path<String>,
    body: Payload,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let uploads = nina.uploads.as_ref().ok_or_else(|| Failure::conflict("Upload is switched off"))?;
    if !holds_token(&request, &nina.settings.upload_token) {
        let mut refusal = Failure::unauthorized().error_response();
        refusal.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return Ok(refusal);
    }
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > nina.settings.upload_bytes) {
        return Err(UploadError::TooLarge.into());
    }
    let mut upload = uploads.begin(&name).await?;
    let mut body = body.into_inner();
    let broke_off = || Failure::bad_request("The upload broke off");
    loop {
        let next = timeout(PATIENCE, body.try_next()).await.map_err(|_| broke_off())?;
        let Some(bytes) = next.map_err(|_| broke_off())? else { break };
        upload.write(&bytes).await?;
    }
    let frame = upload.finish().await?;
    let entry = nina.catalogue.history_entry(frame).await?.ok_or_else(Failure::unknown)?;
    tracing::info!(position = entry.position, "frame uploaded");
    Ok(Envelope::success([ImageHistoryItem::<Number>::from(&*entry)]).respond_to(&request))
}

/// Whether the request shows the token. Digests are compared, so that time tells nothing about it.
fn holds_token(request: &HttpRequest, token: &str) -> bool {
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
    });
    shown.is_some_and(|shown| Sha256::digest(shown) == Sha256::digest(token))
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        let refused = |status| Self::refused(status, error.to_string());
        match &error {
            UploadError::Name | UploadError::NotAFrame => refused(StatusCode::BAD_REQUEST),
            UploadError::Exists => refused(StatusCode::CONFLICT),
            UploadError::TooLarge => refused(StatusCode::PAYLOAD_TOO_LARGE),
            UploadError::Busy | UploadError::Write(_) | UploadError::Scan(_) => Self::of(&error),
        }
    }
}
