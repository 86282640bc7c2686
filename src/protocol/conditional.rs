//! Conditional requests (RFC 9110 section 13): an answer the client already has is not sent again.

use std::time::SystemTime;

use actix_web::http::header::{
    ETag, EntityTag, Header, HttpDate, IfModifiedSince, IfNoneMatch, LastModified,
};
use actix_web::{HttpRequest, HttpResponseBuilder};

/// What tells two versions of an answer apart.
#[derive(Clone, Debug)]
pub struct Validators {
    tag: EntityTag,
    modified: Option<SystemTime>,
}

impl Validators {
    /// Validators of an answer whose bytes are fully determined by `digest`.
    pub fn strong(digest: u64, modified: Option<SystemTime>) -> Self {
        Self { tag: EntityTag::new_strong(format!("{digest:016x}")), modified }
    }

    /// Validators of an answer that means the same for the same `digest`, but may differ in bytes.
    pub fn weak(digest: u64, modified: Option<SystemTime>) -> Self {
        Self { tag: EntityTag::new_weak(format!("{digest:016x}")), modified }
    }

    /// Whether the client holds this version: `If-None-Match` decides, and only without it `If-Modified-Since`.
    pub fn are_held_by(&self, request: &HttpRequest) -> bool {
        if request.headers().contains_key(IfNoneMatch::name()) {
            return match IfNoneMatch::parse(request) {
                Ok(IfNoneMatch::Any) => true,
                Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
                Err(_) => false,
            };
        }
        match (IfModifiedSince::parse(request), self.modified) {
            // A date in a header has whole seconds.
            (Ok(IfModifiedSince(since)), Some(modified)) => {
                unix_seconds(modified) <= unix_seconds(since.into())
            }
            _ => false,
        }
    }

    /// Whether `tag` names exactly these bytes.
    pub fn is_strongly(&self, tag: &ETag) -> bool {
        self.tag.strong_eq(&tag.0)
    }

    /// Whether the answer was last modified at exactly this time.
    pub fn is_of(&self, time: SystemTime) -> bool {
        self.modified.is_some_and(|modified| unix_seconds(modified) == unix_seconds(time))
    }

    /// Writes `ETag` and `Last-Modified`.
    pub fn write(&self, response: &mut HttpResponseBuilder) {
        response.insert_header(ETag(self.tag.clone()));
        if let Some(modified) = self.modified {
            response.insert_header(LastModified(HttpDate::from(modified)));
        }
    }
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::test::TestRequest;

    use super::*;

    fn validators() -> Validators {
        Validators::strong(0xabc, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500)))
    }

    #[test]
    fn a_held_tag_needs_no_second_copy() {
        let held = |value: &str| {
            validators().are_held_by(
                &TestRequest::default().insert_header(("If-None-Match", value)).to_http_request(),
            )
        };
        assert!(held("\"0000000000000abc\""));
        assert!(held("\"x\", W/\"0000000000000abc\""));
        assert!(held("*"));
        assert!(!held("\"0000000000000abd\""));
        assert!(!held("garbage"));
    }

    #[test]
    fn a_tag_that_differs_outweighs_a_date_that_agrees() {
        let request = TestRequest::default()
            .insert_header(("If-None-Match", "\"other\""))
            .insert_header(("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"))
            .to_http_request();
        assert!(!validators().are_held_by(&request));
    }

    #[test]
    fn the_date_sent_comes_back_as_held() {
        let since = |date: &str| {
            validators().are_held_by(
                &TestRequest::default().insert_header(("If-Modified-Since", date)).to_http_request(),
            )
        };
        assert!(since("Tue, 14 Nov 2023 22:13:20 GMT"));
        assert!(!since("Tue, 14 Nov 2023 22:13:19 GMT"));
    }
}
