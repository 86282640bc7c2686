//! The names of archives and datasets.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;

use super::IdentityError;

fn checked_name(name: &str) -> Result<Arc<str>, IdentityError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(IdentityError::InvalidName);
    }
    Ok(name.into())
}

/// The id of an archive (`db` in requests), compared exactly. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ArchiveId(Arc<str>);

impl ArchiveId {
    /// The id as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ArchiveId {
    type Error = IdentityError;

    fn try_from(name: &str) -> Result<Self, IdentityError> {
        checked_name(name).map(Self)
    }
}

impl Deref for ArchiveId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ArchiveId {
    type Error = IdentityError;

    fn try_from(name: String) -> Result<Self, IdentityError> {
        Self::try_from(name.as_str())
    }
}

impl fmt::Display for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a dataset within an archive, e.g. `calexp`; compared without regard to case, shown as
/// configured. Cheap to clone.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Dataset(Arc<str>);

impl Dataset {
    /// The name as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Dataset {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Dataset {}

impl Hash for Dataset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl TryFrom<&str> for Dataset {
    type Error = IdentityError;

    fn try_from(name: &str) -> Result<Self, IdentityError> {
        checked_name(name).map(Self)
    }
}

impl Deref for Dataset {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Dataset {
    type Error = IdentityError;

    fn try_from(name: String) -> Result<Self, IdentityError> {
        Self::try_from(name.as_str())
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_datasets_compare_in_any_case() {
        assert_eq!(Dataset::try_from("deepCoadd").unwrap(), Dataset::try_from("deepcoadd").unwrap());
        assert_ne!(ArchiveId::try_from("Stripe82").unwrap(), ArchiveId::try_from("stripe82").unwrap());
        for name in ["", "a b", "a/b", "é"] {
            assert_eq!(Dataset::try_from(name), Err(IdentityError::InvalidName));
        }
    }
}
