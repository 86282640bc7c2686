//! The absolute addresses of the standard services, as one request sees them.

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::PublicUrl;
use super::archives::Holding;
use crate::catalogue::ScienceId;

/// What stays as it is in a query (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the services are.
#[derive(Clone, Debug)]
pub struct Resources {
    root: String,
}

impl Resources {
    /// The addresses to tell the client of this request.
    pub fn of(public_url: &PublicUrl, request: &HttpRequest) -> Self {
        Self { root: public_url.resource(request, "soda") }
    }

    /// A service: `sync`, `query`, `links`, …
    pub fn service(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    /// The links of a dataset.
    pub fn links_of(&self, publisher_did: &str) -> String {
        format!("{}/links?ID={}", self.root, encoded(publisher_did))
    }

    /// The whole file of an image.
    pub fn data(&self, holding: &Holding, id: ScienceId) -> String {
        format!("{}/data/{}", self.root, holding.path_of(id))
    }

    /// A picture of an image that fits into a square of so many pixels.
    pub fn preview(&self, holding: &Holding, id: ScienceId, size: usize) -> String {
        format!("{}/preview/{}?size={size}", self.root, holding.path_of(id))
    }
}

/// A value as it stands in a query.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn identifiers_are_encoded_in_queries() {
        let request = TestRequest::default().insert_header(("Host", "h:1")).to_http_request();
        let resources = Resources::of(&PublicUrl::new(""), &request);
        assert_eq!(
            resources.links_of("ivo://a.b/S_82?raw/1"),
            "http://h:1/api/image/soda/links?ID=ivo%3A%2F%2Fa.b%2FS_82%3Fraw%2F1"
        );
    }
}
