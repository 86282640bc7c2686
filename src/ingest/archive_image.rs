//! A header and a file name as the identity of an archive image.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::cards::Cards;
use super::exposure_time::to_mjd;
use super::file_name::CardNames;
use crate::catalogue::{DataId, IdentityError, ScienceId, ScienceIdScheme, SdssFilter};
use chrono::{DateTime, Utc};

/// Why a file cannot be told from its siblings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIdentity {
    /// A part of the data id is nowhere.
    #[error("neither the file name nor the header tells the {0} of this image")]
    Missing(&'static str),
    /// A part of the data id is no number.
    #[error("the {0} of this image is not a number in range")]
    NotANumber(&'static str),
    /// The parts do not make a data id.
    #[error("{0}")]
    Invalid(#[from] IdentityError),
}

/// The parts of a data id: from the file name, and for those it does not name, from the cards.
#[derive(Debug)]
pub struct Parts<'a> {
    named: HashMap<&'a str, &'a str>,
    cards: Cards<'a>,
    names: &'a CardNames,
}

impl<'a> Parts<'a> {
    /// The parts `found` in a file name, its `cards`, and the cards' `names` where they are unusual.
    pub fn of(found: HashMap<&'a str, &'a str>, cards: Cards<'a>, names: &'a CardNames) -> Self {
        Self { named: found, cards, names }
    }

    fn text(&self, part: &'static str, keywords: &[&str]) -> Result<String, NoIdentity> {
        let named = self.named.get(part).map(|&text| text.to_owned());
        let card = || match self.names.of(part) {
            Some(keyword) => self.cards.text(keyword),
            None => keywords.iter().find_map(|keyword| self.cards.text(keyword)),
        };
        named.or_else(card).ok_or(NoIdentity::Missing(part))
    }

    fn number<T: std::str::FromStr>(&self, part: &'static str, keywords: &[&str]) -> Result<T, NoIdentity> {
        self.text(part, keywords)?.trim().parse().map_err(|_| NoIdentity::NotANumber(part))
    }

    fn filter(&self) -> Result<SdssFilter, NoIdentity> {
        Ok(SdssFilter::try_from(self.text("filter", &["FILTER"])?.as_str())?)
    }

    /// Patch column and row: two groups of the file name, or `PATCH = 'x,y'`.
    fn patch(&self) -> Result<(u16, u16), NoIdentity> {
        let keyword = self.names.of("patch").unwrap_or("PATCH");
        if self.named.contains_key("patch_x") || !self.cards.contains(keyword) {
            return Ok((self.number("patch_x", &["PATCHX"])?, self.number("patch_y", &["PATCHY"])?));
        }
        let text = self.text("patch", &["PATCH"])?;
        let numbers =
            text.split_once(',').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
        numbers.ok_or(NoIdentity::NotANumber("patch"))
    }
}

/// The data id of the image in a file.
///
/// # Errors
/// When a part of it is nowhere or out of range.
pub fn data_id(
    scheme: ScienceIdScheme,
    parts: &Parts<'_>,
    relative_path: &str,
) -> Result<DataId, NoIdentity> {
    let data_id = match scheme {
        ScienceIdScheme::SdssCcd => DataId::Ccd {
            run: parts.number("run", &["RUN"])?,
            camcol: parts.number("camcol", &["CAMCOL"])?,
            field: parts.number("field", &["FIELD", "FRAME"])?,
            filter: parts.filter()?,
        },
        ScienceIdScheme::SdssCoadd => {
            let (patch_x, patch_y) = parts.patch()?;
            let tract = parts.number("tract", &["TRACT"])?;
            DataId::Coadd { tract, patch_x, patch_y, filter: parts.filter()? }
        }
        ScienceIdScheme::Sequence => DataId::Sequence(match parts.named.get("sequence") {
            Some(number) => {
                let number: u64 = number.parse().map_err(|_| NoIdentity::NotANumber("sequence"))?;
                ScienceId::try_from(number)?
            }
            None => number_of_path(relative_path)?,
        }),
    };
    // Checks the ranges.
    scheme.encode(&data_id)?;
    Ok(data_id)
}

/// A number for a file whose name holds none: the same after every rebuild of the catalogue.
///
/// # Errors
/// Never: the number is within the range.
pub fn number_of_path(relative_path: &str) -> Result<ScienceId, IdentityError> {
    let digest: [u8; 32] = Sha256::digest(relative_path.as_bytes()).into();
    let (chunks, _) = digest.as_chunks::<8>();
    ScienceId::try_from(chunks.first().map_or(0, |bytes| u64::from_be_bytes(*bytes)) & ScienceId::MAX)
}

/// Begin and end of an exposure as MJD.
pub fn time_mjd(started_at: Option<DateTime<Utc>>, exposure_s: Option<f64>) -> Option<(f64, f64)> {
    let begin = to_mjd(started_at?);
    Some((begin, begin + exposure_s.unwrap_or(0.0).max(0.0) / 86_400.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ingest::FileNamePattern;
    use crate::ingest::cards::tests::header;

    fn id(scheme: ScienceIdScheme, path: &str, cards: &[&str]) -> Result<u64, NoIdentity> {
        id_by(scheme, path, cards, &CardNames::default())
    }

    fn id_by(
        scheme: ScienceIdScheme,
        path: &str,
        cards: &[&str],
        names: &CardNames,
    ) -> Result<u64, NoIdentity> {
        let header = header(cards);
        let pattern = FileNamePattern::usual(scheme);
        let parts = Parts::of(pattern.parts(path), Cards::new(&header, None), names);
        let data_id = data_id(scheme, &parts, path)?;
        Ok(scheme.encode(&data_id).unwrap().get())
    }

    #[test]
    fn exposures_are_named_by_file_or_cards() {
        let ccd = ScienceIdScheme::SdssCcd;
        assert_eq!(id(ccd, "3325/fpC-003325-z1-0171.fit.gz", &["RUN     = 1"]), Ok(3_325_410_171));
        let cards = ["RUN     =  5646", "CAMCOL  = 4", "FRAME   = 694", "FILTER  = 'r'", "EXPTIME = 53.9"];
        assert_eq!(id(ccd, "image.fits", &cards), Ok(5_646_240_694));
        assert_eq!(id(ccd, "image.fits", &cards[1..]), Err(NoIdentity::Missing("run")));
        assert_eq!(id(ccd, "image.fits", &["RUN     = -7"]), Err(NoIdentity::NotANumber("run")));
        assert_eq!(
            id(ccd, "fpC-003325-z9-0171.fit", &[]),
            Err(NoIdentity::Invalid(IdentityError::InvalidDataId))
        );
    }

    #[test]
    fn cards_of_other_archives_are_named_in_the_settings() {
        let names = [("run", "NIGHT"), ("field", "EXPNUM"), ("camcol", "CCDNUM"), ("filter", "BAND")];
        let names = names.map(|(part, keyword)| (part.to_owned(), keyword.to_owned()));
        let names = CardNames::try_from(BTreeMap::from(names)).unwrap();
        let cards = ["NIGHT   = 12", "EXPNUM  = 34", "CCDNUM  = 5", "BAND    = 'z'", "RUN     = 99"];
        let ccd = ScienceIdScheme::SdssCcd;
        assert_eq!(id_by(ccd, "image.fits", &cards, &names), Ok(12_450_034));
        assert_eq!(id_by(ccd, "image.fits", &cards[1..], &names), Err(NoIdentity::Missing("run")));
    }

    #[test]
    fn patches_are_named_by_file_or_cards() {
        let coadd = ScienceIdScheme::SdssCoadd;
        assert_eq!(id(coadd, "deepCoadd/i/0/225,1.fits", &[]), Ok(14_745_611));
        let cards = ["TRACT   = 0", "PATCH   = '366,0'", "FILTER  = 'u'"];
        assert_eq!(id(coadd, "patch.fits", &cards), Ok(23_986_176));
        assert_eq!(
            id(coadd, "patch.fits", &["TRACT   = 0", "PATCH   = 'here'", "FILTER  = 'u'"]),
            Err(NoIdentity::NotANumber("patch"))
        );
    }

    #[test]
    fn sequences_take_the_number_in_the_name_or_one_made_of_the_path() {
        let sequence = ScienceIdScheme::Sequence;
        assert_eq!(id(sequence, "a/frame_0042.fits", &[]), Ok(42));
        let one = id(sequence, "a/horsehead.fits", &[]).unwrap();
        assert_eq!(id(sequence, "a/horsehead.fits", &[]), Ok(one));
        assert_ne!(id(sequence, "b/horsehead.fits", &[]), Ok(one));
    }

    #[test]
    fn exposure_lasts_from_begin_to_end() {
        let start = DateTime::from_timestamp(0, 0).unwrap();
        assert_eq!(time_mjd(Some(start), Some(43_200.0)), Some((40587.0, 40587.5)));
        assert_eq!(time_mjd(Some(start), None), Some((40587.0, 40587.0)));
        assert_eq!(time_mjd(None, Some(1.0)), None);
    }
}
