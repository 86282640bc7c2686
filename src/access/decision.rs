//! Whether a request is let in.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::authentication::{Authentication, Shortfall};
use super::config::{AccessConfig, AccessError};
use super::lockout::Lockout;
use super::{Identity, Refusal, Request, Service};
use crate::clock::Clock;

/// Decides about requests.
#[derive(Debug)]
pub struct Access {
    anonymous: HashSet<Service>,
    disabled: HashSet<Service>,
    tls_only: HashSet<Service>,
    open_info: bool,
    authentication: Authentication,
    lockout: Lockout,
    clock: Arc<dyn Clock>,
}

impl Access {
    /// As the settings say.
    ///
    /// # Errors
    /// When a user or the realm makes no sense, or a service is closed to everybody.
    pub fn new(config: &AccessConfig, clock: Arc<dyn Clock>) -> Result<Self, AccessError> {
        let authentication = Authentication::new(config, Arc::clone(&clock))?;
        let anonymous: HashSet<_> = config.anonymous.iter().copied().collect();
        let mut disabled: HashSet<_> = config.disabled.iter().copied().collect();
        for service in Service::ALL.into_iter().filter(|service| service.is_granted_only()) {
            if !config.offers(service) {
                disabled.insert(service);
            }
        }
        let is_closed = |service: Service| !service.is_granted_only() && !anonymous.contains(&service);
        if authentication.knows_nobody() && Service::ALL.into_iter().any(is_closed) {
            return Err(AccessError(
                "a service is not in access.anonymous, but there are no access.users".to_owned(),
            ));
        }
        let wait = Duration::from_secs(u64::from(config.lockout_seconds));
        Ok(Self {
            anonymous,
            disabled,
            tls_only: config.require_tls.iter().copied().collect(),
            open_info: config.open_info,
            authentication,
            lockout: Lockout::new(config.lockout_failures, wait),
            clock,
        })
    }

    /// Whether what an intercom says of itself is open to everybody.
    pub fn has_open_info(&self) -> bool {
        self.open_info
    }

    /// How to show credentials for a service, one header each; none when it asks nobody.
    pub fn ways_in(&self, service: Service, is_tls: bool) -> Vec<String> {
        if self.anonymous.contains(&service) {
            return Vec::new();
        }
        self.authentication.challenges(is_tls, false)
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
        let challenges = |is_stale| self.authentication.challenges(request.is_tls, is_stale);
        let user = self.authentication.user(request).map_err(|shortfall| {
            if let (Shortfall::Wrong, Some(address)) = (shortfall, request.address) {
                self.lockout.failed(address, now);
            }
            match shortfall {
                Shortfall::Scheme => Refusal::WrongScheme(challenges(false)),
                Shortfall::Stale => Refusal::Unauthorized(challenges(true)),
                Shortfall::Nothing | Shortfall::Wrong => Refusal::Unauthorized(challenges(false)),
            }
        })?;
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
        Some(self.authentication.sign_token(name, seconds))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::UserConfig;
    use super::super::testing::{REQUEST, access, basic, by_name, closed, user};
    use super::*;
    use crate::clock::FixedClock;

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
