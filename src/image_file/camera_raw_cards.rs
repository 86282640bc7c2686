//! What a camera raw says of itself and of its exposure, as FITS cards.

use super::exif_cards;
use crate::camera_raw::Picture;
use crate::fits::Header;

/// The header of the FITS file a camera raw would be.
pub(super) fn header(picture: &Picture) -> Header {
    let mut header = exif_cards::header(&picture.exif);
    if let Some(pattern) = &picture.bayer_pattern {
        header.set_text("BAYERPAT", pattern, "colours of the mosaic, top row first");
    }
    // Not BLKLEVEL, which capture programs write for the offset they set.
    if let Some(level) = picture.black_level {
        header.set_real("BLACKLVL", level, "[adu] level of no light, not subtracted");
    }
    if let Some(level) = picture.white_level {
        header.set_real("SATURATE", level, "[adu] level of a burnt-out pixel");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiff::Exif;

    #[test]
    fn levels_and_pattern_stand_beside_the_tags_of_the_exposure() {
        let picture = Picture {
            bayer_pattern: Some("GBRG".to_owned()),
            black_level: Some(2047.5),
            white_level: Some(15_000.0),
            exif: Exif { exposure_s: Some(30.0), ..Exif::default() },
            ..Picture::default()
        };
        let header = header(&picture);
        assert_eq!(header.text("BAYERPAT").as_deref(), Some("GBRG"));
        assert_eq!((header.real("BLACKLVL"), header.real("SATURATE")), (Some(2047.5), Some(15_000.0)));
        assert_eq!((header.real("EXPTIME"), header.integer("BLKLEVEL")), (Some(30.0), None));
        assert_eq!(super::header(&Picture::default()).text("BAYERPAT"), None);
    }
}
