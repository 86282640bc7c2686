//! Digests that tell whether a block is the one that was written. XISF 1.0 section 10.5.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use sha3::digest::Digest as _;
use sha3::{Sha3_256, Sha3_512};

use super::error::{Result, XisfError};
use super::text_encoding::Encoding;

/// A digest of the block as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checksum {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
    Sha3_256,
    Sha3_512,
}

impl Checksum {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (algorithm, hex) = text.split_once(':').unwrap_or((text, ""));
        let algorithm = match algorithm.trim() {
            "sha-1" | "sha1" => Algorithm::Sha1,
            "sha-256" | "sha256" => Algorithm::Sha256,
            "sha-512" | "sha512" => Algorithm::Sha512,
            "sha3-256" => Algorithm::Sha3_256,
            "sha3-512" => Algorithm::Sha3_512,
            _ => return Err(XisfError::Unsupported("its checksum".to_owned())),
        };
        Ok(Self { algorithm, hex: hex.trim().to_ascii_lowercase() })
    }

    pub(super) fn verify(&self, stored: &[u8]) -> Result<()> {
        let digest: Vec<u8> = match self.algorithm {
            Algorithm::Sha1 => Sha1::digest(stored).to_vec(),
            Algorithm::Sha256 => Sha256::digest(stored).to_vec(),
            Algorithm::Sha512 => Sha512::digest(stored).to_vec(),
            Algorithm::Sha3_256 => Sha3_256::digest(stored).to_vec(),
            Algorithm::Sha3_512 => Sha3_512::digest(stored).to_vec(),
        };
        let promised = Encoding::Hex.decode(&self.hex).map_err(|_| XisfError::Checksum)?;
        if digest == promised { Ok(()) } else { Err(XisfError::Checksum) }
    }
}
