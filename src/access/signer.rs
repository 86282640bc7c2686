//! Signatures nobody else can make.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::hashes::hex;

/// A key for signatures.
#[derive(Clone)]
pub(super) struct Signer(Hmac<Sha256>);

impl Signer {
    /// With this key, or with a new one when it is empty.
    pub(super) fn new(key: &[u8]) -> Self {
        let fresh: Vec<u8> =
            [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].iter().flat_map(|id| *id.as_bytes()).collect();
        let key = if key.is_empty() { &fresh } else { key };
        // HMAC takes keys of every length (RFC 2104).
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&[0; 64].into())))
    }

    /// The signature of `text` as 32 hexadecimal digits: 128 bits of HMAC-SHA-256.
    pub(super) fn sign(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes()[..16])
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fresh_signers_differ_and_two_of_one_key_agree() {
        assert_ne!(Signer::new(b"").sign("x"), Signer::new(b"").sign("x"));
        assert_eq!(Signer::new(b"k").sign("x"), Signer::new(b"k").sign("x"));
        assert_ne!(Signer::new(b"k").sign("x"), Signer::new(b"k").sign("y"));
    }
}
