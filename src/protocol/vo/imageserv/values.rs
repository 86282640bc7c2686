//! Values of parameters, read strictly: what is no number, position or id is refused by name.

use std::str::FromStr;

use super::error::Failure;
use super::parameters::Parameters;
use crate::catalogue::{IdentityError, ScienceId};
use crate::sky::SkyCoord;

impl Parameters {
    /// Fails unless all of these are given.
    ///
    /// # Errors
    /// 400, naming those that are missing.
    pub fn require(&self, names: &[&str]) -> Result<(), Failure> {
        let missing: Vec<&str> = names.iter().copied().filter(|name| self.get(name).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::bad_value(format!("missing {}", missing.join(", "))))
    }

    /// The value of a parameter, empty when it is not given.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// A whole number in decimal digits.
    ///
    /// # Errors
    /// 400 when it is none or out of range.
    pub fn integer<T: FromStr>(&self, name: &str) -> Result<T, Failure> {
        let text = self.text(name);
        text.parse().map_err(|_| Failure::bad_value(format!("Invalid {name} {text}")))
    }

    /// The science id.
    ///
    /// # Errors
    /// 400 when it is no number an id can be.
    pub fn science_id(&self) -> Result<ScienceId, Failure> {
        let id: u64 = self.text("sid").parse().map_err(|_| IdentityError::InvalidDataId)?;
        Ok(ScienceId::try_from(id)?)
    }

    /// The position two parameters state, ICRS degrees; right ascensions from -180 on.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn position(&self, [ra, dec]: [&str; 2]) -> Result<SkyCoord, Failure> {
        let (ra, dec) = (self.text(ra), self.text(dec));
        let numbers = number(ra).zip(number(dec));
        let point = numbers.and_then(|(ra_deg, dec_deg)| SkyCoord::new(ra_deg, dec_deg).ok());
        point.ok_or_else(|| Failure::bad_value(format!("Invalid ra {ra} and dec {dec}. ")))
    }
}

/// A decimal number; the words for infinities and NaN are not among them.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}
