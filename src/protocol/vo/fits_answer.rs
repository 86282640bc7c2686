//! FITS on the wire: whole files with ranges, cutouts of exact length.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use actix_files::NamedFile;
use actix_web::body::SizedStream;
use actix_web::http::header::{ContentDisposition, ContentType};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, stream};
use mime::Mime;

use crate::fits::{Cutout, FitsError};
use crate::protocol::conditional::Validators;
use crate::render::{Error, OpenFile, PlannedCutout};

/// How much of a large cutout is read ahead of the client.
const CHUNK_BYTES: usize = 1 << 20;

fn image_fits() -> Mime {
    "image/fits".parse().expect("a well-formed media type")
}

/// A whole file as it lies in the archive, with `Range`, `ETag` and `Last-Modified`; what is gzipped there is
/// sent unpacked.
///
/// # Errors
/// When the file is gone.
pub async fn whole_file(
    request: &HttpRequest,
    file: &Arc<OpenFile>,
    name: ContentDisposition,
) -> Result<HttpResponse, Error> {
    if file.fits.is_unpacked() {
        let file = Arc::clone(file);
        let bytes = tokio::task::spawn_blocking(move || file.bytes()).await.map_err(Error::Panicked)??;
        return Ok(HttpResponse::Ok()
            .insert_header(ContentType(image_fits()))
            .insert_header(name)
            .body(bytes));
    }
    let named = NamedFile::open_async(file.fits.path()).await.map_err(FitsError::Io)?;
    Ok(named.set_content_type(image_fits()).set_content_disposition(name).into_response(request))
}

/// A cutout, its length known before the first pixel is read.
pub fn cutout(request: &HttpRequest, planned: PlannedCutout, name: ContentDisposition) -> HttpResponse {
    let length = planned.cutout.content_length();
    let mut hasher = DefaultHasher::new();
    (planned.stamp, planned.science_box, length).hash(&mut hasher);
    // The DATE card says when the cutout was made, so two equal ones may differ in bytes: a weak tag.
    let validators = Validators::weak(hasher.finish(), Some(planned.stamp.modified()));
    if validators.are_held_by(request) {
        return HttpResponse::NotModified().finish();
    }
    let mut response = HttpResponse::Ok();
    validators.write(&mut response);
    response.insert_header(ContentType(image_fits())).insert_header(name);
    match planned.bytes {
        Some(bytes) => response.body(bytes),
        None => response.body(SizedStream::new(length, chunks(planned.cutout))),
    }
}

/// The bytes of a cutout, read on the blocking pool as fast as the client takes them.
fn chunks(cutout: Arc<Cutout>) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold(0, move |offset| {
        let cutout = Arc::clone(&cutout);
        async move {
            let read = move || cutout.chunk(offset, CHUNK_BYTES);
            let chunk = tokio::task::spawn_blocking(read).await.map_err(Error::Panicked)??;
            let next = offset + chunk.len() as u64;
            Ok((!chunk.is_empty()).then_some((chunk, next)))
        }
    })
}
