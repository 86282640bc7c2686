//! Bytes written as text. XISF 1.0 section 10.1.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::error::{Result, XisfError};

/// Base64 as programs write it, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Base64,
    Hex,
}

impl Encoding {
    pub(super) fn parse(name: &str) -> Result<Self> {
        match name {
            "base64" => Ok(Self::Base64),
            "hex" | "base16" => Ok(Self::Hex),
            _ => Err(XisfError::Unsupported("the encoding of its pixels".to_owned())),
        }
    }

    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>> {
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match self {
            Self::Base64 => BASE64.decode(text).ok(),
            Self::Hex => {
                let (pairs, rest) = text.as_chunks::<2>();
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let byte = |&[high, low]: &[u8; 2]| Some((digit(high)? * 16 + digit(low)?) as u8);
                pairs.iter().map(byte).collect::<Option<_>>().filter(|_| rest.is_empty())
            }
        }
        .ok_or(XisfError::Damaged("their text is not what it says it is"))
    }
}
