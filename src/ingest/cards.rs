//! The cards that describe a frame: those of the HDU with the pixels, then those of the primary HDU.

use sha2::{Digest, Sha256};

use crate::catalogue::HeaderDigest;
use crate::fits::Header;

/// The headers a frame is described by. In multi-extension files the exposure is often described only in the
/// primary HDU, which has no pixels.
#[derive(Clone, Copy, Debug)]
pub struct Cards<'a> {
    image: &'a Header,
    primary: Option<&'a Header>,
}

impl<'a> Cards<'a> {
    /// The cards of a frame; `primary` only when the image is in another HDU.
    pub fn new(image: &'a Header, primary: Option<&'a Header>) -> Self {
        Self { image, primary }
    }

    fn first<T>(&self, read: impl Fn(&Header) -> Option<T>) -> Option<T> {
        read(self.image).or_else(|| self.primary.and_then(read))
    }

    /// A number.
    pub fn real(&self, keyword: &str) -> Option<f64> {
        self.first(|header| header.real(keyword)).filter(|value| value.is_finite())
    }

    /// A whole number; `100.0` and `'100'` count as 100.
    pub fn integer(&self, keyword: &str) -> Option<i64> {
        self.first(|header| header.integer(keyword))
    }

    /// A text that is not blank.
    pub fn text(&self, keyword: &str) -> Option<String> {
        let filled = |header: &Header| header.text(keyword).filter(|text| !text.trim().is_empty());
        self.first(filled).map(|text| text.trim().to_owned())
    }

    /// Whether either header has the keyword.
    pub fn contains(&self, keyword: &str) -> bool {
        self.first(|header| header.contains(keyword).then_some(())).is_some()
    }

    /// The length of the exposure in seconds: EXPTIME, else EXPOSURE.
    pub fn exposure_s(&self) -> Option<f64> {
        self.real("EXPTIME").or_else(|| self.real("EXPOSURE"))
    }

    /// A digest of every card.
    pub fn digest(&self) -> HeaderDigest {
        let mut hasher = Sha256::new();
        hasher.update(self.image.raw_bytes());
        if let Some(primary) = self.primary {
            hasher.update(primary.raw_bytes());
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let (first, _) = digest.as_chunks::<8>();
        HeaderDigest(first.first().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fits::Card;

    /// A header of these cards, blank-padded.
    pub(in crate::ingest) fn header(cards: &[&str]) -> Header {
        Header::from_cards(cards.iter().map(|card| {
            let mut bytes = [b' '; 80];
            bytes[..card.len()].copy_from_slice(card.as_bytes());
            Card(bytes)
        }))
    }

    #[test]
    fn image_cards_come_before_primary_cards() {
        let image = header(&["FILTER  = '        '", "EXPOSURE=                  2.5"]);
        let primary = header(&["FILTER  = 'r       '", "EXPTIME = '53.907456'"]);
        let cards = Cards::new(&image, Some(&primary));
        assert_eq!(cards.text("FILTER").as_deref(), Some("r"));
        assert_eq!(cards.exposure_s(), Some(53.907_456));
        assert_eq!(Cards::new(&image, None).exposure_s(), Some(2.5));
        assert!(!cards.contains("RUN") && cards.contains("EXPTIME"));
        assert_ne!(cards.digest(), Cards::new(&image, None).digest());
    }
}
