//! Keys, signatures and comparisons that take the same time whatever they find.

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

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

pub(super) fn md5(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

pub(super) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Whether two texts are equal; how long it takes tells nothing of where they differ.
pub(super) fn are_equal(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |found, (l, r)| found | (l ^ r));
    std::hint::black_box(differences) == 0 && left.len() == right.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_as_everybody_writes_them() {
        assert_eq!(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(&sha256("abc")[..16], "ba7816bf8f01cfea");
    }

    #[test]
    fn equality_is_equality() {
        assert!(are_equal("", "") && are_equal("abc", "abc"));
        assert!(!are_equal("abc", "abd") && !are_equal("abc", "ab") && !are_equal("", "a"));
    }

    #[test]
    fn two_fresh_signers_differ_and_two_of_one_key_agree() {
        assert_ne!(Signer::new(b"").sign("x"), Signer::new(b"").sign("x"));
        assert_eq!(Signer::new(b"k").sign("x"), Signer::new(b"k").sign("x"));
        assert_ne!(Signer::new(b"k").sign("x"), Signer::new(b"k").sign("y"));
    }
}
