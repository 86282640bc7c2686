//! Addresses that carry their own permission for a while: for `<img>`, which cannot send credentials.
//!
//! A token names a user and an end, `name.end.signature`; the end is in seconds since 1970, hexadecimal.

use super::hashes::are_equal;
use super::signer::Signer;

/// Longest life of a token, seconds.
pub const LONGEST_S: u32 = 86_400;

/// Makes and checks tokens.
#[derive(Debug)]
pub(super) struct Tokens(Signer);

impl Tokens {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(Signer::new(key))
    }

    /// A token for this user that ends at `end` (seconds since 1970).
    pub(super) fn make(&self, user: &str, end: i64) -> String {
        let claim = format!("{user}.{end:x}");
        let signature = self.0.sign(&claim);
        format!("{claim}.{signature}")
    }

    /// Whose token it is, if it is one of ours and has not ended.
    pub(super) fn user<'t>(&self, token: &'t str, now: i64) -> Option<&'t str> {
        let (claim, signature) = token.rsplit_once('.')?;
        let (user, end) = claim.rsplit_once('.')?;
        let end = i64::from_str_radix(end, 16).ok()?;
        (are_equal(&self.0.sign(claim), signature) && now <= end).then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_end_and_for_nobody_else() {
        let tokens = Tokens::new(b"key");
        let token = tokens.make("ann", 1000);
        assert_eq!(tokens.user(&token, 1000), Some("ann"));
        assert_eq!(tokens.user(&token, 1001), None);
        assert_eq!(tokens.user(&token.replace("ann", "bob"), 900), None);
        assert_eq!(tokens.user(&token.replace(".3e8.", ".fff."), 900), None);
        assert_eq!(Tokens::new(b"other").user(&token, 900), None);
        for nonsense in ["", ".", "..", "ann", "ann.zz.00", "a.b.c.d"] {
            assert_eq!(tokens.user(nonsense, 0), None, "{nonsense}");
        }
    }
}
