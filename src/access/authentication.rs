//! Who somebody is, by what their request shows: a password (Digest, Basic), a bearer token, a signed address.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::Request;
use super::config::{AccessConfig, AccessError, Scheme};
use super::digest::{Digests, Outcome, Shown};
use super::signed::Tokens;
use super::user::{User, Users};
use crate::clock::Clock;

/// Stands in where there is no hash of a password to compare with.
const NOBODYS_HASH: &str = "00000000000000000000000000000000";

/// Recognises users.
#[derive(Debug)]
pub(super) struct Authentication {
    scheme: Scheme,
    basic_plain: bool,
    realm: String,
    users: Users,
    digests: Digests,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
}

/// Why nobody could be recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortfall {
    /// Nothing was shown by which somebody could be guessed at.
    Nothing,
    /// It was shown in a way that is not taken.
    Scheme,
    /// It was right some time ago.
    Stale,
    /// It is wrong, and may have been a guess.
    Wrong,
}

impl Authentication {
    /// Of the users of the settings.
    ///
    /// # Errors
    /// When a user or the realm makes no sense.
    pub(super) fn new(config: &AccessConfig, clock: Arc<dyn Clock>) -> Result<Self, AccessError> {
        Ok(Self {
            scheme: config.scheme,
            basic_plain: config.allow_basic_plain,
            realm: config.realm.clone(),
            users: Users::new(&config.realm, &config.users)?,
            digests: Digests::new(&config.realm),
            tokens: Tokens::new(config.signing_key.reveal().as_bytes()),
            clock,
        })
    }

    /// Whether there are no users.
    pub(super) fn knows_nobody(&self) -> bool {
        self.users.is_empty()
    }

    /// The user behind a request.
    pub(super) fn user(&self, request: &Request<'_>) -> Result<&User, Shortfall> {
        if let Some(token) = request.signed_token() {
            return self.by_signed_token(token);
        }
        let header = request.authorization.ok_or(Shortfall::Nothing)?.trim();
        let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
        let in_clear = request.is_tls || self.basic_plain;
        match scheme.to_ascii_lowercase().as_str() {
            "digest" if self.scheme != Scheme::Basic => self.by_digest(header, request),
            "basic" if self.scheme != Scheme::Digest && in_clear => {
                let decoded =
                    STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let decoded = decoded.ok_or(Shortfall::Wrong)?;
                let (name, password) = decoded.split_once(':').ok_or(Shortfall::Wrong)?;
                self.users.by_password(name, password).ok_or(Shortfall::Wrong)
            }
            "bearer" if in_clear => self.users.by_token(value.trim()).ok_or(Shortfall::Wrong),
            _ => Err(Shortfall::Scheme),
        }
    }

    /// Nobody guesses a signature of 128 bits: a token that is not good has ended, or is of an earlier run, and the page
    /// that still shows it must not lock its reader out.
    fn by_signed_token(&self, token: &str) -> Result<&User, Shortfall> {
        let token = percent_decode_str(token).decode_utf8().map_err(|_| Shortfall::Nothing)?;
        let name = self.tokens.user(&token, self.clock.utc().timestamp()).ok_or(Shortfall::Nothing)?;
        self.users.named(name).ok_or(Shortfall::Nothing)
    }

    fn by_digest(&self, header: &str, request: &Request<'_>) -> Result<&User, Shortfall> {
        let shown = Shown::of(header).ok_or(Shortfall::Wrong)?;
        let known = self.users.named(&shown.username).and_then(|user| Some((user, user.password_hash()?)));
        // Whoever has no password takes as long as everybody else, and is never let in.
        let secret = known.map_or(NOBODYS_HASH, |(_, hash)| hash);
        let now = self.clock.monotonic();
        match (self.digests.check(&shown, secret, request.method, request.target, now), known) {
            (Outcome::Right, Some((user, _))) => Ok(user),
            (Outcome::Stale, Some(_)) => Err(Shortfall::Stale),
            _ => Err(Shortfall::Wrong),
        }
    }

    /// How to show who one is, one header each: Digest first, then Basic; clients fail on any other order.
    pub(super) fn challenges(&self, is_tls: bool, is_stale: bool) -> Vec<String> {
        let mut challenges = Vec::new();
        if self.scheme != Scheme::Basic {
            challenges.push(self.digests.challenge(self.clock.monotonic(), is_stale));
        }
        if self.scheme != Scheme::Digest && (is_tls || self.basic_plain) {
            challenges.push(format!("Basic realm=\"{}\"", self.realm));
        }
        challenges
    }

    /// A token of the user of this name that ends in `seconds`.
    pub(super) fn sign_token(&self, name: &str, seconds: u32) -> String {
        let end = self.clock.utc().timestamp() + i64::from(seconds.min(super::signed::LONGEST_S));
        self.tokens.make(name, end)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::hashes::md5;
    use super::super::testing::{REQUEST, access, basic, by_name, closed, user};
    use super::super::{Identity, Refusal, Service, UserConfig};
    use super::*;

    #[test]
    fn digest_is_offered_first_and_basic_only_where_it_is_safe() {
        let offered = |config: &AccessConfig, is_tls| {
            let refusal = access(config).0.check(&Request { is_tls, ..REQUEST }).unwrap_err();
            let Refusal::Unauthorized(challenges) = refusal else { panic!("{refusal:?}") };
            challenges.iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(offered(&closed(), true), ["Digest", "Basic"]);
        assert_eq!(offered(&closed(), false), ["Digest"]);
        let config = AccessConfig { allow_basic_plain: true, ..closed() };
        assert_eq!(offered(&config, false), ["Digest", "Basic"]);
        assert_eq!(offered(&AccessConfig { scheme: Scheme::Digest, ..closed() }, true), ["Digest"]);
        let config = AccessConfig { scheme: Scheme::Basic, ..closed() };
        assert_eq!(offered(&config, true), ["Basic"]);
        let plain = Request { authorization: Some("Basic YW5uOnBhc3M="), is_tls: false, ..REQUEST };
        assert!(matches!(access(&closed()).0.check(&plain), Err(Refusal::WrongScheme(_))));
    }

    #[test]
    fn a_signed_token_stands_for_its_user_until_it_ends() {
        let (access, clock) = access(&closed());
        let token = access.token(&by_name("ann"), 60).unwrap();
        let request = Request { token: Some(&token), ..REQUEST };
        let bearer = Identity::Bearer("ann".to_owned());
        assert_eq!(access.check(&request), Ok(bearer.clone()));
        assert_eq!(access.token(&bearer, 60), None, "it does not prolong itself");
        let log = access.check(&Request { service: Service::Log, ..request });
        assert!(matches!(log, Err(Refusal::Unauthorized(_))), "it is for cameras");
        clock.advance(Duration::from_secs(61));
        assert!(matches!(access.check(&request), Err(Refusal::Unauthorized(_))));
        assert_eq!(access.token(&Identity::Anybody, 60), None);
    }

    #[test]
    fn a_token_is_read_as_an_address_writes_it() {
        let config = AccessConfig { users: vec![user("J\u{f6}rg B", &[Service::Camera])], ..closed() };
        let access = access(&config).0;
        let token = access.token(&by_name("J\u{f6}rg B"), 60).unwrap();
        let token =
            percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(access.check(&Request { token: Some(&token), ..REQUEST }).is_ok());
    }

    #[test]
    fn a_page_with_a_token_that_ended_does_not_lock_its_reader_out() {
        let (access, clock) = access(&AccessConfig { lockout_failures: 2, ..closed() });
        let token = access.token(&by_name("ann"), 60).unwrap();
        let address = Some(std::net::IpAddr::from([10, 0, 0, 1]));
        clock.advance(Duration::from_secs(61));
        for token in [&token, "ann.ffffffff.00000000000000000000000000000000", "%ff"].repeat(3) {
            let answer = access.check(&Request { token: Some(token), address, ..REQUEST });
            assert!(matches!(answer, Err(Refusal::Unauthorized(_))), "{answer:?}");
        }
        let right = basic("ann", "pass");
        assert!(access.check(&Request { authorization: Some(&right), address, ..REQUEST }).is_ok());
    }

    #[test]
    fn whoever_has_no_password_cannot_show_one() {
        let without = UserConfig { password_hash: String::new(), ..user("ann", &[Service::Camera]) };
        let config = AccessConfig { users: vec![without], allow_basic_plain: true, ..closed() };
        let access = access(&config).0;
        let Err(Refusal::Unauthorized(challenges)) = access.check(&REQUEST) else { panic!("a challenge") };
        let nonce = challenges[0].split('"').nth(3).unwrap();
        for hash in [NOBODYS_HASH, ""] {
            let asked = md5(&format!("GET:{}", REQUEST.target));
            let response = md5(&format!("{hash}:{nonce}:00000001:c:auth:{asked}"));
            let shown = format!(
                "Digest username=\"ann\", realm=\"Trifocal\", nonce=\"{nonce}\", uri=\"{}\", \
                 response=\"{response}\", qop=auth, nc=00000001, cnonce=\"c\", algorithm=MD5",
                REQUEST.target
            );
            let answer = access.check(&Request { authorization: Some(&shown), ..REQUEST });
            assert!(matches!(answer, Err(Refusal::Unauthorized(_))), "{answer:?}");
        }
        assert!(access.check(&Request { authorization: Some(&basic("ann", "")), ..REQUEST }).is_err());
    }
}
