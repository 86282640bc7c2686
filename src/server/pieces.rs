//! Large answers leave in pieces: a connection holds one piece, not a copy of the whole answer, however slowly its
//! client reads.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;

/// Bytes of a piece. Every piece costs a system call and may wake the client, so what most clients ask for leaves at once.
const PIECE_BYTES: usize = 512 << 10;

/// Sends answers that lie whole in memory piece by piece; streams pass as they are.
///
/// # Errors
/// Those of the wrapped service.
pub(super) async fn in_pieces(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match body.size() {
        BodySize::Sized(bytes) if bytes > PIECE_BYTES as u64 => match body.try_into_bytes() {
            Ok(whole) => BoxBody::new(Pieces(whole)),
            Err(stream) => stream,
        },
        _ => body,
    }))
}

/// Bytes that are still to be sent. They do not offer themselves whole (`try_into_bytes`): the box around a body would take
/// them at their word, and they would be copied whole again.
#[derive(Debug)]
struct Pieces(Bytes);

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PIECE_BYTES);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_fn;

    use super::*;

    #[test]
    fn nobody_puts_the_pieces_together_again() {
        let body = BoxBody::new(Pieces(Bytes::from_static(b"some bytes")));
        assert!(body.try_into_bytes().is_err());
    }

    #[actix_web::test]
    async fn pieces_are_together_what_was_given() {
        let whole: Bytes = (0..3 * PIECE_BYTES + 5).map(|number| number as u8).collect();
        let mut pieces = Pieces(whole.clone());
        assert_eq!(pieces.size(), BodySize::Sized(whole.len() as u64));
        let mut sent = Vec::new();
        while let Some(Ok(piece)) = poll_fn(|context| Pin::new(&mut pieces).poll_next(context)).await {
            assert!(!piece.is_empty() && piece.len() <= PIECE_BYTES);
            sent.extend_from_slice(&piece);
        }
        assert_eq!(sent, whole);
    }
}
