//! `GET /image/{index}/prefix`: marks a frame by the name of its file. Off unless the settings allow it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::history::entry_at;
use super::parameters::{QueryParameters, path_index};
use crate::ingest::rename::{InvalidPrefix, NamePrefix, RenameError, rename};

/// Renames the file to prefix + name; the entry keeps its index.
///
/// # Errors
/// 400 for a missing or impossible prefix, a taken name, a file that is gone; 409 when switched off.
pub async fn prefix(
    request: HttpRequest,
    index: Path<String>,
    nina: Data<Nina>,
) -> Result<HttpResponse, Failure> {
    let index = path_index(&index)?;
    let parameters = QueryParameters::of(&request)?;
    let text = parameters.value("prefix").ok_or_else(|| Failure::bad_request("prefix is missing"))?;
    if !nina.settings.rename {
        return Err(Failure::conflict("Renaming is switched off"));
    }
    let refused = |error: String| Failure::refused(StatusCode::BAD_REQUEST, error);
    let prefix = NamePrefix::try_from(text).map_err(|error: InvalidPrefix| refused(error.to_string()))?;
    let image_type = parameters.given("imageType");
    let entry = entry_at(&nina, image_type, index, Failure::no_images_to_work_on).await?;
    rename(&nina.catalogue, &entry.frame, &prefix).await.map_err(|error| match error {
        RenameError::Exists | RenameError::Missing | RenameError::Name => refused(error.to_string()),
        RenameError::Refused(_) | RenameError::Catalogue(_) => Failure::of(&error),
    })?;
    tracing::info!(position = entry.position, prefix = text, "frame renamed");
    Ok(Envelope::success(format!("Image renamed with prefix {text}")).respond_to(&request))
}
