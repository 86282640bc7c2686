//! How tiles are packed, as the header of their table says. FITS 4.0 section 10.4.

use super::fault::TableFault;
use crate::fits::header::Header;

/// How tiles are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// Rice coding of differences, in blocks, of 1, 2 or 4 byte integers.
    Rice { block: usize, bytes: usize },
    /// gzip, bytes in order.
    Gzip1,
    /// gzip, all first bytes, then all second bytes, ….
    Gzip2,
    /// IRAF pixel lists.
    Plio,
    /// Haar transform with quadtree coding.
    Hcompress,
    /// Nothing.
    Stored,
}

impl Codec {
    /// `ZCMPTYPE` with the parameters under `ZNAMEn` and `ZVALn`.
    pub(super) fn read(header: &Header) -> Result<Self, TableFault> {
        let unsupported = |what: &str| Err(TableFault::Unsupported(what.to_owned()));
        let parameter = |wanted: &str, otherwise: i64| {
            let numbers = 1..=99_u8;
            let found = numbers
                .map_while(|n| header.text(&format!("ZNAME{n}")).map(|name| (n, name)))
                .find(|(_, name)| name.trim() == wanted);
            found.and_then(|(n, _)| header.integer(&format!("ZVAL{n}"))).unwrap_or(otherwise)
        };
        if header.contains("ZMASKCMP") {
            return unsupported("a compressed null mask");
        }
        match header.text("ZCMPTYPE").as_deref().map(str::trim) {
            Some("RICE_1" | "RICE_ONE") => match (parameter("BLOCKSIZE", 32), parameter("BYTEPIX", 4)) {
                (block @ 1..=65_536, bytes @ (1 | 2 | 4)) => {
                    Ok(Self::Rice { block: block as usize, bytes: bytes as usize })
                }
                (block, bytes) => Err(format!("BLOCKSIZE {block}, BYTEPIX {bytes}").into()),
            },
            Some("GZIP_1") => Ok(Self::Gzip1),
            Some("GZIP_2") => Ok(Self::Gzip2),
            Some("PLIO_1") => Ok(Self::Plio),
            Some("HCOMPRESS_1") if parameter("SMOOTH", 0) != 0 => unsupported("HCOMPRESS_1 with smoothing"),
            Some("HCOMPRESS_1") => Ok(Self::Hcompress),
            Some("NOCOMPRESS") => Ok(Self::Stored),
            Some(other) => unsupported(&format!("ZCMPTYPE {other}")),
            None => Err("ZCMPTYPE is missing".into()),
        }
    }
}
