//! Images on the wire: whole files with ranges, cutouts of exact length, pictures of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    CONTENT_DISPOSITION, ContentDisposition, ContentType, HeaderName, TryIntoHeaderValue,
};
use actix_web::{HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use mime::Mime;

use crate::fits::{Cutout, FitsError};
use crate::pixel::AxisRun;
use crate::protocol::byte_ranges;
use crate::protocol::conditional::Validators;
use crate::render::{Error, OpenFile, PlannedCutout};

/// How much of a large cutout is read at once.
const READ_BYTES: u64 = 512 << 10;
/// How much of that a connection is given at once: what its buffer holds without growing (128 KiB) beside a head.
const PIECE_BYTES: usize = 124 << 10;

const CUTOUT_BOUNDS: HeaderName = HeaderName::from_static("x-cutout-bounds");

/// How an answer travels: to which request, under what file name and media type.
#[derive(Debug)]
pub struct Delivery<'a> {
    request: &'a HttpRequest,
    name: ContentDisposition,
    media_type: Mime,
}

impl<'a> Delivery<'a> {
    /// An answer to be saved as `file_name`.
    pub fn new(request: &'a HttpRequest, file_name: String, media_type: &str) -> Self {
        let media_type = media_type.parse().unwrap_or(mime::APPLICATION_OCTET_STREAM);
        Self { request, name: ContentDisposition::attachment(file_name), media_type }
    }

    /// A whole file as it lies in the archive, with `Range`, `ETag` and `Last-Modified`; what is compressed there
    /// as a whole is sent unpacked.
    pub fn whole_file(self, file: Arc<OpenFile>) -> HttpResponse {
        let (stamp, length) = (file.fits.stamp(), file.fits.byte_len());
        let mut hasher = DefaultHasher::new();
        (stamp, length).hash(&mut hasher);
        let validators = Validators::strong(hasher.finish(), Some(stamp.modified()));
        let read = move |range| Arc::clone(&file).read(range);
        let mut response =
            byte_ranges::answer(self.request, self.media_type.as_ref(), length, &validators, read);
        if let Ok(name) = self.name.try_into_value() {
            response.headers_mut().insert(CONTENT_DISPOSITION, name);
        }
        response
    }

    /// A cutout, its length known before the first pixel is read.
    pub fn cutout(self, planned: PlannedCutout) -> HttpResponse {
        let length = planned.cutout.content_length();
        // The DATE card says when the cutout was made, so two equal ones may differ in bytes: a weak tag.
        let validators = Validators::weak(planned.digest, Some(planned.stamp.modified()));
        if validators.are_held_by(self.request) {
            return HttpResponse::NotModified().finish();
        }
        let mut response = HttpResponse::Ok();
        validators.write(&mut response);
        response.insert_header(ContentType(self.media_type)).insert_header(self.name);
        response.insert_header((CUTOUT_BOUNDS, planned.bounds()));
        match planned.bytes {
            Some(bytes) => response.body(bytes),
            None => response.body(SizedStream::new(length, pieces(planned.cutout))),
        }
    }

    /// A picture of a cutout.
    pub fn picture(self, bytes: Bytes, runs: &[AxisRun]) -> HttpResponse {
        let bounds = runs.iter().map(|run| run.to_fits_range()).collect::<Vec<_>>().join(",");
        let mut response = HttpResponse::Ok();
        response.insert_header(ContentType(self.media_type)).insert_header(self.name);
        response.insert_header((CUTOUT_BOUNDS, bounds)).body(bytes)
    }
}

/// The bytes of a cutout, read on the blocking pool as fast as the client takes them. Each read goes into the memory
/// of the one before, which has left by then: however large the answer, this is what it takes.
fn pieces(cutout: Arc<Cutout>) -> impl Stream<Item = Result<Bytes, Error>> {
    let begin = (0, Bytes::new(), BytesMut::new());
    stream::try_unfold(begin, move |(offset, mut read, mut memory)| {
        let cutout = Arc::clone(&cutout);
        async move {
            if read.is_empty() {
                let length = (cutout.content_length() - offset).min(READ_BYTES) as usize;
                // Asked for here, where it is given back: allocators keep what threads throw away for each other.
                memory.reserve(length);
                let fill = move || {
                    memory.resize(length, 0);
                    let filled = cutout.read(offset, &mut memory)?;
                    Ok::<_, FitsError>((memory.split_to(filled).freeze(), memory))
                };
                (read, memory) = tokio::task::spawn_blocking(fill).await.map_err(Error::Panicked)??;
            }
            let piece = read.split_to(read.len().min(PIECE_BYTES));
            let next = offset + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, (next, read, memory))))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;
    use ndarray::Array3;

    use super::*;
    use crate::fits::create::FitsWriter;
    use crate::fits::{CutoutNote, FitsFile, HduIndex, Header, ImageCut, Kept};
    use crate::pixel::{Limits, PixelBox, Raster};

    #[tokio::test]
    async fn a_large_cutout_goes_through_the_memory_of_one_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.fits");
        let pixels = Array3::from_shape_fn((1, 900, 900), |(_, y, x)| (y * 900 + x) as f32);
        FitsWriter::new().image(Header::new(), Raster::F32(pixels)).write(&path).unwrap();
        let file = Arc::new(FitsFile::open(&path, &Limits::default()).unwrap());
        let note = CutoutNote {
            region: "PIXEL".to_owned(),
            publisher_did: None,
            made_at: "2026-11-21T00:00:00Z".parse().unwrap(),
        };
        let cut = ImageCut::of_box(HduIndex(0), PixelBox { x: 3, y: 5, width: 890, height: 880 });
        let cutout = Arc::new(Cutout::plan(file, &[cut], Kept::Everything, &note).unwrap());
        let whole = cutout.to_bytes().unwrap();
        let mut pieces = pin!(pieces(cutout));
        let (mut sent, mut places) = (Vec::new(), Vec::new());
        while let Some(piece) = pieces.next().await {
            let piece = piece.unwrap();
            places.push(piece.as_ptr() as usize);
            sent.extend_from_slice(&piece);
        }
        assert_eq!(sent, whole);
        assert!(sent.len() as u64 > 5 * READ_BYTES);
        let memory = places[0]..places[0] + READ_BYTES as usize;
        assert!(places.iter().all(|place| memory.contains(place)), "{places:?}");
    }
}
