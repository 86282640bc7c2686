//! `POST /upload/{file name}`: a frame pushed to the gateway, by whoever has the privilege. Not of the plugin.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::TryStreamExt;
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
/// 400 for a bad name or no frame, 409 when the name is taken, 413 for too many bytes, 503 when too many upload.
pub async fn upload(
    request: HttpRequest,
    name: Path<String>,
    body: Payload,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let uploads = nina.uploads.as_ref().ok_or_else(|| Failure::conflict("Upload is switched off"))?;
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
