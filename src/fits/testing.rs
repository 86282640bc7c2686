//! FITS files for the tests of this room, built byte by byte.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::card::text_card;
use super::{BLOCK_BYTES, FitsFile, Header};
use crate::pixel::Limits;

/// One HDU: these cards, these data, padding.
pub(super) fn hdu(cards: &str, data: &[u8]) -> Vec<u8> {
    let cards = cards.lines().map(str::trim_start).filter(|line| !line.is_empty());
    let mut bytes = Header::from_cards(cards.map(text_card)).to_block_bytes();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
    bytes
}

/// A file in its own folder.
pub(super) struct Held {
    _folder: TempDir,
    pub(super) path: PathBuf,
}

impl Held {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source.fits");
        std::fs::write(&path, bytes).unwrap();
        Self { _folder: folder, path }
    }

    pub(super) fn open(&self) -> Arc<FitsFile> {
        Arc::new(FitsFile::open(&self.path, &Limits::default()).unwrap())
    }
}
