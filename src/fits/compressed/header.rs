//! The header an image would have uncompressed, from the header of the table its tiles are in. FITS 4.0
//! section 10.1.

use crate::fits::card::{Card, CardValue};
use crate::fits::header::Header;
use crate::fits::image::{Bitpix, axes};

/// Keywords that describe the table or its compression, and nothing of the image.
const TABLE_KEYWORDS: [&str; 21] = [
    "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "TFIELDS", "THEAP", "ZIMAGE", "ZCMPTYPE", "ZMASKCMP",
    "ZQUANTIZ", "ZDITHER0", "ZBLANK", "ZSCALE", "ZZERO", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZBLOCKED",
    "CHECKSUM", "DATASUM",
];
/// More of them, which cost one look each only in headers of compressed images.
const MIRRORED_KEYWORDS: [&str; 6] = ["ZBITPIX", "ZNAXIS", "ZPCOUNT", "ZGCOUNT", "ZHECKSUM", "ZDATASUM"];
/// The same, with a number behind.
const TABLE_STEMS: [&str; 14] = [
    "NAXIS", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL", "TTYPE", "TFORM", "TUNIT", "TDIM", "TNULL", "TSCAL",
    "TZERO", "TDISP", "TCOMM",
];

/// Shape and type of the image.
pub(in crate::fits) fn shape(table: &Header) -> Result<(Bitpix, Vec<usize>), String> {
    let axes = axes(table, "ZNAXIS")?;
    if axes.is_empty() || axes.contains(&0) {
        return Err("a compressed image without pixels".to_owned());
    }
    Ok((Bitpix::read(table, "ZBITPIX")?, axes))
}

/// Whether the image was the primary of the file it was compressed from.
pub(in crate::fits) fn was_primary(table: &Header) -> bool {
    table.logical("ZSIMPLE") == Some(true)
}

/// The header of the image as an extension: mandatory keywords first, then all cards that are not about the table.
pub(in crate::fits) fn image_header(table: &Header) -> Header {
    let mut image = Header::new();
    image.set_text("XTENSION", "IMAGE", "image extension");
    let count = table.integer("ZNAXIS").unwrap_or(0).clamp(0, 999);
    let mirrored = ["ZBITPIX", "ZNAXIS"].into_iter().map(str::to_owned);
    for keyword in mirrored.chain((1..=count).map(|n| format!("ZNAXIS{n}"))) {
        let comment = table.comment(&keyword).unwrap_or_default();
        image.set_integer(&keyword[1..], table.integer(&keyword).unwrap_or(0), &comment);
    }
    image.set_integer("PCOUNT", 0, "no group parameters");
    image.set_integer("GCOUNT", 1, "one group");
    let mut keeping = true;
    for card in table.cards() {
        if !card.is(*b"CONTINUE") {
            keeping = !is_about_the_table(&card);
        }
        if keeping {
            image.push(card);
        }
    }
    // Integers mark missing values with BLANK; some writers give only the table's spelling of it.
    let is_integer = table.integer("ZBITPIX").is_some_and(|code| code > 0);
    if let (true, false, Some(blank)) = (is_integer, image.contains("BLANK"), table.integer("ZBLANK")) {
        image.set_integer("BLANK", blank, "value of missing pixels");
    }
    image
}

fn is_about_the_table(card: &Card) -> bool {
    let keyword = card.keyword();
    let is_default_name =
        || keyword == "EXTNAME" && card.value() == Some(CardValue::Text("COMPRESSED_IMAGE".to_owned()));
    let stem = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
    TABLE_KEYWORDS.contains(&keyword.as_str())
        || MIRRORED_KEYWORDS.contains(&keyword.as_str())
        || (stem.len() < keyword.len() && TABLE_STEMS.contains(&stem))
        || is_default_name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::card::text_card;

    #[test]
    fn the_image_header_has_the_images_shape_and_nothing_of_the_table() {
        let table = Header::from_cards(
            [
                "XTENSION= 'BINTABLE'",
                "BITPIX  = 8",
                "NAXIS   = 2",
                "NAXIS1  = 8",
                "NAXIS2  = 300",
                "PCOUNT  = 9",
                "GCOUNT  = 1",
                "TFIELDS = 1",
                "TTYPE1  = 'COMPRESSED_DATA'",
                "TFORM1  = '1PB(9)'",
                "ZIMAGE  = T",
                "ZTENSION= 'IMAGE'",
                "ZBITPIX = 16 / stored",
                "ZNAXIS  = 2",
                "ZNAXIS1 = 440",
                "ZNAXIS2 = 300",
                "ZTILE1  = 440",
                "ZCMPTYPE= 'RICE_1'",
                "ZBLANK  = -5",
                "OBJECT  = 'a&'",
                "CONTINUE  'b'",
                "EXTNAME = 'COMPRESSED_IMAGE'",
                "TELESCOP= 'x'",
                "ZENITH  = 3",
                "CHECKSUM= 'x'",
                "HISTORY ZIMAGE",
            ]
            .map(text_card),
        );
        let keywords: Vec<_> = image_header(&table).cards().map(|card| card.keyword()).collect();
        assert_eq!(
            keywords,
            [
                "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "OBJECT", "CONTINUE",
                "TELESCOP", "ZENITH", "HISTORY", "BLANK"
            ]
        );
        assert_eq!(image_header(&table).integer("NAXIS1"), Some(440));
        assert_eq!(shape(&table), Ok((Bitpix::I16, vec![440, 300])));
    }
}
