//! Whose jobs are listed: an anonymous client is given a cookie and sees what it created under it. The jobs
//! themselves are open to whoever knows their names.

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;

use crate::catalogue::JobId;

const NAME: &str = "trifocal_jobs";

/// The session of a request; `None` for a client without a cookie.
pub(super) fn of(request: &HttpRequest) -> Option<String> {
    let headers = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    headers.flat_map(|header| header.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if name == NAME { JobId::parse(value).map(|id| id.to_string()) } else { None }
    })
}

/// A new session.
pub(super) fn fresh() -> String {
    JobId::random().to_string()
}

/// The header that gives a client its session.
pub(super) fn cookie(session: &str) -> String {
    format!("{NAME}={session}; Path=/; HttpOnly; SameSite=Lax")
}
