//! A FITS file cut out of another: boxes of its images with headers that stay true, its tables as they are.
//!
//! Stored samples are copied bit for bit; compressed images are answered uncompressed. The exact length is known
//! before the first byte.

mod canvas;
mod cut;
mod layout;
mod mosaic;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use self::canvas::Canvas;
pub use self::cut::{ImageCut, Kept};
use self::layout::{Fate, fate, lookup_moves, without_pixels};
use self::mosaic::Mosaic;
pub use self::mosaic::MosaicPatch;
use super::BLOCK_BYTES;
use super::crop::{Crop, Template, moved};
use super::error::{FitsError, Result};
use super::file::{FitsFile, Resident};
use super::hdu::{Hdu, HduKind};
use super::header::Header;
use super::image::Bitpix;
use super::index::HduIndex;
use super::read_at::ReadAt;
use super::section::{check, read_rows, read_stored};
use crate::pixel::PixelBox;

/// Keywords of the bounds along the third and fourth axis, where they are cut.
const FURTHER_BOUNDS: [[&str; 2]; 2] = [["CUTZ1", "CUTZ2"], ["CUTW1", "CUTW2"]];

/// What a cutout says about itself in its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutoutNote {
    /// The region asked for, in the words of the request.
    pub region: String,
    /// The identifier of the dataset, when it has one.
    pub publisher_did: Option<String>,
    /// The time of making.
    pub made_at: DateTime<Utc>,
}

/// A cutout with headers made and pixels still in the file (those of compressed images are decoded already, so
/// that damage shows before the first byte is sent).
#[derive(Debug)]
pub struct Cutout {
    file: Arc<FitsFile>,
    pieces: Vec<Piece>,
    length: u64,
}

/// A run of bytes of the answer.
#[derive(Debug)]
struct Piece {
    /// Where it starts in the answer.
    start: u64,
    length: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
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
    /// Plans these cuts. Images that are not listed are left out (an unlisted primary keeps its header); of the
    /// rest, `kept` says what stays.
    ///
    /// # Errors
    /// When a cut does not touch its image, the file is truncated, pixels do not decode, the limits are exceeded,
    /// or the image has a distortion that cannot follow.
    pub fn plan(file: Arc<FitsFile>, cuts: &[ImageCut], kept: Kept, note: &CutoutNote) -> Result<Self> {
        check_cuts(&file, cuts)?;
        let Some(first) = cuts.first() else {
            return Err(FitsError::Unsupported("a cutout of nothing".to_owned()));
        };
        let moves = lookup_moves(&file, cuts)?;
        let source = Arc::clone(&file);
        let mut cutout = Self { file, pieces: Vec::new(), length: 0 };
        let fates: Vec<Fate<'_>> =
            source.hdus().iter().map(|hdu| fate(&source, hdu, cuts, &moves, kept)).collect();
        let extensions = fates.iter().skip(1).filter(|fate| !matches!(fate, Fate::Dropped)).count();
        let is_common = cuts.iter().all(|cut| cut.origin() == first.origin());
        for (hdu, fate) in source.hdus().iter().zip(fates) {
            match fate {
                Fate::Dropped => {}
                Fate::Cut(cut) => cutout.push_cut(hdu, cut, kept, note)?,
                Fate::Moved(cut) => {
                    cutout.push_header(&moved(&hdu.header, Crop(&cut.runs)));
                    cutout.push_copy(hdu, hdu.data_offset)?;
                }
                Fate::HeaderOnly => cutout.push_header(&without_pixels(&hdu.header)),
                Fate::Copied if hdu.index.0 == 0 && hdu.kind == HduKind::Empty => {
                    cutout.push_empty_primary(hdu, is_common.then_some(first), extensions)?;
                }
                Fate::Copied => cutout.push_copy(hdu, hdu.header_offset)?,
            }
        }
        Ok(cutout)
    }

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

    fn push(&mut self, length: u64, source: Source) {
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

    fn push_header(&mut self, header: &Header) {
        let bytes = header.to_block_bytes();
        self.push(bytes.len() as u64, Source::Held(bytes));
    }

    fn pad(&mut self, fill: u8) {
        let padding = self.length.next_multiple_of(BLOCK_BYTES as u64) - self.length;
        self.push(padding, Source::Filled(fill));
    }

    /// The header of a cut: coordinates of the part, where it comes from, what was asked for.
    fn header_of_cut(
        &self,
        hdu: &Hdu,
        cut: &ImageCut,
        canvas: Option<&Canvas>,
        note: &CutoutNote,
    ) -> Result<Header> {
        let mut header = hdu.cutout_template(&self.file)?.cropped(Crop(&cut.runs), Some(note.made_at));
        for (run, [first, last]) in cut.runs.iter().skip(2).zip(FURTHER_BOUNDS) {
            header.set_integer(first, run.start + 1, "first plane taken from the source");
            header.set_integer(last, run.end(), "last plane taken from the source");
        }
        if let Some(canvas) = canvas {
            canvas.describe(&mut header);
        }
        if let Some(did) = &note.publisher_did {
            header.push_text("CUTID", did, "identifier of the source dataset");
        }
        let version = env!("CARGO_PKG_VERSION");
        let section: Vec<String> = cut.runs.iter().map(|run| run.to_fits_range()).collect();
        let section = section.join(",");
        header.push_history(&format!("Pixels {section} cut out by Trifocal {version}: {}", note.region));
        Ok(header)
    }

    fn push_cut(&mut self, hdu: &Hdu, cut: &ImageCut, kept: Kept, note: &CutoutNote) -> Result<()> {
        let image = hdu.image()?;
        let canvas = Canvas::needed(hdu, cut)?;
        let header = self.header_of_cut(hdu, cut, canvas.as_ref(), note)?;
        if kept == Kept::Headers {
            self.push_header(&without_pixels(&header));
            return Ok(());
        }
        self.push_header(&header);
        let planes = cut.planes(image)?;
        if let Some(canvas) = canvas {
            let bytes = canvas.samples(&self.file, hdu, cut, &planes)?;
            self.push(bytes.len() as u64, Source::Held(bytes));
        } else {
            self.push_pixels(hdu, image.bitpix, cut.window(image)?, planes)?;
        }
        self.pad(0);
        Ok(())
    }

    /// The stored samples of a box of some planes.
    fn push_pixels(&mut self, hdu: &Hdu, bitpix: Bitpix, window: PixelBox, planes: Vec<usize>) -> Result<()> {
        let plane_bytes = window.pixels() * bitpix.bytes();
        let length = (plane_bytes * planes.len()) as u64;
        if hdu.kind == HduKind::CompressedImage {
            let mut bytes = vec![0; length as usize];
            for (plane, bytes) in planes.into_iter().zip(bytes.chunks_exact_mut(plane_bytes)) {
                read_stored(&self.file, hdu, plane, window, bytes)?;
            }
            self.push(length, Source::Held(bytes));
        } else {
            self.push(length, Source::Pixels { hdu: hdu.index, window, planes });
        }
        Ok(())
    }

    /// Copies an HDU from `offset`, its header or its data, to its end.
    fn push_copy(&mut self, hdu: &Hdu, offset: u64) -> Result<()> {
        let held = self.file.byte_len();
        hdu.ensure_complete(held)?;
        let end = hdu.end_offset().unwrap_or(held).min(held);
        self.push(end - offset, Source::Copied(offset));
        self.pad(if hdu.kind == HduKind::AsciiTable { b' ' } else { 0 });
        Ok(())
    }

    /// A primary without pixels: as it is, unless it counts extensions or describes the pixels of the extensions.
    fn push_empty_primary(&mut self, hdu: &Hdu, common: Option<&ImageCut>, extensions: usize) -> Result<()> {
        let template = hdu.template.get_or_init(|| Template::of_empty(&hdu.header));
        let template = common.filter(|_| template.is_changed()).map(|cut| (cut, template));
        let miscounts = hdu.header.integer("NEXTEND").is_some_and(|count| count != extensions as i64);
        if template.is_none() && !miscounts {
            return self.push_copy(hdu, hdu.header_offset);
        }
        let mut header = template
            .map_or_else(|| hdu.header.clone(), |(cut, template)| template.cropped(Crop(&cut.runs), None));
        if miscounts {
            header.set_integer("NEXTEND", extensions as i64, "");
        }
        header.remove("CHECKSUM");
        self.push_header(&header);
        Ok(())
    }
}

/// Fails unless every cut lies on its image, the file holds it, and all together stay within the limits.
fn check_cuts(file: &FitsFile, cuts: &[ImageCut]) -> Result<()> {
    let mut pixels = 0_u64;
    for (n, cut) in cuts.iter().enumerate() {
        let hdu = file.hdu(cut.hdu)?;
        let image = hdu.image()?;
        let planes = cut.runs.iter().skip(2).zip(image.axes.iter().skip(2));
        let whole = image.axes.iter().skip(cut.runs.len().max(2));
        let further = planes.map(|(run, _)| run.length).chain(whole.copied());
        let sides = cut.size().into_iter().chain(further);
        pixels =
            pixels.saturating_add(sides.fold(1_u64, |product, side| product.saturating_mul(side as u64)));
        if cuts[..n].iter().any(|other| other.hdu == cut.hdu) {
            return Err(FitsError::Unsupported(format!("two boxes of {} in one file", cut.hdu)));
        }
    }
    let allowed = file.limits().cutout_pixels;
    if pixels > allowed {
        return Err(FitsError::TooLarge { what: "cutout pixels", asked: pixels, allowed });
    }
    for cut in cuts {
        let hdu = file.hdu(cut.hdu)?;
        let image = hdu.image()?;
        let last = cut.planes(image)?.last().copied().unwrap_or(0);
        check(file, hdu, last, cut.window(image)?)?;
    }
    Ok(())
}

impl Source {
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
