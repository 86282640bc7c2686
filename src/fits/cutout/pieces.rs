//! The bytes of a cutout as runs that are at hand, copied or read when they are asked for, in any order.

use bytes::Bytes;

use super::Cutout;
use super::mosaic::Mosaic;
use crate::fits::BLOCK_BYTES;
use crate::fits::error::{FitsError, Result};
use crate::fits::file::{FitsFile, Resident};
use crate::fits::hdu::Hdu;
use crate::fits::header::Header;
use crate::fits::index::HduIndex;
use crate::fits::read_at::ReadAt;
use crate::fits::section::read_rows;
use crate::pixel::PixelBox;

/// How much is decoded at once to see whether it decodes.
const VERIFIED_BYTES: u64 = 4 << 20;

/// A run of bytes of the answer.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where it starts in the answer.
    start: u64,
    pub(super) length: u64,
    pub(super) source: Source,
}

#[derive(Debug)]
pub(super) enum Source {
    /// Bytes at hand.
    Held(Vec<u8>),
    /// Bytes of the file as they are, from this offset.
    Copied(u64),
    /// A box of some planes of an uncompressed image.
    Pixels { hdu: HduIndex, window: PixelBox, planes: Vec<usize> },
    /// An image put together of several files.
    Mosaic(Mosaic),
    /// Padding.
    Filled(u8),
}

impl Cutout {
    /// Bytes of the whole answer.
    pub fn content_length(&self) -> u64 {
        self.length
    }

    /// The whole answer at once.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn to_bytes(&self) -> Result<Bytes> {
        self.chunk(0, self.length as usize)
    }

    /// The whole answer if memory holds every byte of it, so that nothing waits for a disk.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn to_resident_bytes(&self) -> Result<Option<Bytes>> {
        if let Some(bytes) = self.of_held_file() {
            return bytes.map(Some);
        }
        let mut bytes = vec![0; self.length as usize];
        match self.read_from(&Resident(&self.file), 0, &mut bytes) {
            Ok(_) => Ok(Some(bytes.into())),
            Err(FitsError::NotResident) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// At most `most` bytes of the answer from `offset` on; empty behind its end.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn chunk(&self, offset: u64, most: usize) -> Result<Bytes> {
        let mut bytes = vec![0; self.length.saturating_sub(offset).min(most as u64) as usize];
        self.read(offset, &mut bytes)?;
        Ok(bytes.into())
    }

    /// Fills `buffer` with the answer from `offset` on; says how many bytes there were.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.read_from(&*self.file, offset, buffer)
    }

    fn read_from(&self, reader: &impl ReadAt, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let first = self.pieces.partition_point(|piece| piece.start + piece.length <= offset);
        let mut filled = 0;
        for piece in &self.pieces[first..] {
            let skipped = (offset + filled as u64).saturating_sub(piece.start);
            let length = (piece.length - skipped).min((buffer.len() - filled) as u64) as usize;
            let part = &mut buffer[filled..filled + length];
            piece.source.read(&self.file, reader, skipped, part)?;
            filled += length;
            if filled == buffer.len() {
                break;
            }
        }
        Ok(filled)
    }

    /// Decodes what is decoded on the way to the client, and keeps nothing of it: damage shows now, not when half of
    /// the answer is sent.
    ///
    /// # Errors
    /// When pixels do not decode or the file cannot be read any more.
    pub fn verify(&self) -> Result<()> {
        let decoded = self.pieces.iter().filter(|piece| piece.source.is_decoded_when_read());
        for piece in decoded {
            let mut strip = vec![0; piece.length.min(VERIFIED_BYTES) as usize];
            let mut done = 0;
            while done < piece.length {
                let length = (piece.length - done).min(VERIFIED_BYTES) as usize;
                self.read(piece.start + done, &mut strip[..length])?;
                done += length as u64;
            }
        }
        Ok(())
    }

    pub(super) fn push(&mut self, length: u64, source: Source) {
        if let (Some(last), Source::Copied(offset)) = (self.pieces.last_mut(), &source)
            && matches!(last.source, Source::Copied(start) if start + last.length == *offset)
        {
            last.length += length;
            self.length += length;
        } else if length > 0 {
            self.pieces.push(Piece { start: self.length, length, source });
            self.length += length;
        }
    }

    pub(super) fn push_header(&mut self, header: &Header) {
        let bytes = header.to_block_bytes();
        self.push(bytes.len() as u64, Source::Held(bytes));
    }

    pub(super) fn pad(&mut self, fill: u8) {
        let padding = self.length.next_multiple_of(BLOCK_BYTES as u64) - self.length;
        self.push(padding, Source::Filled(fill));
    }
}

impl Source {
    /// Whether reading may find damage that nobody looked for before.
    fn is_decoded_when_read(&self) -> bool {
        matches!(self, Self::Mosaic(mosaic) if mosaic.is_compressed())
    }

    /// Fills `buffer` from `skipped` bytes into this run.
    fn read(&self, file: &FitsFile, reader: &impl ReadAt, skipped: u64, buffer: &mut [u8]) -> Result<()> {
        match self {
            Self::Held(bytes) => {
                buffer.copy_from_slice(&bytes[skipped as usize..][..buffer.len()]);
                Ok(())
            }
            Self::Copied(offset) => reader.read_exact_at(buffer, offset + skipped),
            Self::Filled(byte) => {
                buffer.fill(*byte);
                Ok(())
            }
            Self::Pixels { hdu, window, planes } => {
                read_pixels(reader, file.hdu(*hdu)?, *window, planes, skipped as usize, buffer)
            }
            Self::Mosaic(mosaic) => mosaic.read(skipped as usize, buffer),
        }
    }
}

/// Fills `buffer` with the box's samples, plane after plane, from `skipped` bytes on.
fn read_pixels(
    reader: &impl ReadAt,
    hdu: &Hdu,
    window: PixelBox,
    planes: &[usize],
    skipped: usize,
    buffer: &mut [u8],
) -> Result<()> {
    let sample_bytes = hdu.image()?.bitpix.bytes();
    let row_bytes = window.width * sample_bytes;
    let mut position = skipped;
    let mut rest = buffer;
    while !rest.is_empty() {
        let (row, within) = (position / row_bytes, position % row_bytes);
        let (plane, row) = (planes[row / window.height], row % window.height);
        let rows = rest.len() / row_bytes;
        if within == 0 && rows > 0 {
            let part = PixelBox { y: window.y + row, height: rows.min(window.height - row), ..window };
            let (now, later) = rest.split_at_mut(part.height * row_bytes);
            read_rows(reader, hdu, plane, part, now)?;
            position += now.len();
            rest = later;
        } else {
            // A chunk begins or ends inside a row.
            let mut whole = vec![0; row_bytes];
            read_rows(reader, hdu, plane, PixelBox { y: window.y + row, height: 1, ..window }, &mut whole)?;
            let length = (row_bytes - within).min(rest.len());
            let (now, later) = rest.split_at_mut(length);
            now.copy_from_slice(&whole[within..within + length]);
            position += length;
            rest = later;
        }
    }
    Ok(())
}
