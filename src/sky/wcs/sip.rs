//! The Simple Imaging Polynomial in a header (Shupe et al. 2005).

use super::WcsError;
use super::cards::Cards;

/// Highest order: one digit for each power in the keyword.
const MAX_SIP_ORDER: usize = 9;

/// The forward SIP polynomials; the approximate inverse a header may carry is not needed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sip {
    pub(super) order: usize,
    /// Terms of A: powers of u and v, coefficient.
    pub(super) a: Vec<(usize, usize, f64)>,
    /// Terms of B.
    pub(super) b: Vec<(usize, usize, f64)>,
}

impl Sip {
    /// `A_ORDER`, `B_ORDER` and their terms, with or without `-SIP` in CTYPE.
    pub(super) fn read(cards: &Cards) -> Result<Option<Self>, WcsError> {
        let order = |keyword: &str| -> Result<Option<usize>, WcsError> {
            cards
                .number(keyword)?
                .map(|order| {
                    (0..=MAX_SIP_ORDER)
                        .find(|&whole| (order - whole as f64).abs() < 1e-9)
                        .ok_or_else(|| WcsError::InvalidKeyword(keyword.to_owned()))
                })
                .transpose()
        };
        let (a, b) = match (order("A_ORDER")?, order("B_ORDER")?) {
            (None, None) => return Ok(None),
            (Some(a), Some(b)) => (a, b),
            (Some(_), None) => return Err(WcsError::InvalidKeyword("B_ORDER".to_owned())),
            (None, Some(_)) => return Err(WcsError::InvalidKeyword("A_ORDER".to_owned())),
        };
        let terms = |root: &str, order: usize| -> Result<Vec<(usize, usize, f64)>, WcsError> {
            let mut terms = Vec::new();
            for p in 0..=order {
                for q in 0..=order - p {
                    if let Some(value) =
                        cards.number(&format!("{root}_{p}_{q}"))?.filter(|&value| value != 0.0)
                    {
                        terms.push((p, q, value));
                    }
                }
            }
            Ok(terms)
        };
        Ok(Some(Self { order: a.max(b), a: terms("A", a)?, b: terms("B", b)? }))
    }
}
