//! Which HDUs a cutout has, and under which headers.

use super::lookup;
use super::template::Template;
use crate::fits::card::Card;
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::{Hdu, HduIndex, HduKind};
use crate::fits::header::Header;
use crate::pixel::PixelBox;

/// A distortion table and the box it moves with.
pub(super) type Move = (lookup::Reference, PixelBox);

/// What becomes of an HDU.
pub(super) enum Fate {
    Cut(PixelBox),
    /// A distortion table, moved along with its image.
    Moved(PixelBox),
    Copied,
    /// An unlisted image in the primary.
    HeaderOnly,
    Dropped,
}

/// What becomes of an HDU when these boxes are cut.
pub(super) fn fate(file: &FitsFile, hdu: &Hdu, boxes: &[(HduIndex, PixelBox)], moves: &[Move]) -> Fate {
    if let Some((_, window)) = boxes.iter().find(|(index, _)| *index == hdu.index) {
        return Fate::Cut(*window);
    }
    match hdu.kind {
        HduKind::Image | HduKind::CompressedImage => {
            let table =
                moves.iter().find(|(reference, _)| hdu.kind == HduKind::Image && reference.is_to(hdu));
            match table {
                Some((_, window)) => Fate::Moved(*window),
                None if hdu.index.0 == 0 => Fate::HeaderOnly,
                None => Fate::Dropped,
            }
        }
        HduKind::Empty if hdu.index.0 == 0 && file.hdus().get(1).is_some_and(Hdu::was_primary) => {
            if boxes.iter().any(|(index, _)| index.0 == 1) { Fate::Dropped } else { Fate::Copied }
        }
        _ => Fate::Copied,
    }
}

/// Which distortion tables the cut images need, and how far each moves.
pub(super) fn lookup_moves(file: &FitsFile, boxes: &[(HduIndex, PixelBox)]) -> Result<Vec<Move>> {
    let mut moves: Vec<Move> = Vec::new();
    for &(index, window) in boxes {
        let template = file.hdu(index)?.cutout_template(file)?;
        let references = template.lookups.as_ref().map_err(|what| FitsError::Unsupported(what.clone()))?;
        for reference in references {
            if !file.hdus().iter().any(|hdu| hdu.kind == HduKind::Image && reference.is_to(hdu)) {
                return Err(FitsError::Unsupported("a distortion table that is not in the file".to_owned()));
            }
            match moves.iter().find(|(other, _)| other == reference) {
                None => moves.push((reference.clone(), window)),
                Some((_, other)) if (other.x, other.y) == (window.x, window.y) => {}
                Some(_) => {
                    return Err(FitsError::Unsupported("one distortion table for two boxes".to_owned()));
                }
            }
        }
    }
    Ok(moves)
}

/// The header of an unlisted primary image, without its pixels.
pub(super) fn without_pixels(hdu: &Hdu) -> Header {
    let mut header = hdu.header.clone();
    header.set_integer("NAXIS", 0, "pixels left out");
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
