//! Bytes in the envelope: encoded as they are sent, so that a large picture is never in memory twice.

use std::future::Future;
use std::ops::Range;

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::envelope::{Envelope, JSON};
use crate::protocol::byte_ranges::chunks;

/// Bytes encoded at a time: a multiple of three, so that only the last piece is padded.
const PIECE_BYTES: u64 = 3 << 16;

/// The envelope with `length` bytes in `Response`; `read` fetches a range of them.
pub fn base64_answer<R, F, E>(length: u64, read: R) -> HttpResponse
where
    R: Fn(Range<u64>) -> F + 'static,
    F: Future<Output = Result<Bytes, E>> + 'static,
    E: Into<Box<dyn std::error::Error>> + 'static,
{
    let empty = Envelope::success("").to_json();
    // The empty string of `Response` is the first one of the envelope.
    let (before, after) = empty.split_at(empty.find("\"\"").map_or(0, |quotes| quotes + 1));
    let total = (before.len() + after.len()) as u64 + length.div_ceil(3) * 4;
    let text = |text: &str| stream::once(std::future::ready(Ok(Bytes::from(text.to_owned()))));
    let encoded = chunks(0..length, PIECE_BYTES, read).map_ok(|bytes| Bytes::from(STANDARD.encode(bytes)));
    let body = text(before).chain(encoded).chain(text(after));
    HttpResponse::Ok().content_type(JSON).body(SizedStream::new(total, body))
}

/// Reads ranges of bytes that are in memory.
pub fn in_memory(
    bytes: Bytes,
) -> impl Fn(Range<u64>) -> std::future::Ready<Result<Bytes, std::convert::Infallible>> {
    move |range| std::future::ready(Ok(bytes.slice(range.start as usize..range.end as usize)))
}

#[cfg(test)]
mod tests {
    use actix_web::body::{MessageBody, to_bytes};

    use super::*;

    #[tokio::test]
    async fn the_answer_is_the_envelope_of_the_whole_whatever_its_length() {
        for length in [0, 1, 2, 3, PIECE_BYTES as usize, PIECE_BYTES as usize + 1, 500_000] {
            let bytes: Bytes = (0..length).map(|number| (number * 7) as u8).collect();
            let answer = base64_answer(length as u64, in_memory(bytes.clone()));
            let announced = answer.body().size();
            let body = to_bytes(answer.into_body()).await.unwrap();
            assert_eq!(announced, actix_web::body::BodySize::Sized(body.len() as u64), "{length}");
            assert_eq!(body, Envelope::success(STANDARD.encode(&bytes)).to_json(), "{length}");
        }
    }
}
