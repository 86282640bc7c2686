//! Data ids of archive images and the arithmetic that packs a data id into one number.
//!
//! The SDSS schemes are those of LSST's `obs_sdss` mapper: decimal digits for exposures, bit fields for coadds.

use std::fmt;

use serde::Deserialize;

use crate::error::{Classified, ErrorKind};

/// Why a name or number is not an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The number does not decode, or the parts of a data id exceed their range.
    #[error("invalid data id")]
    InvalidDataId,
    /// The data id is of another kind than the dataset's scheme.
    #[error("this dataset is not addressed by that kind of data id")]
    WrongKind,
    /// Not one of the five SDSS filters.
    #[error("Invalid filter {0}. Valid filters are ugriz.")]
    InvalidFilter(String),
    /// Not a way to number images.
    #[error("'{0}' is not a way to number images; known are sdss-ccd, sdss-coadd and sequence")]
    UnknownScheme(String),
    /// A name with characters outside `A-Z a-z 0-9 _ . -`.
    #[error("a name may hold letters, digits, '_', '.' and '-' only")]
    InvalidName,
}

impl Classified for IdentityError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// The five SDSS filters, in the order of their digit in an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "their names are all there is to say")]
pub enum SdssFilter {
    U,
    G,
    R,
    I,
    Z,
}

impl SdssFilter {
    /// All five, blue to red.
    pub const ALL: [Self; 5] = [Self::U, Self::G, Self::R, Self::I, Self::Z];

    /// The lower-case letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::U => "u",
            Self::G => "g",
            Self::R => "r",
            Self::I => "i",
            Self::Z => "z",
        }
    }

    fn digit(self) -> u64 {
        self as u64
    }

    fn from_digit(digit: u64) -> Result<Self, IdentityError> {
        Self::ALL.get(digit as usize).copied().ok_or(IdentityError::InvalidDataId)
    }
}

impl TryFrom<&str> for SdssFilter {
    type Error = IdentityError;

    fn try_from(letter: &str) -> Result<Self, IdentityError> {
        let letter = letter.trim();
        Self::ALL
            .into_iter()
            .find(|filter| filter.as_str().eq_ignore_ascii_case(letter))
            .ok_or_else(|| IdentityError::InvalidFilter(letter.to_owned()))
    }
}

impl fmt::Display for SdssFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number that names an image within its dataset; below 2^53, so that every JSON reader keeps it exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScienceId(u64);

impl ScienceId {
    /// The largest id.
    pub const MAX: u64 = (1 << 53) - 1;

    /// The number itself.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for ScienceId {
    type Error = IdentityError;

    fn try_from(id: u64) -> Result<Self, IdentityError> {
        if id <= Self::MAX { Ok(Self(id)) } else { Err(IdentityError::InvalidDataId) }
    }
}

impl fmt::Display for ScienceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an image is called in the terms of its survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataId {
    /// One CCD of one exposure: an SDSS field in one filter.
    Ccd {
        /// Imaging run.
        run: u32,
        /// Camera column, 1 to 6.
        camcol: u8,
        /// Field along the run, 0 to 9999.
        field: u16,
        /// Filter.
        filter: SdssFilter,
    },
    /// One patch of a coadded sky map.
    Coadd {
        /// Tract, 0 to 127.
        tract: u8,
        /// Patch column, 0 to 8191.
        patch_x: u16,
        /// Patch row, 0 to 8191.
        patch_y: u16,
        /// Filter.
        filter: SdssFilter,
    },
    /// An image known by its number only.
    Sequence(ScienceId),
}

impl DataId {
    /// The scheme that packs this kind of data id.
    pub fn scheme(&self) -> ScienceIdScheme {
        match self {
            Self::Ccd { .. } => ScienceIdScheme::SdssCcd,
            Self::Coadd { .. } => ScienceIdScheme::SdssCoadd,
            Self::Sequence(_) => ScienceIdScheme::Sequence,
        }
    }

    /// The filter, where the data id names one.
    pub fn filter(&self) -> Option<SdssFilter> {
        match *self {
            Self::Ccd { filter, .. } | Self::Coadd { filter, .. } => Some(filter),
            Self::Sequence(_) => None,
        }
    }
}

/// How a dataset turns data ids into science ids and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum ScienceIdScheme {
    /// Decimal: `((run·10 + filter)·10 + camcol)·10000 + field`.
    SdssCcd,
    /// Binary: tract (7 bits), patch x (13), patch y (13), filter (3).
    SdssCoadd,
    /// A number without inner structure.
    Sequence,
}

/// CCD ids are 38 bits wide.
const CCD_ID_END: u64 = 1 << 38;
const TRACTS: u8 = 1 << 7;
const PATCHES: u16 = 1 << 13;
/// Coadd ids are 7 + 13 + 13 + 3 bits wide.
const COADD_ID_END: u64 = 1 << 36;

impl ScienceIdScheme {
    /// The name used in the configuration: `sdss-ccd`, `sdss-coadd` or `sequence`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SdssCcd => "sdss-ccd",
            Self::SdssCoadd => "sdss-coadd",
            Self::Sequence => "sequence",
        }
    }

    /// The science id of a data id.
    ///
    /// # Errors
    /// When the data id is of another kind or one of its parts is out of range.
    pub fn encode(self, data_id: &DataId) -> Result<ScienceId, IdentityError> {
        match (self, *data_id) {
            (Self::SdssCcd, DataId::Ccd { run, camcol, field, filter }) => {
                let id = ((u64::from(run) * 10 + filter.digit()) * 10 + u64::from(camcol)) * 10_000
                    + u64::from(field);
                let fits = (1..=6).contains(&camcol) && field <= 9999 && id < CCD_ID_END;
                if fits { Ok(ScienceId(id)) } else { Err(IdentityError::InvalidDataId) }
            }
            (Self::SdssCoadd, DataId::Coadd { tract, patch_x, patch_y, filter }) => {
                if tract >= TRACTS || patch_x >= PATCHES || patch_y >= PATCHES {
                    return Err(IdentityError::InvalidDataId);
                }
                let id = u64::from(tract) << 29
                    | u64::from(patch_x) << 16
                    | u64::from(patch_y) << 3
                    | filter.digit();
                Ok(ScienceId(id))
            }
            (Self::Sequence, DataId::Sequence(id)) => Ok(id),
            _ => Err(IdentityError::WrongKind),
        }
    }

    /// The data id a science id stands for. Arithmetic only: the image need not exist.
    ///
    /// # Errors
    /// When the number stands for none.
    pub fn decode(self, id: ScienceId) -> Result<DataId, IdentityError> {
        let n = id.0;
        match self {
            Self::SdssCcd => {
                let camcol = (n / 10_000 % 10) as u8;
                if n >= CCD_ID_END || !(1..=6).contains(&camcol) {
                    return Err(IdentityError::InvalidDataId);
                }
                let filter = SdssFilter::from_digit(n / 100_000 % 10)?;
                Ok(DataId::Ccd { run: (n / 1_000_000) as u32, camcol, field: (n % 10_000) as u16, filter })
            }
            Self::SdssCoadd => {
                if n >= COADD_ID_END {
                    return Err(IdentityError::InvalidDataId);
                }
                let patch = |shift: u32| (n >> shift & u64::from(PATCHES - 1)) as u16;
                let filter = SdssFilter::from_digit(n & 7)?;
                Ok(DataId::Coadd { tract: (n >> 29) as u8, patch_x: patch(16), patch_y: patch(3), filter })
            }
            Self::Sequence => Ok(DataId::Sequence(id)),
        }
    }
}

impl TryFrom<&str> for ScienceIdScheme {
    type Error = IdentityError;

    fn try_from(name: &str) -> Result<Self, IdentityError> {
        [Self::SdssCcd, Self::SdssCoadd, Self::Sequence]
            .into_iter()
            .find(|scheme| scheme.as_str() == name)
            .ok_or_else(|| IdentityError::UnknownScheme(name.to_owned()))
    }
}

impl TryFrom<String> for ScienceIdScheme {
    type Error = IdentityError;

    fn try_from(name: String) -> Result<Self, IdentityError> {
        Self::try_from(name.as_str())
    }
}

impl fmt::Display for ScienceIdScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
