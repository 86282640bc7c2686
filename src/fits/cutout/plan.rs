//! From the pixels that are wanted to the runs of bytes of the answer.

use std::sync::Arc;

use super::canvas::Canvas;
use super::layout::{Fate, fate, lookup_moves, without_pixels};
use super::pieces::Source;
use super::{Cutout, CutoutNote, ImageCut, Kept};
use crate::fits::crop::{Crop, Template, moved};
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::{Hdu, HduKind};
use crate::fits::header::Header;
use crate::fits::image::Bitpix;
use crate::fits::section::{check, read_stored};
use crate::pixel::PixelBox;

/// Keywords of the bounds along the third and fourth axis, where they are cut.
const FURTHER_BOUNDS: [[&str; 2]; 2] = [["CUTZ1", "CUTZ2"], ["CUTW1", "CUTW2"]];

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

    /// The header of a cut: coordinates of the part, where it comes from, what was asked for.
    pub(super) fn header_of_cut(
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
    pub(super) fn push_empty_primary(
        &mut self,
        hdu: &Hdu,
        common: Option<&ImageCut>,
        extensions: usize,
    ) -> Result<()> {
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
