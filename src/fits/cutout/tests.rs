//! Cutouts of files built byte by byte.

use std::fmt::Write as _;

use super::*;
use crate::fits::section::stored_bytes;
use crate::fits::testing::{Held, hdu};
use crate::pixel::Limits;
use proptest::prelude::*;

fn note() -> CutoutNote {
    CutoutNote {
        region: "CIRCLE 150 2 0.01".to_owned(),
        publisher_did: Some("ivo://example.org/dc?calexp:1".to_owned()),
        made_at: "2024-05-06T07:08:09Z".parse().unwrap(),
    }
}

fn cut(bytes: &[u8], boxes: &[(usize, PixelBox)]) -> Result<Vec<u8>> {
    let boxes: Vec<_> = boxes.iter().map(|(index, window)| (HduIndex(*index), *window)).collect();
    let cutout = Cutout::plan(Held::new(bytes).open(), &boxes, &note())?;
    let answer = cutout.to_bytes()?;
    assert_eq!(answer.len() as u64, cutout.content_length());
    assert_eq!(answer.len() % BLOCK_BYTES, 0);
    Ok(answer.to_vec())
}

fn window(x: usize, y: usize, width: usize, height: usize) -> PixelBox {
    PixelBox { x, y, width, height }
}

/// 40 x 30 distinct 16-bit samples.
fn ramp() -> Vec<u8> {
    (0..1200_i16).flat_map(|n| (n * 7 - 3000).to_be_bytes()).collect()
}

const IMAGE: &str = "
    SIMPLE  =                    T
    BITPIX  =                   16
    NAXIS   =                    2 / two axes
    NAXIS1  =                   40 / columns
    NAXIS2  =                   30
    BZERO   =                32768
    CRPIX1  =                 20.5 / reference
    CRPIX2  =                 15.5
    CRVAL1  =                150.0
    CTYPE1  = 'RA---TAN'
    CRPIX1A =                  1.0
    CRPIX2A =                  1.0
    CRVAL1A =                884.0
    CRVAL2A =                577.0
    CTYPE1A = 'LINEAR'
    CTYPE2A = 'LINEAR'
    CRPIX2B =                    3
    CTYPE1P = 'X'
    LTV1    =               -884.0
    LTV2    =               -577.0
    LTM1_1  =                  1.0
    DATASEC = '[1:40,1:30]'        / data
    BIASSEC = '[31:40,1:30]'
    DETSEC  = '[4160:4121,1:30]'
    DATAMIN =                    0
    CHECKSUM= 'abc'
    DATASUM = '1'
    HIERARCH ESO  X = 5
    OLD     = 'spelt oddly' /x
    DATE    = '2001-01-01'         / when
    HISTORY first";

fn header_of(bytes: &[u8]) -> Header {
    Header::parse(bytes).unwrap()
}

#[test]
fn every_header_edit_of_a_crop_is_made_and_no_other() {
    let answer = cut(&hdu(IMAGE, &ramp()), &[(0, window(10, 5, 20, 12))]).unwrap();
    let mut text = String::new();
    for card in header_of(&answer).cards() {
        writeln!(text, "{}", String::from_utf8_lossy(&card.0).trim_end()).unwrap();
    }
    let expected = "\
SIMPLE  =                    T
BITPIX  =                   16
NAXIS   =                    2 / two axes
NAXIS1  =                   20 / columns
NAXIS2  =                   12
BZERO   =                32768
CRPIX1  =                 10.5 / reference
CRPIX2  =                 10.5
CRVAL1  =                150.0
CTYPE1  = 'RA---TAN'
CRPIX1A =                  1.0
CRPIX2A =                  1.0
CRVAL1A =                894.0
CRVAL2A =                582.0
CTYPE1A = 'LINEAR'
CTYPE2A = 'LINEAR'
CRPIX2B =                 -2.0
CTYPE1P = 'X'
LTV1    =               -894.0
LTV2    =               -582.0
LTM1_1  =                  1.0
DATASEC = '[1:20,1:12]'        / data
DETSEC  = '[4150:4131,6:17]'
HIERARCH ESO  X = 5
OLD     = 'spelt oddly' /x
DATE    = '2024-05-06T07:08:09' / time this file was made (UTC)
HISTORY first
CUTX1   =                   11 / first column taken from the source
CUTX2   =                   30 / last column taken from the source
CUTY1   =                    6 / first row taken from the source
CUTY2   =                   17 / last row taken from the source
ORIGFILE= 'source.fits'        / file the pixels were taken from
CRPIX1P =                -10.0 / reference pixel
CUTID   = 'ivo://example.org/dc?calexp:1' / identifier of the source dataset
";
    let version = env!("CARGO_PKG_VERSION");
    let history = format!("HISTORY Pixels 11:30,6:17 cut out by Trifocal {version}: CIRCLE 150 2 0.01\n");
    assert_eq!(text, expected.to_owned() + &history);
}

#[test]
fn stored_samples_leave_bit_for_bit() {
    let ramp = ramp();
    let answer = cut(&hdu(IMAGE, &ramp), &[(0, window(10, 5, 20, 12))]).unwrap();
    let start = header_of(&answer).block_bytes();
    for row in 0..12 {
        let source = ((5 + row) * 40 + 10) * 2;
        assert_eq!(answer[start + row * 40..][..40], ramp[source..source + 40]);
    }
    assert!(answer[start + 480..].iter().all(|&byte| byte == 0));
}

#[test]
fn every_plane_of_a_cube_is_cut() {
    let cards = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 4\nNAXIS1  = 4\nNAXIS2  = 3\nNAXIS3  = 2\nNAXIS4  = 2";
    let cube: Vec<u8> = (0..48).collect();
    let answer = cut(&hdu(cards, &cube), &[(0, window(1, 2, 2, 1))]).unwrap();
    assert_eq!(answer[BLOCK_BYTES..][..8], [9, 10, 21, 22, 33, 34, 45, 46]);
    assert_eq!(answer.len(), 2 * BLOCK_BYTES);
}

/// A file as archives have them: empty primary, science and mask planes, a table.
fn mef() -> Vec<u8> {
    let primary =
        "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0\nEXTEND  = T\nNEXTEND = 3\nCRPIX1  = 100.0\nCHECKSUM= 'x'";
    let plane = |name: &str| {
        format!(
            "XTENSION= 'IMAGE'\nBITPIX  = 16\nNAXIS   = 2\nNAXIS1  = 40\nNAXIS2  = 30\nPCOUNT  = 0\nGCOUNT  = 1\nEXTNAME = '{name}'"
        )
    };
    let table = "XTENSION= 'TABLE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 5\nNAXIS2  = 2\nPCOUNT  = 0\nGCOUNT  = 1\nCHECKSUM= 'stays'";
    [hdu(primary, &[]), hdu(&plane("SCI"), &ramp()), hdu(&plane("MASK"), &ramp()), hdu(table, b"1234567890")]
        .concat()
}

#[test]
fn unlisted_images_go_and_tables_stay_as_they_are() {
    let source = mef();
    let answer = cut(&source, &[(1, window(10, 5, 20, 12))]).unwrap();
    let held = Held::new(&answer);
    let file = held.open();
    let kinds: Vec<_> = file.hdus().iter().map(|hdu| hdu.kind).collect();
    assert_eq!(kinds, [HduKind::Empty, HduKind::Image, HduKind::AsciiTable]);
    let primary = &file.hdus()[0].header;
    assert_eq!((primary.integer("NEXTEND"), primary.real("CRPIX1")), (Some(2), Some(90.0)));
    assert!(!primary.contains("CHECKSUM"));
    assert!(answer.ends_with(&source[source.len() - 2 * BLOCK_BYTES..]));
}

#[test]
fn a_primary_keeps_its_coordinates_when_boxes_differ() {
    let boxes = [(1, window(10, 5, 20, 12)), (2, window(0, 0, 3, 3))];
    let answer = cut(&mef(), &boxes).unwrap();
    assert_eq!(answer[..BLOCK_BYTES], mef()[..BLOCK_BYTES]);
}

#[test]
fn an_unlisted_primary_image_keeps_only_its_header() {
    let extension =
        "XTENSION= 'IMAGE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 2\nNAXIS2  = 2\nPCOUNT  = 0\nGCOUNT  = 1";
    let answer =
        cut(&[hdu(IMAGE, &ramp()), hdu(extension, &[1, 2, 3, 4])].concat(), &[(1, window(1, 1, 1, 1))])
            .unwrap();
    let primary = header_of(&answer);
    assert_eq!(primary.integer("NAXIS"), Some(0));
    assert!(!primary.contains("NAXIS1") && !primary.contains("BZERO") && primary.contains("OLD"));
    assert_eq!(answer[primary.block_bytes() + BLOCK_BYTES..][..2], [4, 0]);
}

/// A compressed image whose tiles are stored as they are, as its packer leaves a primary.
fn compressed() -> Vec<u8> {
    let table = "
        XTENSION= 'BINTABLE'
        BITPIX  = 8
        NAXIS   = 2
        NAXIS1  = 8
        NAXIS2  = 2
        PCOUNT  = 6
        GCOUNT  = 1
        TFIELDS = 1
        TTYPE1  = 'COMPRESSED_DATA'
        TFORM1  = '1PB(3)'
        ZIMAGE  = T
        ZSIMPLE = T
        ZBITPIX = 8
        ZNAXIS  = 2
        ZNAXIS1 = 3
        ZNAXIS2 = 2
        ZCMPTYPE= 'NOCOMPRESS'
        CRPIX1  = 1.0
        OBJECT  = 'M 1'";
    let rows = [3_i32, 0, 3, 3].iter().flat_map(|n| n.to_be_bytes());
    let data: Vec<u8> = rows.chain(1..=6).collect();
    [hdu("SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0", &[]), hdu(table, &data)].concat()
}

#[test]
fn a_compressed_primary_becomes_a_plain_primary() {
    let answer = cut(&compressed(), &[(1, window(1, 0, 2, 2))]).unwrap();
    let header = header_of(&answer);
    let first: Vec<_> = header.cards().take(6).map(|card| card.keyword()).collect();
    assert_eq!(first, ["SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "CRPIX1"]);
    assert_eq!(header.real("CRPIX1"), Some(0.0));
    assert!(!header.contains("TFORM1") && !header.contains("ZIMAGE"));
    assert_eq!(answer[BLOCK_BYTES..][..5], [2, 3, 5, 6, 0]);
    assert_eq!(answer.len(), 2 * BLOCK_BYTES);
}

#[test]
fn distortion_tables_move_with_their_image() {
    let image = IMAGE.replace(
        "OLD     = 'spelt oddly' /x",
        "CPDIS1  = 'Lookup'\nDP1     = 'EXTVER: 2.0'\nDP1     = 'AXIS.1: 1.0'",
    );
    let table = |version: usize| {
        let cards = "XTENSION= 'IMAGE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 2\nNAXIS2  = 2\nPCOUNT  = 0\nGCOUNT  = 1\nEXTNAME = 'WCSDVARR'";
        hdu(&format!("{cards}\nEXTVER  = {version}\nCRVAL1  = 1.0\nCRVAL2  = 30.0"), &[1, 2, 3, 4])
    };
    let source = [hdu(&image, &ramp()), table(1), table(2)].concat();
    let held = Held::new(&cut(&source, &[(0, window(10, 5, 20, 12))]).unwrap());
    let file = held.open();
    assert_eq!(file.hdus().len(), 2, "a table nobody refers to is an unlisted image");
    let table = &file.hdus()[1].header;
    assert_eq!(
        [table.integer("EXTVER"), table.integer("CRVAL1"), table.integer("CRVAL2")],
        [Some(2), Some(-9), Some(25)]
    );
    let missing = cut(&hdu(&image, &ramp()), &[(0, window(0, 0, 1, 1))]);
    assert!(matches!(missing, Err(FitsError::Unsupported(_))));
}

#[test]
fn what_cannot_be_cut_is_an_error_before_the_first_byte() {
    let source = hdu(IMAGE, &ramp());
    let whole = window(0, 0, 40, 30);
    assert!(matches!(cut(&source, &[(0, window(30, 0, 11, 1))]), Err(FitsError::OutsideImage(_))));
    assert!(matches!(cut(&source, &[(0, window(0, usize::MAX, 1, 2))]), Err(FitsError::OutsideImage(_))));
    assert!(matches!(cut(&source, &[(0, window(0, 0, 1, 0))]), Err(FitsError::OutsideImage(_))));
    assert!(matches!(cut(&source, &[(3, whole)]), Err(FitsError::NoSuchHdu(_))));
    assert!(matches!(cut(&mef(), &[(0, whole)]), Err(FitsError::NotAnImage(_))));
    assert!(matches!(cut(&source, &[(0, whole), (0, whole)]), Err(FitsError::Unsupported(_))));
    assert!(matches!(cut(&source, &[]), Err(FitsError::Unsupported(_))));
    let short = &source[..source.len() - 1000];
    assert!(matches!(cut(short, &[(0, whole)]), Err(FitsError::Truncated { .. })));
    let torn = &mef()[..mef().len() - BLOCK_BYTES + 3];
    assert!(matches!(cut(torn, &[(1, whole)]), Err(FitsError::Truncated { .. })), "a table is cut off");
    let limits = Limits { cutout_pixels: 1199, ..Limits::default() };
    let file = Arc::new(FitsFile::open(&Held::new(&source).path, &limits).unwrap());
    let planned = Cutout::plan(file, &[(HduIndex(0), whole)], &note());
    assert!(matches!(planned, Err(FitsError::TooLarge { .. })));
}

#[test]
fn a_file_cut_short_while_it_is_served_is_an_error() {
    let held = Held::new(&hdu(IMAGE, &ramp()));
    let file = held.open();
    let cutout = Cutout::plan(Arc::clone(&file), &[(HduIndex(0), window(0, 0, 40, 30))], &note()).unwrap();
    std::fs::File::options().write(true).open(&held.path).unwrap().set_len(3000).unwrap();
    assert!(matches!(cutout.to_bytes(), Err(FitsError::Truncated { held: 3000, .. })));
    assert!(!file.is_current());
}

#[test]
fn missing_padding_at_the_end_is_forgiven_and_supplied() {
    let source = mef();
    let whole = cut(&source, &[(1, window(0, 0, 40, 30))]).unwrap();
    let table_end = source.len() - BLOCK_BYTES + 10;
    let padded = cut(&source[..table_end], &[(1, window(0, 0, 40, 30))]).unwrap();
    assert_eq!(padded.len(), whole.len());
    assert!(padded.ends_with(b" "), "text tables are padded with blanks");
}

fn any_window(width: usize, height: usize) -> impl Strategy<Value = PixelBox> {
    (0..width, 0..height).prop_flat_map(move |(x, y)| {
        (1..=width - x, 1..=height - y).prop_map(move |(width, height)| PixelBox { x, y, width, height })
    })
}

proptest! {
    #[test]
    fn a_cutout_of_a_cutout_is_the_direct_cutout(
        (outer, inner) in any_window(40, 30)
            .prop_flat_map(|outer| (Just(outer), any_window(outer.width, outer.height)))
    ) {
        let source = hdu(IMAGE, &ramp());
        let twice = cut(&cut(&source, &[(0, outer)]).unwrap(), &[(0, inner)]).unwrap();
        let direct = PixelBox { x: outer.x + inner.x, y: outer.y + inner.y, ..inner };
        let once = cut(&source, &[(0, direct)]).unwrap();
        let whole = PixelBox::whole(inner.width, inner.height);
        let (twice, once) = (Held::new(&twice), Held::new(&once));
        let (twice, once) = (twice.open(), once.open());
        let pixels = |file: &FitsFile| stored_bytes(file, HduIndex(0), 0, whole).unwrap();
        prop_assert_eq!(pixels(&twice), pixels(&once));
        let (twice, once) = (&twice.hdus()[0].header, &once.hdus()[0].header);
        for keyword in ["CRPIX1", "CRPIX2", "CRVAL1A", "CRVAL2A", "CRPIX2B", "CRPIX1P", "LTV1", "LTV2", "NAXIS1", "NAXIS2"] {
            prop_assert_eq!(twice.real(keyword), once.real(keyword), "{}", keyword);
        }
        for keyword in ["DATASEC", "BIASSEC", "DETSEC"] {
            prop_assert_eq!(twice.text(keyword), once.text(keyword), "{}", keyword);
        }
    }

    #[test]
    fn pieces_read_anyhow_are_the_whole(
        window in any_window(40, 30),
        sizes in proptest::collection::vec(1_usize..3000, 1..9),
    ) {
        let held = Held::new(&mef());
        let cutout = Cutout::plan(held.open(), &[(HduIndex(2), window)], &note()).unwrap();
        let whole = cutout.to_bytes().unwrap();
        let mut pieces = Vec::new();
        for &size in sizes.iter().cycle() {
            let piece = cutout.chunk(pieces.len() as u64, size).unwrap();
            if piece.is_empty() {
                break;
            }
            pieces.extend_from_slice(&piece);
        }
        prop_assert_eq!(pieces, whole);
    }
}
