//! The body of a request whole, within a number of bytes and a time.

use std::time::Duration;

use actix_web::web::{Bytes, Payload};

/// Time a client has to send it: parameters are short, and every body under way takes memory.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why a body is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is larger than allowed.
    TooLarge,
    /// It broke off, or came too slowly.
    BrokeOff,
}

/// All bytes of a body, at most `limit` of them.
///
/// # Errors
/// See [`Missing`].
pub async fn whole(payload: Payload, limit: usize) -> Result<Bytes, Missing> {
    within(PATIENCE, payload, limit).await
}

async fn within(patience: Duration, payload: Payload, limit: usize) -> Result<Bytes, Missing> {
    let read = tokio::time::timeout(patience, payload.to_bytes_limited(limit));
    let read = read.await.map_err(|_| Missing::BrokeOff)?;
    read.map_err(|_| Missing::TooLarge)?.map_err(|_| Missing::BrokeOff)
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::dev;
    use actix_web::error::PayloadError;
    use actix_web::test::TestRequest;
    use futures_util::{Stream, StreamExt, stream};

    use super::*;

    async fn read(
        patience: Duration,
        parts: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
    ) -> Result<Bytes, Missing> {
        let (request, _) = TestRequest::default().to_http_parts();
        let mut payload = dev::Payload::from(parts.boxed_local());
        let payload = Payload::from_request(&request, &mut payload).await.unwrap();
        within(patience, payload, 8).await
    }

    #[actix_web::test]
    async fn a_body_is_taken_whole_or_not_at_all() {
        let parts = |texts: &[&'static str]| {
            stream::iter(texts.iter().map(|text| Ok(Bytes::from_static(text.as_bytes()))).collect::<Vec<_>>())
        };
        let soon = Duration::from_mins(1);
        assert_eq!(read(soon, parts(&["12", "345678"])).await.unwrap(), "12345678");
        assert_eq!(read(soon, parts(&["12", "3456789"])).await, Err(Missing::TooLarge));
        let broken = parts(&["12"]).chain(stream::iter([Err(PayloadError::Incomplete(None))]));
        assert_eq!(read(soon, broken).await, Err(Missing::BrokeOff));
        let slow = parts(&["12"]).chain(stream::pending());
        assert_eq!(read(Duration::ZERO, slow).await, Err(Missing::BrokeOff));
    }
}
