//! The dialects. Each owns its URLs, its parameters, its bodies and its form of an error, and nothing else:
//! it turns a request into a query and a rendition, asks the rooms below, and turns the outcome into its own
//! words. Dialects never use each other; what two of them need of HTTP itself stands beside them here.

pub mod body;
pub mod byte_ranges;
pub mod client;
pub mod conditional;
pub mod credentials;
pub mod intercom;
pub mod nina;
pub mod refusal;
pub mod vo;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse};

use crate::access::{Refusal, Service};

/// A dialect: its name in metrics and logs, the paths that are its own, and its routes.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Name in metrics and logs.
    pub name: &'static str,
    /// First part of every path that is its own.
    pub prefixes: &'static [&'static str],
    /// Mounts its routes.
    pub configure: fn(&mut ServiceConfig),
    /// The service a request wants to use; `None` when nobody is asked who they are.
    pub service: fn(&Method, &str) -> Option<Service>,
    /// The answer to somebody who is not let in, in the dialect's own words.
    pub refused: fn(&HttpRequest, &Refusal) -> HttpResponse,
}

/// Every dialect spoken here.
pub const DIALECTS: [Dialect; 3] = [
    Dialect {
        name: "nina",
        prefixes: &["/v2"],
        configure: nina::configure,
        service: nina::service,
        refused: nina::refused,
    },
    Dialect {
        name: "vo",
        prefixes: &["/api/image", "/image"],
        configure: vo::configure,
        service: vo::service,
        refused: vo::refused,
    },
    Dialect {
        name: "camera",
        prefixes: &["/api"],
        configure: intercom::configure,
        service: intercom::service,
        refused: intercom::refused,
    },
];

/// Whether a method asks for something. Before a page of another origin does, its browser asks with `OPTIONS` whether
/// it may, and cannot show credentials.
fn is_request(method: &Method) -> bool {
    *method != Method::OPTIONS
}

/// The name of the dialect a path belongs to; `operations` when it is nobody's.
pub fn dialect_of(path: &str) -> &'static str {
    owner_of(path).map_or("operations", |dialect| dialect.name)
}

/// The dialect a path belongs to; `None` when it is nobody's.
pub fn owner_of(path: &str) -> Option<&'static Dialect> {
    let owns = |dialect: &&Dialect| {
        dialect.prefixes.iter().any(|prefix| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    DIALECTS.iter().find(owns)
}

/// The answer to somebody who is not let in, in the words of the dialect the path belongs to.
pub fn refused(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let owner = owner_of(request.match_info().as_str());
    owner.map_or(refusal::in_plain_words as _, |dialect| dialect.refused)(request, refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_first_dialect_that_owns_its_beginning() {
        assert_eq!(dialect_of("/v2/api/version"), "nina");
        assert_eq!(dialect_of("/api/image/v1/x"), "vo");
        assert_eq!(dialect_of("/api/camera/caps"), "camera");
        assert_eq!(dialect_of("/api/images"), "camera");
        assert_eq!(dialect_of("/v20"), "operations");
        assert_eq!(dialect_of("/metrics"), "operations");
    }
}
