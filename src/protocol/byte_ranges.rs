//! Range requests (RFC 9110 section 14) over bytes that are read as they are sent.

use std::future::Future;
use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, ByteRangeSpec, CACHE_CONTROL, CONTENT_RANGE, ETag, Header, IfRange, Range as RangeHeader,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::{Stream, stream};

use super::conditional::Validators;

/// How much is read ahead of the client.
const CHUNK_BYTES: u64 = 1 << 18;

/// What part of a body a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// All of it.
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// Bytes behind the end.
    Nothing,
}

/// Answers with the bytes a request asks for of a body of `length` bytes: 200, 206, 304 or 416. `read` fetches a
/// range of them and must return exactly as many as asked for.
pub fn answer<R, F, E>(
    request: &HttpRequest,
    media_type: &str,
    length: u64,
    validators: &Validators,
    read: R,
) -> HttpResponse
where
    R: Fn(Range<u64>) -> F + 'static,
    F: Future<Output = Result<Bytes, E>> + 'static,
    E: Into<Box<dyn std::error::Error>> + 'static,
{
    if validators.are_held_by(request) {
        return HttpResponse::NotModified().finish();
    }
    let part = part(request, length, validators);
    let (mut response, range) = match part {
        Part::Whole => (HttpResponse::Ok(), 0..length),
        Part::Bytes(range) => {
            let shown = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            let mut response = HttpResponseBuilder::new(StatusCode::PARTIAL_CONTENT);
            response.insert_header((CONTENT_RANGE, shown));
            (response, range)
        }
        Part::Nothing => {
            return HttpResponse::RangeNotSatisfiable()
                .insert_header((CONTENT_RANGE, format!("bytes */{length}")))
                .finish();
        }
    };
    validators.write(&mut response);
    response
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .content_type(media_type)
        .body(SizedStream::new(range.end - range.start, chunks(range, CHUNK_BYTES, read)))
}

/// The bytes of a range, a chunk at a time, as fast as they are taken.
pub fn chunks<R, F, E>(range: Range<u64>, chunk_bytes: u64, read: R) -> impl Stream<Item = Result<Bytes, E>>
where
    R: Fn(Range<u64>) -> F,
    F: Future<Output = Result<Bytes, E>>,
{
    stream::try_unfold((range, read), move |(left, read)| async move {
        if left.is_empty() {
            return Ok(None);
        }
        let until = left.end.min(left.start + chunk_bytes);
        let chunk = read(left.start..until).await?;
        Ok(Some((chunk, (until..left.end, read))))
    })
}

/// One range is honoured; several, a unit we do not know, or a range of another version mean the whole.
fn part(request: &HttpRequest, length: u64, validators: &Validators) -> Part {
    let Ok(RangeHeader::Bytes(ranges)) = RangeHeader::parse(request) else { return Part::Whole };
    let is_of_this_version = match IfRange::parse(request) {
        Err(_) => !request.headers().contains_key(IfRange::name()),
        Ok(IfRange::EntityTag(tag)) => validators.is_strongly(&ETag(tag)),
        Ok(IfRange::Date(date)) => validators.is_of(date.into()),
    };
    let [range] = ranges.as_slice() else { return Part::Whole };
    if !is_of_this_version {
        return Part::Whole;
    }
    match (range, range.to_satisfiable_range(length)) {
        (_, Some((first, last))) => Part::Bytes(first..last + 1),
        (ByteRangeSpec::FromTo(first, last), None) if last < first => Part::Whole,
        _ => Part::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn validators() -> Validators {
        Validators::strong(0xabc, None)
    }

    fn asked(headers: &[(&'static str, &str)]) -> Part {
        let request =
            headers.iter().fold(TestRequest::default(), |request, header| request.insert_header(*header));
        part(&request.to_http_request(), 1000, &validators())
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-9", Part::Bytes(0..10)),
            ("bytes=990-", Part::Bytes(990..1000)),
            ("bytes=-10", Part::Bytes(990..1000)),
            ("bytes=-5000", Part::Bytes(0..1000)),
            ("bytes=5-5000", Part::Bytes(5..1000)),
            ("bytes=1000-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=9-5", Part::Whole),
            ("bytes=0-1,5-9", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("nonsense", Part::Whole),
        ] {
            assert_eq!(asked(&[("Range", range)]), expected, "{range}");
        }
        assert_eq!(asked(&[]), Part::Whole);
    }

    #[test]
    fn a_range_of_another_version_means_the_whole() {
        let with = |tag| asked(&[("Range", "bytes=0-9"), ("If-Range", tag)]);
        assert_eq!(with("\"0000000000000abc\""), Part::Bytes(0..10));
        assert_eq!(with("\"other\""), Part::Whole);
        assert_eq!(with("W/\"0000000000000abc\""), Part::Whole);
        assert_eq!(with("Fri, 01 Jan 2100 00:00:00 GMT"), Part::Whole);
    }
}
