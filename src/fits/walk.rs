//! Finds the HDUs of a file from header to header. FITS 4.0 section 3.1.

use super::BLOCK_BYTES;
use super::card::CARD_BYTES;
use super::error::{FitsError, Result};
use super::hdu::Hdu;
use super::header::{Header, is_end};
use super::index::HduIndex;
use super::read_at::ReadAt;

/// Bytes a header is read in steps of; most headers fit the first.
const HEADER_STEP: usize = 8 * BLOCK_BYTES;
/// No header known to astronomy is longer: over 100 000 cards.
const MAX_HEADER_BYTES: u64 = 3000 * BLOCK_BYTES as u64;
/// HDUs a file may have.
const MAX_HDUS: usize = 20_000;

/// Every HDU, given the bytes of the `start` that were read already. What follows the last one and is no extension
/// (special records, junk) is ignored.
pub(super) fn hdus(file: &impl ReadAt, mut start: Vec<u8>) -> Result<Vec<Hdu>> {
    let mut hdus = Vec::new();
    let mut offset = 0;
    loop {
        let index = HduIndex(hdus.len());
        if index.0 == MAX_HDUS {
            let (asked, allowed) = (MAX_HDUS as u64 + 1, MAX_HDUS as u64);
            return Err(FitsError::TooLarge { what: "HDUs", asked, allowed });
        }
        let read = std::mem::take(&mut start);
        let Some((header, header_bytes)) = header_at(file, index, offset, read)? else { return Ok(hdus) };
        let hdu = Hdu::describe(index, header, offset, header_bytes)?;
        let next = hdu.end_offset();
        hdus.push(hdu);
        match next {
            Some(next) if next < file.byte_len() => offset = next,
            _ => return Ok(hdus),
        }
    }
}

/// The header at `offset` and its length in whole blocks, given the bytes there that were read already; `None` when
/// no extension starts there.
fn header_at(
    file: &impl ReadAt,
    index: HduIndex,
    offset: u64,
    mut bytes: Vec<u8>,
) -> Result<Option<(Header, u64)>> {
    let room = (file.byte_len() - offset).min(MAX_HEADER_BYTES) as usize;
    bytes.truncate(room);
    let mut searched = 0;
    loop {
        if searched == bytes.len() {
            if searched == room {
                return Err(FitsError::Malformed { hdu: index, what: "it has no END".to_owned() });
            }
            bytes.resize((searched + HEADER_STEP).min(room), 0);
            file.read_exact_at(&mut bytes[searched..], offset + searched as u64)?;
        }
        if searched == 0 && index.0 > 0 && !bytes.starts_with(b"XTENSION") {
            return Ok(None);
        }
        let (cards, _) = bytes[searched..].as_chunks::<CARD_BYTES>();
        if let Some(end) = cards.iter().position(is_end) {
            let used = searched + (end + 1) * CARD_BYTES;
            let header = Header::parse(&bytes[..used]);
            return Ok(header.map(|header| (header, used.next_multiple_of(BLOCK_BYTES) as u64)));
        }
        searched = bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::testing::{Held, hdu};
    use crate::fits::{FitsFile, HduKind};
    use crate::pixel::Limits;

    const IMAGE: &str = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3";

    fn open(bytes: &[u8]) -> Result<FitsFile> {
        FitsFile::open(&Held::new(bytes).path, &Limits::default())
    }

    #[test]
    fn headers_that_lie_about_structure_are_refused() {
        for lie in [
            "BITPIX  = 7",
            "BITPIX  = 'x'",
            "NAXIS   = 1000",
            "NAXIS   = -1",
            "NAXIS   = 3",
            "NAXIS2  = -300",
            "NAXIS2  = 9223372036854775807",
            "BSCALE  = 'abc'",
        ] {
            let keyword = &lie[..8];
            let cards: Vec<_> =
                IMAGE.lines().filter(|line| !line.starts_with(keyword)).chain([lie]).collect();
            let opened = open(&hdu(&cards.join("\n"), &[0; 12]));
            assert!(matches!(opened, Err(FitsError::Malformed { .. })), "{lie}");
        }
        let headless = hdu(IMAGE, &[])[..400].to_vec();
        assert!(matches!(open(&headless), Err(FitsError::Malformed { .. })));
    }

    #[test]
    fn junk_behind_the_last_hdu_is_ignored_and_missing_data_found() {
        let mut bytes = hdu(IMAGE, &[7; 12]);
        bytes.extend([b'#'; 3000]);
        assert_eq!(open(&bytes).unwrap().hdus().len(), 1);
        let short = open(&bytes[..2885]).unwrap();
        assert!(matches!(short.ensure_complete(), Err(FitsError::Truncated { needed: 2892, held: 2885 })));
        assert!(open(&bytes[..2892]).unwrap().ensure_complete().is_ok(), "padding may be missing");
    }

    #[test]
    fn hdus_are_told_apart() {
        let extension = |kind: &str, more: &str| {
            let cards = format!(
                "XTENSION= '{kind}'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3\nPCOUNT  = 2\nGCOUNT  = 1\n{more}"
            );
            hdu(&cards, &[1; 14])
        };
        let groups = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 0\nNAXIS2  = 3\nGROUPS  = T\nPCOUNT  = 1\nGCOUNT  = 2";
        let bytes = [
            hdu(groups, &[1; 8]),
            extension("IMAGE   ", ""),
            extension("BINTABLE", ""),
            extension("TABLE", ""),
            extension("FOREIGN", ""),
            hdu("XTENSION= 'IMAGE'\nBITPIX  = 8\nNAXIS   = 0", &[]),
        ]
        .concat();
        let file = open(&bytes).unwrap();
        let kinds: Vec<_> = file.hdus().iter().map(|hdu| hdu.kind).collect();
        assert_eq!(
            kinds,
            [
                HduKind::RandomGroups,
                HduKind::Image,
                HduKind::BinaryTable,
                HduKind::AsciiTable,
                HduKind::Other,
                HduKind::Empty
            ]
        );
        assert_eq!(file.hdus()[0].data_bytes, 8);
    }
}
