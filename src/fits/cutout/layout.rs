//! Which HDUs a cutout has, and under which headers.

use super::{ImageCut, Kept};
use crate::fits::card::Card;
use crate::fits::crop::{Reference, Template};
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::{Hdu, HduKind};
use crate::fits::header::Header;

/// A distortion table and the cut it moves with.
pub(super) type Move<'a> = (Reference, &'a ImageCut);

/// What becomes of an HDU.
pub(super) enum Fate<'a> {
    Cut(&'a ImageCut),
    /// A distortion table, moved along with its image.
    Moved(&'a ImageCut),
    Copied,
    /// An unlisted image in the primary.
    HeaderOnly,
    Dropped,
}

/// What becomes of an HDU when these cuts are made.
pub(super) fn fate<'a>(
    file: &FitsFile,
    hdu: &Hdu,
    cuts: &'a [ImageCut],
    moves: &[Move<'a>],
    kept: Kept,
) -> Fate<'a> {
    if let Some(cut) = cuts.iter().find(|cut| cut.hdu == hdu.index) {
        return Fate::Cut(cut);
    }
    let is_primary = hdu.index.0 == 0;
    match hdu.kind {
        HduKind::Image | HduKind::CompressedImage => {
            let table = moves
                .iter()
                .find(|(reference, _)| hdu.kind == HduKind::Image && reference.is_to(&hdu.header));
            match table {
                Some((_, cut)) if kept != Kept::Headers => Fate::Moved(cut),
                _ if is_primary => Fate::HeaderOnly,
                _ => Fate::Dropped,
            }
        }
        HduKind::Empty if is_primary && file.hdus().get(1).is_some_and(Hdu::was_primary) => {
            if cuts.iter().any(|cut| cut.hdu.0 == 1) { Fate::Dropped } else { Fate::Copied }
        }
        _ if kept == Kept::Everything || is_primary => Fate::Copied,
        _ => Fate::Dropped,
    }
}

/// Which distortion tables the cut images need, and how far each moves.
pub(super) fn lookup_moves<'a>(file: &FitsFile, cuts: &'a [ImageCut]) -> Result<Vec<Move<'a>>> {
    let mut moves: Vec<Move<'a>> = Vec::new();
    for cut in cuts {
        let template = file.hdu(cut.hdu)?.cutout_template(file)?;
        let references = template.lookups.as_ref().map_err(|what| FitsError::Unsupported(what.clone()))?;
        for reference in references {
            if !file.hdus().iter().any(|hdu| hdu.kind == HduKind::Image && reference.is_to(&hdu.header)) {
                return Err(FitsError::Unsupported("a distortion table that is not in the file".to_owned()));
            }
            match moves.iter().find(|(other, _)| other == reference) {
                None => moves.push((reference.clone(), cut)),
                Some((_, other)) if other.origin() == cut.origin() => {}
                Some(_) => {
                    return Err(FitsError::Unsupported("one distortion table for two boxes".to_owned()));
                }
            }
        }
    }
    Ok(moves)
}

/// The header of an image without its pixels: what is said about coordinates stays true of them.
pub(super) fn without_pixels(header: &Header) -> Header {
    let mut header = header.clone();
    let axes = header.integer("NAXIS").unwrap_or(0);
    header.set_integer("NAXIS", 0, "pixels left out");
    if axes > 0 && !header.contains("WCSAXES") && header.contains("CTYPE1") {
        header.insert_integer_after("NAXIS", "WCSAXES", axes, "axes of the pixels left out");
    }
    let is_about_pixels = |keyword: &str| {
        let is_axis = keyword.strip_prefix("NAXIS").is_some_and(|n| !n.is_empty());
        is_axis
            || ["BSCALE", "BZERO", "BLANK", "DATAMIN", "DATAMAX", "CHECKSUM", "DATASUM"].contains(&keyword)
    };
    header.retain(|card| !is_about_pixels(&card.keyword()));
    header
}

impl Hdu {
    /// What a crop changes in this image's header, worked out on first use.
    pub(super) fn cutout_template(&self, file: &FitsFile) -> Result<&Template> {
        let image = self.image()?;
        Ok(self.template.get_or_init(|| {
            let becomes_primary = self.index.0 == 1
                && self.was_primary()
                && file.hdus().first().is_some_and(|primary| primary.kind == HduKind::Empty);
            let origin = file.base_name();
            if becomes_primary {
                Template::of_image(&as_primary(&self.header, file.hdus().len() > 2), image, &origin)
            } else {
                Template::of_image(&self.header, image, &origin)
            }
        }))
    }
}

/// An image extension's header as that of a primary.
fn as_primary(header: &Header, has_extensions: bool) -> Header {
    let mut primary = Header::new();
    primary.set_logical("SIMPLE", true, "conforms to FITS standard");
    let is_axis = |card: &Card| card.keyword().starts_with("NAXIS");
    let is_structure = |card: &Card| {
        let keyword = card.keyword();
        ["XTENSION", "PCOUNT", "GCOUNT", "SIMPLE", "EXTEND", "INHERIT"].contains(&keyword.as_str())
    };
    let mut others = Vec::new();
    for card in header.cards().filter(|card| !is_structure(card)) {
        if is_axis(&card) || card.keyword() == "BITPIX" {
            primary.push(card);
        } else {
            others.push(card);
        }
    }
    if has_extensions {
        primary.set_logical("EXTEND", true, "extensions follow");
    }
    for card in others {
        primary.push(card);
    }
    primary
}
