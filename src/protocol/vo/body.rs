//! Parameters in the body of a request: forms as HTML sends them, urlencoded or multipart. Anything else, XML
//! included, is refused unread.

use actix_multipart::Multipart;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload, Query};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{StreamExt, stream};

use crate::protocol::body::{Missing, whole};

/// Why a body gives no parameters.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Longer than `limits.request_bytes`.
    #[error("the request body is larger than the {0} bytes allowed")]
    TooLarge(usize),
    /// Not a form.
    #[error("a body of type {0} is not accepted")]
    MediaType(String),
    /// It breaks off or breaks its own rules.
    #[error("the request body cannot be read")]
    Unreadable,
}

/// The media type of the body in lower case without parameters; empty when none is stated.
pub fn media_type(request: &HttpRequest) -> String {
    request.content_type().trim().to_ascii_lowercase()
}

/// All bytes of the body, at most `limit` of them.
///
/// # Errors
/// [`BodyError::TooLarge`], [`BodyError::Unreadable`].
pub async fn bytes(payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    whole(payload, limit).await.map_err(|missing| match missing {
        Missing::TooLarge => BodyError::TooLarge(limit),
        Missing::BrokeOff => BodyError::Unreadable,
    })
}

/// Names and values of a form, in order; none of an empty body.
///
/// # Errors
/// See [`BodyError`].
pub async fn form(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Vec<(String, String)>, BodyError> {
    let kind = media_type(request);
    match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            let bytes = bytes(payload, limit).await?;
            urlencoded(std::str::from_utf8(&bytes).map_err(|_| BodyError::Unreadable)?)
        }
        "multipart/form-data" => {
            let bytes = bytes(payload, limit).await?;
            multipart(request, bytes).await
        }
        // A body of a stated type is refused even if it is empty; without a type it must be empty.
        "" if bytes(payload, limit).await?.is_empty() => Ok(Vec::new()),
        "" => Err(BodyError::MediaType("unknown".to_owned())),
        _ => Err(BodyError::MediaType(plain(request))),
    }
}

/// Names and values of a query string or urlencoded form.
///
/// # Errors
/// [`BodyError::Unreadable`].
pub fn urlencoded(text: &str) -> Result<Vec<(String, String)>, BodyError> {
    Query::<Vec<(String, String)>>::from_query(text).map(Query::into_inner).map_err(|_| BodyError::Unreadable)
}

async fn multipart(request: &HttpRequest, bytes: Bytes) -> Result<Vec<(String, String)>, BodyError> {
    let length = bytes.len();
    let whole = stream::once(async move { Ok::<_, actix_web::error::PayloadError>(bytes) });
    let mut fields = Multipart::new(request.headers(), whole);
    let mut pairs = Vec::new();
    while let Some(field) = fields.next().await {
        let mut field = field.map_err(|_| BodyError::Unreadable)?;
        let name = field.name().ok_or(BodyError::Unreadable)?.to_owned();
        let value = field.bytes(length).await.ok().and_then(Result::ok).ok_or(BodyError::Unreadable)?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| BodyError::Unreadable)?;
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// The stated media type, safe to repeat.
fn plain(request: &HttpRequest) -> String {
    let stated =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.chars().filter(char::is_ascii_graphic).take(64).collect()
}
