//! The known users and what their secrets are compared with.

use std::collections::{HashMap, HashSet};

use super::Service;
use super::config::{AccessError, UserConfig};
use super::hashes::{are_equal, md5, sha256};

/// The hash of a password as the settings hold it: MD5 of `name:realm:password` (RFC 7616's HA1).
pub fn password_hash(name: &str, realm: &str, password: &str) -> String {
    md5(&format!("{name}:{realm}:{password}"))
}

/// The hash of a bearer token as the settings hold it: SHA-256.
pub fn token_hash(token: &str) -> String {
    sha256(token)
}

/// Somebody.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    password_hash: Option<String>,
    token_hash: Option<String>,
    privileges: HashSet<Service>,
}

impl User {
    /// What Digest and Basic compare with.
    pub(super) fn password_hash(&self) -> Option<&str> {
        self.password_hash.as_deref()
    }

    pub(super) fn may(&self, service: Service) -> bool {
        self.privileges.contains(&service)
    }
}

/// Everybody who is known.
#[derive(Clone, Debug)]
pub(super) struct Users {
    realm: String,
    by_name: HashMap<String, User>,
}

impl Users {
    /// Checks the users of the settings.
    pub(super) fn new(realm: &str, configs: &[UserConfig]) -> Result<Self, AccessError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
        if realm.is_empty() || !realm.chars().all(plain) {
            return Err(AccessError("realm must be letters, digits, blanks and '-'".to_owned()));
        }
        let mut by_name = HashMap::new();
        for config in configs {
            let fault = |reason: &str| AccessError(format!("user \"{}\": {reason}", config.name));
            let name_is_plain = !config.name.is_empty() && !config.name.contains(['"', ':', '\\', '.']);
            if !name_is_plain || config.name.contains(char::is_control) {
                return Err(fault(
                    "a name has no ':', '.', '\"', '\\' or control characters and is not empty",
                ));
            }
            let hash = |text: &str, digits: usize, what: &str| match text {
                "" => Ok(None),
                text if text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    Ok(Some(text.to_ascii_lowercase()))
                }
                _ => Err(fault(&format!(
                    "{what} must be {digits} hexadecimal digits; trifocal password makes one"
                ))),
            };
            let user = User {
                name: config.name.clone(),
                password_hash: hash(&config.password_hash, 32, "password_hash")?,
                token_hash: hash(&config.token_hash, 64, "token_hash")?,
                privileges: config.privileges.iter().copied().collect(),
            };
            if by_name.insert(config.name.clone(), user).is_some() {
                return Err(fault("is given twice"));
            }
        }
        Ok(Self { realm: realm.to_owned(), by_name })
    }

    pub(super) fn named(&self, name: &str) -> Option<&User> {
        self.by_name.get(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The user with this name and password.
    pub(super) fn by_password(&self, name: &str, password: &str) -> Option<&User> {
        let shown = password_hash(name, &self.realm, password);
        let user = self.named(name)?;
        user.password_hash().is_some_and(|known| are_equal(known, &shown)).then_some(user)
    }

    /// The user with this bearer token.
    pub(super) fn by_token(&self, token: &str) -> Option<&User> {
        let shown = sha256(token);
        let has_it = |user: &&User| user.token_hash.as_deref().is_some_and(|known| are_equal(known, &shown));
        self.by_name.values().find(has_it)
    }
}
