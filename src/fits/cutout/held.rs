//! Cutouts of files whose bytes memory holds: put together row by row, in memory that nobody has to clear first.

use bytes::Bytes;

use super::Cutout;
use super::pieces::{Piece, Source};
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::section::first_row_at;

impl Cutout {
    /// The whole answer if the file was brought into memory.
    pub(super) fn of_held_file(&self) -> Option<Result<Bytes>> {
        let held = self.file.held()?;
        let mut bytes = Vec::with_capacity(self.length as usize);
        let appended = self.pieces.iter().try_for_each(|piece| piece.append(&self.file, held, &mut bytes));
        Some(appended.map(|()| bytes.into()))
    }
}

impl Piece {
    /// Appends this run, which may take bytes of `file`, all of which are in `held`.
    fn append(&self, file: &FitsFile, held: &[u8], answer: &mut Vec<u8>) -> Result<()> {
        match &self.source {
            Source::Held(bytes) => answer.extend_from_slice(bytes),
            Source::Copied(offset) => answer.extend_from_slice(part(held, *offset, self.length as usize)?),
            Source::Filled(byte) => answer.resize(answer.len() + self.length as usize, *byte),
            Source::Pixels { hdu, window, planes } => {
                let hdu = file.hdu(*hdu)?;
                let image = hdu.image()?;
                let wanted = window.width * image.bitpix.bytes();
                for plane in planes {
                    let first = first_row_at(hdu, *plane, *window)?;
                    for row in 0..window.height {
                        answer.extend_from_slice(part(
                            held,
                            first + (row * image.row_bytes()) as u64,
                            wanted,
                        )?);
                    }
                }
            }
            Source::Mosaic(mosaic) => {
                let start = answer.len();
                answer.resize(start + self.length as usize, 0);
                mosaic.read(0, &mut answer[start..])?;
            }
        }
        Ok(())
    }
}

fn part(held: &[u8], offset: u64, length: usize) -> Result<&[u8]> {
    let part = usize::try_from(offset).ok().and_then(|start| held.get(start..start.checked_add(length)?));
    let needed = offset.saturating_add(length as u64);
    part.ok_or(FitsError::Truncated { needed, held: held.len() as u64 })
}
