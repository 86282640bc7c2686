//! Digest authentication, RFC 7616 with MD5 and qop=auth: what clients of intercoms can do.
//!
//! A nonce is the time it was made with a signature, so none has to be remembered; only how often each was used is,
//! against replays. `auth-int` and `MD5-sess` are not offered and not taken.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_auth::ChallengeRef;

use super::secret::{Signer, are_equal, md5};

/// How long a nonce is taken. Clients remember it for a session's life; past it they are told it is stale.
const LIFE: Duration = Duration::from_mins(10);
/// Nonces whose use is remembered.
const REMEMBERED: usize = 4096;
/// Requests of one client may overtake each other by so many.
const WINDOW: u32 = 64;

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

/// Use counts seen with one nonce: the highest, and a bit for each of the 64 up to it.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    made: Duration,
    highest: u32,
    seen: u64,
}

impl Uses {
    /// Whether this count is used for the first time.
    fn first(&mut self, count: u32) -> bool {
        if count > self.highest {
            let step = count - self.highest;
            self.seen = if step >= WINDOW { 0 } else { self.seen << step };
            self.highest = count;
            self.seen |= 1;
            return true;
        }
        let back = self.highest - count;
        if back >= WINDOW || self.seen >> back & 1 == 1 {
            return false;
        }
        self.seen |= 1 << back;
        true
    }
}

/// Makes challenges and checks answers to them.
#[derive(Debug)]
pub(super) struct Digests {
    realm: String,
    signer: Signer,
    uses: Mutex<HashMap<String, Uses>>,
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
        Self { realm: realm.to_owned(), signer: Signer::new(b""), uses: Mutex::default() }
    }

    /// A challenge with a new nonce.
    pub(super) fn challenge(&self, now: Duration, stale: bool) -> String {
        let time = format!("{:016x}", now.as_millis());
        let (realm, signature) = (&self.realm, self.signer.sign(&time));
        let stale = if stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{realm}\", nonce=\"{time}{signature}\", qop=\"auth\", algorithm=MD5{stale}")
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
        match self.made(nonce) {
            Some(made) if now.saturating_sub(made) <= LIFE && self.is_first(nonce, made, count, now) => {
                Outcome::Right
            }
            _ => Outcome::Stale,
        }
    }

    /// When a nonce of ours was made.
    fn made(&self, nonce: &str) -> Option<Duration> {
        let (time, signature) = nonce.split_at_checked(16)?;
        let milliseconds = u64::from_str_radix(time, 16).ok()?;
        are_equal(&self.signer.sign(time), signature).then(|| Duration::from_millis(milliseconds))
    }

    fn is_first(&self, nonce: &str, made: Duration, count: u32, now: Duration) -> bool {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() >= REMEMBERED && !uses.contains_key(nonce) {
            uses.retain(|_, uses| now.saturating_sub(uses.made) <= LIFE);
            if uses.len() >= REMEMBERED {
                // Whoever floods us with nonces has to ask for new ones.
                uses.clear();
            }
        }
        let known = uses.entry(nonce.to_owned()).or_insert(Uses { made, ..Uses::default() });
        known.first(count)
    }
}

/// Whether the `uri` of an answer is the request's target: the same text, or the absolute form of it.
fn is_target(uri: &str, target: &str) -> bool {
    let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"));
    uri == target || rest.and_then(|rest| rest.find('/').map(|at| &rest[at..])) == Some(target)
}

#[cfg(test)]
mod tests {
    use http_auth::{PasswordClient, PasswordParams};

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
    fn counts_may_overtake_each_other_a_little_and_never_repeat() {
        let mut uses = Uses::default();
        assert!(uses.first(1) && uses.first(3) && uses.first(2));
        assert!(!uses.first(2) && !uses.first(3));
        assert!(uses.first(100) && uses.first(50) && !uses.first(36) && !uses.first(50));
    }

    #[test]
    fn a_challenge_reads_as_old_clients_need_it() {
        let challenge = Digests::new("Trifocal").challenge(Duration::from_secs(1), true);
        assert!(challenge.starts_with("Digest realm=\"Trifocal\", nonce=\"00000000000003e8"), "{challenge}");
        assert!(challenge.ends_with("\", qop=\"auth\", algorithm=MD5, stale=true"), "{challenge}");
    }
}
