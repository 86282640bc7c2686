//! Absolute addresses of our own resources, for documents that must name them.

use actix_web::HttpRequest;

use crate::protocol::client;

/// The base of absolute links: as configured, else as the client addressed us or a proxy of ours.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `configured` is `server.public_url`; empty means: as the client asked.
    pub fn new(configured: &str) -> Self {
        Self(configured.trim_end_matches('/').to_owned())
    }

    /// The absolute address of `path`, which starts with `/`.
    pub fn of(&self, request: &HttpRequest, path: &str) -> String {
        if self.0.is_empty() {
            let host: String = client::authority(request).chars().filter(|c| is_of_authority(*c)).collect();
            let scheme = if client::is_tls(request) { "https" } else { "http" };
            format!("{scheme}://{host}{path}")
        } else {
            format!("{}{path}", self.0)
        }
    }

    /// The address of a resource of this dialect, such as `soda/sync`.
    pub fn resource(&self, request: &HttpRequest, name: &str) -> String {
        self.of(request, &format!("/api/image/{name}"))
    }
}

/// What may stand in a host and port; nothing that would need escaping in XML or JSON.
fn is_of_authority(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']')
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn links_start_as_configured_or_as_the_client_asked() {
        let request =
            TestRequest::default().insert_header(("Host", "images.example:81\"<")).to_http_request();
        let asked = PublicUrl::new("").resource(&request, "soda/sync");
        assert_eq!(asked, "http://images.example:81/api/image/soda/sync");
        let configured = PublicUrl::new("https://vo.example.org/").resource(&request, "soda/sync");
        assert_eq!(configured, "https://vo.example.org/api/image/soda/sync");
    }
}
