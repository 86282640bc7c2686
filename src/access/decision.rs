//! Whether a request is let in.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::config::{AccessConfig, AccessError, Scheme};
use super::digest::{Digests, Outcome, Shown};
use super::lockout::Lockout;
use super::signed::Tokens;
use super::user::{User, Users};
use super::{Refusal, Service};
use crate::clock::Clock;

/// Stands in where there is no hash of a password to compare with.
const NOBODYS_HASH: &str = "00000000000000000000000000000000";

/// What a request says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What it wants to use.
    pub service: Service,
    /// HTTP method.
    pub method: &'a str,
    /// Path and query exactly as they were sent: Digest signs them.
    pub target: &'a str,
    /// Value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// A signed token of its address, as it is written there. It opens cameras and nothing else.
    pub token: Option<&'a str>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// Whether it came under TLS.
    pub is_tls: bool,
}

impl<'a> Request<'a> {
    /// The token, where one is taken.
    fn signed_token(&self) -> Option<&'a str> {
        self.token.filter(|_| self.service == Service::Camera)
    }
}

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Anybody: the service is open.
    Anybody,
    /// The user of this name, by a secret of their own.
    User(String),
    /// Whoever holds a signed token of the user of this name.
    Bearer(String),
}

/// Decides about requests.
#[derive(Debug)]
pub struct Access {
    anonymous: HashSet<Service>,
    disabled: HashSet<Service>,
    tls_only: HashSet<Service>,
    scheme: Scheme,
    basic_plain: bool,
    open_info: bool,
    realm: String,
    users: Users,
    digests: Digests,
    tokens: Tokens,
    lockout: Lockout,
    clock: Arc<dyn Clock>,
}

impl Access {
    /// As the settings say.
    ///
    /// # Errors
    /// When a user or the realm makes no sense, or a service is closed to everybody.
    pub fn new(config: &AccessConfig, clock: Arc<dyn Clock>) -> Result<Self, AccessError> {
        let users = Users::new(&config.realm, &config.users)?;
        let anonymous: HashSet<_> = config.anonymous.iter().copied().collect();
        let mut disabled: HashSet<_> = config.disabled.iter().copied().collect();
        for service in Service::ALL.into_iter().filter(|service| service.is_granted_only()) {
            if !config.offers(service) {
                disabled.insert(service);
            }
        }
        let is_closed = |service: Service| !service.is_granted_only() && !anonymous.contains(&service);
        if users.is_empty() && Service::ALL.into_iter().any(is_closed) {
            return Err(AccessError(
                "a service is not in access.anonymous, but there are no access.users".to_owned(),
            ));
        }
        let wait = Duration::from_secs(u64::from(config.lockout_seconds));
        Ok(Self {
            anonymous,
            disabled,
            tls_only: config.require_tls.iter().copied().collect(),
            scheme: config.scheme,
            basic_plain: config.allow_basic_plain,
            open_info: config.open_info,
            realm: config.realm.clone(),
            users,
            digests: Digests::new(&config.realm),
            tokens: Tokens::new(config.signing_key.bytes()),
            lockout: Lockout::new(config.lockout_failures, wait),
            clock,
        })
    }

    /// Whether what an intercom says of itself is open to everybody.
    pub fn has_open_info(&self) -> bool {
        self.open_info
    }

    /// Lets a request in, or says why not.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub fn check(&self, request: &Request<'_>) -> Result<Identity, Refusal> {
        if self.disabled.contains(&request.service) {
            return Err(Refusal::Disabled);
        }
        if self.tls_only.contains(&request.service) && !request.is_tls {
            return Err(Refusal::TlsNeeded);
        }
        if self.anonymous.contains(&request.service) {
            return Ok(Identity::Anybody);
        }
        let now = self.clock.monotonic();
        if let Some(wait) = request.address.and_then(|address| self.lockout.wait(address, now)) {
            return Err(Refusal::LockedOut(wait.as_secs() + 1));
        }
        let user = match self.authenticate(request, now) {
            Ok(user) => user,
            Err(Shortfall::Nothing) => {
                return Err(Refusal::Unauthorized(self.challenges(request, now, false)));
            }
            Err(Shortfall::Stale) => return Err(Refusal::Unauthorized(self.challenges(request, now, true))),
            Err(Shortfall::Scheme) => return Err(Refusal::WrongScheme(self.challenges(request, now, false))),
            Err(Shortfall::Wrong) => {
                if let Some(address) = request.address {
                    self.lockout.failed(address, now);
                }
                return Err(Refusal::Unauthorized(self.challenges(request, now, false)));
            }
        };
        if let Some(address) = request.address {
            self.lockout.succeeded(address);
        }
        if !user.may(request.service) {
            return Err(Refusal::Forbidden);
        }
        let identity = if request.signed_token().is_some() { Identity::Bearer } else { Identity::User };
        Ok(identity(user.name.clone()))
    }

    /// A token that lets its bearer in as `identity` for `seconds`; only for users themselves, so that no token
    /// outlives its end by making the next.
    pub fn token(&self, identity: &Identity, seconds: u32) -> Option<String> {
        let Identity::User(name) = identity else { return None };
        let end = self.clock.utc().timestamp() + i64::from(seconds.min(super::signed::LONGEST_S));
        Some(self.tokens.make(name, end))
    }

    fn authenticate(&self, request: &Request<'_>, now: Duration) -> Result<&User, Shortfall> {
        if let Some(token) = request.signed_token() {
            let token = percent_decode_str(token).decode_utf8().map_err(|_| Shortfall::Wrong)?;
            let name = self.tokens.user(&token, self.clock.utc().timestamp()).ok_or(Shortfall::Wrong)?;
            return self.users.named(name).ok_or(Shortfall::Wrong);
        }
        let header = request.authorization.ok_or(Shortfall::Nothing)?.trim();
        let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
        let in_clear = request.is_tls || self.basic_plain;
        match scheme.to_ascii_lowercase().as_str() {
            "digest" if self.scheme != Scheme::Basic => self.by_digest(header, request, now),
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

    fn by_digest(&self, header: &str, request: &Request<'_>, now: Duration) -> Result<&User, Shortfall> {
        let shown = Shown::of(header).ok_or(Shortfall::Wrong)?;
        let known = self.users.named(&shown.username).and_then(|user| Some((user, user.password_hash()?)));
        // Whoever has no password takes as long as everybody else, and is never let in.
        let secret = known.map_or(NOBODYS_HASH, |(_, hash)| hash);
        match (self.digests.check(&shown, secret, request.method, request.target, now), known) {
            (Outcome::Right, Some((user, _))) => Ok(user),
            (Outcome::Stale, Some(_)) => Err(Shortfall::Stale),
            _ => Err(Shortfall::Wrong),
        }
    }

    /// Digest first, in a header of its own, then Basic: clients fail on any other order.
    fn challenges(&self, request: &Request<'_>, now: Duration, stale: bool) -> Vec<String> {
        let mut challenges = Vec::new();
        if self.scheme != Scheme::Basic {
            challenges.push(self.digests.challenge(now, stale));
        }
        if self.scheme != Scheme::Digest && (request.is_tls || self.basic_plain) {
            challenges.push(format!("Basic realm=\"{}\"", self.realm));
        }
        challenges
    }
}

/// Why nobody could be recognised.
enum Shortfall {
    Nothing,
    Scheme,
    Stale,
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::super::config::UserConfig;
    use super::super::secret::md5;
    use super::super::user::password_hash;
    use super::*;
    use crate::clock::FixedClock;

    fn user(name: &str, privileges: &[Service]) -> UserConfig {
        UserConfig {
            name: name.to_owned(),
            password_hash: password_hash(name, "Trifocal", "pass"),
            token_hash: super::super::secret::sha256(&format!("{name}-token")),
            privileges: privileges.to_vec(),
        }
    }

    fn closed() -> AccessConfig {
        AccessConfig {
            anonymous: vec![Service::Nina],
            users: vec![user("ann", &[Service::Camera, Service::Log]), user("bob", &[])],
            ..AccessConfig::default()
        }
    }

    fn access(config: &AccessConfig) -> (Access, Arc<FixedClock>) {
        let clock = FixedClock::at("2024-05-01T12:00:00Z".parse().unwrap());
        (Access::new(config, clock.clone()).unwrap(), clock)
    }

    const REQUEST: Request<'static> = Request {
        service: Service::Camera,
        method: "GET",
        target: "/api/camera/caps",
        authorization: None,
        token: None,
        address: None,
        is_tls: true,
    };

    fn by_name(name: &str) -> Identity {
        Identity::User(name.to_owned())
    }

    fn basic(name: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
    }

    #[test]
    fn open_services_ask_nobody_and_closed_ones_ask_for_privileges() {
        let (access, _) = access(&closed());
        let with = |service, authorization: &str| {
            access.check(&Request { service, authorization: Some(authorization), ..REQUEST })
        };
        assert_eq!(access.check(&Request { service: Service::Nina, ..REQUEST }), Ok(Identity::Anybody));
        assert_eq!(with(Service::Camera, &basic("ann", "pass")), Ok(by_name("ann")));
        assert_eq!(with(Service::Log, "Bearer ann-token"), Ok(by_name("ann")));
        assert_eq!(with(Service::System, &basic("ann", "pass")), Err(Refusal::Forbidden));
        assert_eq!(with(Service::Camera, &basic("bob", "pass")), Err(Refusal::Forbidden));
        for wrong in [&basic("ann", "x"), &basic("eve", "pass"), "Bearer x", "Basic !", "Basic", "Digest"] {
            assert!(matches!(with(Service::Camera, wrong), Err(Refusal::Unauthorized(_))), "{wrong}");
        }
        assert!(matches!(with(Service::Camera, "Negotiate abc"), Err(Refusal::WrongScheme(_))));
    }

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

    #[test]
    fn guessing_locks_an_address_out_for_a_while_but_asking_does_not() {
        let config = AccessConfig { lockout_failures: 2, lockout_seconds: 30, ..closed() };
        let (access, clock) = access(&config);
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        let (wrong, right) = (basic("ann", "x"), basic("ann", "pass"));
        let ask = |authorization| access.check(&Request { authorization, address: from, ..REQUEST });
        for _ in 0..9 {
            assert!(matches!(ask(None), Err(Refusal::Unauthorized(_))));
        }
        assert!(ask(Some(&wrong)).is_err() && ask(Some(&wrong)).is_err());
        assert_eq!(ask(Some(&right)), Err(Refusal::LockedOut(31)));
        clock.advance(Duration::from_secs(31));
        assert!(ask(Some(&right)).is_ok());
    }

    #[test]
    fn switched_off_and_tls_only_services_say_so() {
        let config = AccessConfig {
            disabled: vec![Service::Vo],
            require_tls: vec![Service::Camera],
            ..AccessConfig::default()
        };
        let (access, _) = access(&config);
        assert_eq!(access.check(&Request { service: Service::Vo, ..REQUEST }), Err(Refusal::Disabled));
        assert_eq!(access.check(&Request { is_tls: false, ..REQUEST }), Err(Refusal::TlsNeeded));
        assert!(access.check(&REQUEST).is_ok());
    }

    #[test]
    fn what_changes_the_gateway_is_switched_off_until_somebody_may_use_it() {
        let upload = Request { service: Service::Upload, ..REQUEST };
        let asked = |config: &AccessConfig, authorization: Option<&str>| {
            access(config).0.check(&Request { authorization, ..upload })
        };
        assert_eq!(asked(&AccessConfig::default(), None), Err(Refusal::Disabled));
        assert_eq!(asked(&closed(), Some(&basic("ann", "pass"))), Err(Refusal::Disabled));
        let granted =
            AccessConfig { users: vec![user("eve", &[Service::Upload]), user("bob", &[])], ..closed() };
        assert!(matches!(asked(&granted, None), Err(Refusal::Unauthorized(_))));
        assert_eq!(asked(&granted, Some("Bearer bob-token")), Err(Refusal::Forbidden));
        assert_eq!(asked(&granted, Some("Bearer eve-token")), Ok(Identity::User("eve".to_owned())));
        let off = AccessConfig { disabled: vec![Service::Upload], ..granted };
        assert_eq!(asked(&off, Some("Bearer eve-token")), Err(Refusal::Disabled));
        let open = AccessConfig { anonymous: Service::ALL.to_vec(), ..AccessConfig::default() };
        assert_eq!(asked(&open, None), Ok(Identity::Anybody));
    }

    #[test]
    fn settings_that_shut_everybody_out_or_make_no_sense_are_refused() {
        let refused = |config: &AccessConfig| {
            Access::new(config, FixedClock::at(chrono::DateTime::UNIX_EPOCH)).unwrap_err().to_string()
        };
        assert!(refused(&AccessConfig { users: Vec::new(), ..closed() }).contains("no access.users"));
        assert!(refused(&AccessConfig { realm: "a\"b".to_owned(), ..closed() }).contains("realm"));
        let broken = UserConfig { password_hash: "secret".to_owned(), ..user("ann", &[]) };
        assert!(refused(&AccessConfig { users: vec![broken], ..closed() }).contains("32 hexadecimal digits"));
        let twice = vec![user("ann", &[]), user("ann", &[])];
        assert!(refused(&AccessConfig { users: twice, ..closed() }).contains("given twice"));
    }
}
