//! Digest authentication, RFC 7616 with MD5 and qop=auth: what clients of intercoms can do. `auth-int` and `MD5-sess`
//! are not offered and not taken.

use std::time::Duration;

use http_auth::ChallengeRef;

use super::hashes::{are_equal, md5};
use super::nonces::Nonces;

/// How a Digest header fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The named user knows the password.
    Right,
    /// The password is right or wrong, but the nonce is too old: ask again.
    Stale,
    /// It is not right.
    Wrong,
}

/// Makes challenges and checks answers to them.
#[derive(Debug)]
pub(super) struct Digests {
    realm: String,
    nonces: Nonces,
}

/// The parts of an `Authorization: Digest` header.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) username: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: Option<String>,
    qop: String,
    count: String,
    client_nonce: String,
}

impl Shown {
    /// Reads the header's value.
    pub(super) fn of(header: &str) -> Option<Self> {
        let parsed = http_auth::parse_challenges(header).ok()?;
        let [ChallengeRef { scheme, params }] = parsed.as_slice() else { return None };
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut shown = Self::default();
        for (name, value) in params {
            let value = value.to_unescaped();
            match name.to_ascii_lowercase().as_str() {
                "username" => shown.username = value,
                "realm" => shown.realm = value,
                "nonce" => shown.nonce = value,
                "uri" => shown.uri = value,
                "response" => shown.response = value.to_ascii_lowercase(),
                "algorithm" => shown.algorithm = Some(value),
                "qop" => shown.qop = value,
                "nc" => shown.count = value,
                "cnonce" => shown.client_nonce = value,
                _ => {}
            }
        }
        Some(shown)
    }
}

impl Digests {
    pub(super) fn new(realm: &str) -> Self {
        Self { realm: realm.to_owned(), nonces: Nonces::new() }
    }

    /// A challenge with a new nonce.
    pub(super) fn challenge(&self, now: Duration, stale: bool) -> String {
        let (realm, nonce) = (&self.realm, self.nonces.make(now));
        let stale = if stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5{stale}")
    }

    /// Checks an answer to a challenge: `secret` is MD5 of `name:realm:password`, `target` the request's own.
    pub(super) fn check(
        &self,
        shown: &Shown,
        secret: &str,
        method: &str,
        target: &str,
        now: Duration,
    ) -> Outcome {
        let algorithm_fits = shown.algorithm.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("MD5"));
        let fits = algorithm_fits
            && shown.realm == self.realm
            && shown.qop == "auth"
            && is_target(&shown.uri, target);
        let count = u32::from_str_radix(&shown.count, 16).ok().filter(|_| shown.count.len() == 8);
        let (Some(count), true) = (count, fits) else { return Outcome::Wrong };
        let asked = md5(&format!("{method}:{}", shown.uri));
        let Shown { nonce, count: nc, client_nonce, .. } = shown;
        let expected = md5(&format!("{secret}:{nonce}:{nc}:{client_nonce}:auth:{asked}"));
        if !are_equal(&expected, &shown.response) {
            return Outcome::Wrong;
        }
        // A nonce of an earlier run with the right answer is only old.
        if self.nonces.spend(nonce, count, now) { Outcome::Right } else { Outcome::Stale }
    }
}

/// Whether the `uri` of an answer is the request's target (RFC 7616 §3.4): the same resource, as an absolute URL or
/// not, with slashes that mean nothing or without them, and the same query.
fn is_target(uri: &str, target: &str) -> bool {
    let absolute = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"));
    let uri = absolute.map_or(uri, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
    let parts = |text| str::split_once(text, '?').map_or((text, None), |(path, query)| (path, Some(query)));
    let ((path, query), (wanted_path, wanted_query)) = (parts(uri), parts(target));
    path.starts_with('/') && query == wanted_query && steps(path).eq(steps(wanted_path))
}

/// The parts of a path between its slashes.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|step| !step.is_empty())
}

#[cfg(test)]
mod tests {
    use http_auth::{PasswordClient, PasswordParams};

    use super::super::nonces::LIFE;
    use super::super::user::password_hash;
    use super::*;

    const TARGET: &str = "/api/camera/snapshot?width=640&height=480";

    fn answered(client: &mut PasswordClient, uri: &str, password: &str) -> Shown {
        let parameters = PasswordParams { username: "ann", password, uri, method: "GET", body: None };
        Shown::of(&client.respond(&parameters).unwrap()).unwrap()
    }

    fn client(digests: &Digests, now: Duration) -> PasswordClient {
        PasswordClient::try_from(digests.challenge(now, false).as_str()).unwrap()
    }

    #[test]
    fn the_right_password_for_the_very_target_is_right_once() {
        let digests = Digests::new("Trifocal");
        let secret = password_hash("ann", "Trifocal", "pass");
        let now = Duration::from_secs(100);
        let mut client = client(&digests, now);
        let check = |shown: &Shown, target, at| digests.check(shown, &secret, "GET", target, at);
        let shown = answered(&mut client, TARGET, "pass");
        assert_eq!(check(&shown, TARGET, now), Outcome::Right);
        assert_eq!(check(&shown, TARGET, now), Outcome::Stale, "a replay");
        let next = answered(&mut client, TARGET, "pass");
        assert_eq!(digests.check(&next, &secret, "POST", TARGET, now), Outcome::Wrong, "another method");
        assert_eq!(check(&next, "/api/camera/caps", now), Outcome::Wrong, "another target");
        assert_eq!(check(&next, TARGET, now), Outcome::Right, "the next count of the same nonce");
        assert_eq!(check(&answered(&mut client, TARGET, "other"), TARGET, now), Outcome::Wrong);
        let old = answered(&mut client, TARGET, "pass");
        assert_eq!(check(&old, TARGET, now + LIFE + Duration::from_secs(1)), Outcome::Stale);
        let absolute = answered(&mut client, &format!("http://gate:80{TARGET}"), "pass");
        assert_eq!(check(&absolute, TARGET, now), Outcome::Right);
    }

    #[test]
    fn what_is_not_offered_is_not_taken() {
        let digests = Digests::new("Trifocal");
        let secret = password_hash("ann", "Trifocal", "pass");
        let now = Duration::from_secs(1);
        let mut client = client(&digests, now);
        let outcome = |change: fn(&mut Shown), client: &mut PasswordClient| {
            let mut shown = answered(client, TARGET, "pass");
            change(&mut shown);
            digests.check(&shown, &secret, "GET", TARGET, now)
        };
        assert_eq!(outcome(|_| (), &mut client), Outcome::Right);
        assert_eq!(outcome(|shown| shown.qop = "auth-int".to_owned(), &mut client), Outcome::Wrong);
        assert_eq!(outcome(|shown| shown.qop.clear(), &mut client), Outcome::Wrong);
        assert_eq!(
            outcome(|shown| shown.algorithm = Some("MD5-sess".to_owned()), &mut client),
            Outcome::Wrong
        );
        assert_eq!(outcome(|shown| shown.nonce.replace_range(..1, "f"), &mut client), Outcome::Wrong);
        assert_eq!(outcome(|shown| shown.realm = "Other".to_owned(), &mut client), Outcome::Wrong);
        assert_eq!(outcome(|shown| shown.count = "1".to_owned(), &mut client), Outcome::Wrong);
    }

    #[test]
    fn slashes_that_mean_nothing_do_not_make_another_target() {
        for uri in ["/a/b?c=/d/", "/a/b/?c=/d/", "//a//b?c=/d/", "http://gate/a/b/?c=/d/"] {
            assert!(is_target(uri, "/a/b?c=/d/"), "{uri}");
        }
        for uri in ["/a/b", "/a/b?c=/d", "/a?c=/d/", "/ab?c=/d/", "http://gate", ""] {
            assert!(!is_target(uri, "/a/b?c=/d/"), "{uri}");
        }
        assert!(is_target("http://gate", "/") && !is_target("", "/"));
    }

    #[test]
    fn a_challenge_reads_as_old_clients_need_it() {
        let challenge = Digests::new("Trifocal").challenge(Duration::from_secs(1), true);
        assert!(challenge.starts_with("Digest realm=\"Trifocal\", nonce=\"00000000000003e8"), "{challenge}");
        assert!(challenge.ends_with("\", qop=\"auth\", algorithm=MD5, stale=true"), "{challenge}");
    }
}
