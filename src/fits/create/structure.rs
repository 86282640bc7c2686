//! The structural cards in front of every header we write. FITS 4.0 section 4.4.1.

use crate::fits::header::Header;
use crate::fits::image::Bitpix;
use crate::pixel::{SampleType, Shape};

/// Keywords the writer derives from the content; a caller's cards of these names are dropped.
const STRUCTURE: [&str; 10] =
    ["SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "END"];

/// What the structural cards of an HDU say.
pub(super) enum Structure {
    Nothing,
    Image(SampleType, Shape),
    Table { row_bytes: usize, rows: usize },
}

/// The header of a file whose only HDU is an image, structural cards first.
pub(in crate::fits) fn image_header(cards: &Header, sample_type: SampleType, shape: Shape) -> Header {
    structured(true, false, cards, &Structure::Image(sample_type, shape))
}

/// The header as written: structural cards in the order FITS 4.0 section 4.4.1 demands, then the caller's.
pub(super) fn structured(
    primary: bool,
    extensions_follow: bool,
    cards: &Header,
    structure: &Structure,
) -> Header {
    let mut header = Header::new();
    let own = |keyword: &str| cards.comment(keyword).unwrap_or_default();
    match (primary, structure) {
        (true, _) => header.set_logical(
            "SIMPLE",
            true,
            &cards.comment("SIMPLE").unwrap_or_else(|| "conforms to the FITS standard".into()),
        ),
        (false, Structure::Table { .. }) => header.set_text("XTENSION", "BINTABLE", "binary table"),
        (false, _) => header.set_text("XTENSION", "IMAGE", "image extension"),
    }
    let (bitpix, axes): (Bitpix, Vec<usize>) = match *structure {
        Structure::Nothing => (Bitpix::U8, Vec::new()),
        Structure::Table { row_bytes, rows } => (Bitpix::U8, vec![row_bytes, rows]),
        Structure::Image(sample_type, shape) => (Bitpix::of(sample_type), axes(shape)),
    };
    header.set_integer("BITPIX", bitpix.code(), &own("BITPIX"));
    header.set_integer("NAXIS", axes.len() as i64, &own("NAXIS"));
    for (number, length) in (1..).zip(&axes) {
        let keyword = format!("NAXIS{number}");
        header.set_integer(&keyword, *length as i64, &own(&keyword));
    }
    if !primary {
        header.set_integer("PCOUNT", 0, "");
        header.set_integer("GCOUNT", 1, "");
    }
    let unsigned_zero = match structure {
        Structure::Image(SampleType::U16, _) => Some((1 << 15, "unsigned 16-bit samples")),
        Structure::Image(SampleType::U32, _) => Some((1 << 31, "unsigned 32-bit samples")),
        _ => None,
    };
    if let Some((bzero, comment)) = unsigned_zero.filter(|_| !cards.contains("BZERO")) {
        header.set_integer("BZERO", bzero, comment);
        header.set_integer("BSCALE", 1, "");
    }
    if primary && extensions_follow && !cards.contains("EXTEND") {
        header.set_logical("EXTEND", true, "extensions follow");
    }
    cards
        .cards()
        .filter(|card| !STRUCTURE.contains(&card.keyword().as_str()))
        .for_each(|card| header.push(card));
    header
}

/// `NAXISn` of a raster: columns, rows and, when there are several, planes.
fn axes(Shape { planes, rows, columns }: Shape) -> Vec<usize> {
    if planes == 1 { vec![columns, rows] } else { vec![columns, rows, planes] }
}
