//! Whose jobs are listed, and who may use one. An anonymous client is given a cookie and sees what it created under
//! it; its jobs are open to whoever knows their names. The jobs of somebody who was let in by name are theirs alone.

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;

use crate::catalogue::{Job, JobId};
use crate::protocol::vo::authentication::user_of;

const COOKIE_NAME: &str = "trifocal_jobs";
/// Before the name of a user, where sessions of the anonymous have hexadecimal digits.
const USER: &str = "user:";

/// Who creates and lists jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A client that keeps this cookie.
    Session(String),
    /// A user of the service.
    User(String),
}

impl Owner {
    /// Who sends a request; `None` for an anonymous client without a cookie.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        user_of(request).map(Self::User).or_else(|| session_of(request).map(Self::Session))
    }

    /// An anonymous client that is new here.
    pub(super) fn fresh() -> Self {
        Self::Session(JobId::random().to_string())
    }

    /// How the catalogue tells the jobs of one from those of others.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Session(session) => session.clone(),
            Self::User(name) => format!("{USER}{name}"),
        }
    }

    /// The header that gives an anonymous client its session.
    pub(super) fn cookie(&self) -> Option<String> {
        match self {
            Self::Session(session) => {
                Some(format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax"))
            }
            Self::User(_) => None,
        }
    }
}

fn session_of(request: &HttpRequest) -> Option<String> {
    let headers = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    headers.flat_map(|header| header.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if name == COOKIE_NAME { JobId::parse(value).map(|id| id.to_string()) } else { None }
    })
}

/// The user a job belongs to; `None` for one of the anonymous.
pub(super) fn user_named_by(job: &Job) -> Option<&str> {
    job.session.strip_prefix(USER)
}

/// Whether who sends a request may use a job.
pub(super) fn may_use(request: &HttpRequest, job: &Job) -> bool {
    user_named_by(job).is_none_or(|owner| user_of(request).as_deref() == Some(owner))
}

#[cfg(test)]
mod tests {
    use actix_web::HttpMessage;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::access::Identity;

    #[test]
    fn a_cookie_cannot_make_a_user_of_its_client() {
        for (cookie, expected) in [
            ("trifocal_jobs=user:ann", None),
            ("trifocal_jobs=0123456789abcdef0123456789abcdef", Some("0123456789abcdef0123456789abcdef")),
            ("a=b; trifocal_jobs=0123456789abcdef0123456789abcdef", Some("0123456789abcdef0123456789abcdef")),
            ("other=0123456789abcdef0123456789abcdef", None),
        ] {
            let request = TestRequest::default().insert_header(("Cookie", cookie)).to_http_request();
            assert_eq!(Owner::of(&request).map(|owner| owner.key()).as_deref(), expected, "{cookie}");
        }
    }

    #[test]
    fn a_user_is_known_by_name_whatever_cookie_comes_along() {
        let request = TestRequest::default()
            .insert_header(("Cookie", "trifocal_jobs=0123456789abcdef0123456789abcdef"))
            .to_http_request();
        request.extensions_mut().insert(Identity::User("ann".to_owned()));
        let owner = Owner::of(&request).unwrap();
        assert_eq!((owner.key().as_str(), owner.cookie()), ("user:ann", None));
        request.extensions_mut().insert(Identity::Anybody);
        assert!(matches!(Owner::of(&request), Some(Owner::Session(_))));
    }
}
