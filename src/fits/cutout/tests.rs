//! Cutouts of files built byte by byte.

use std::fmt::Write as _;

use super::*;
use crate::fits::BLOCK_BYTES;
use crate::fits::error::{FitsError, Result};
use crate::fits::hdu::HduKind;
use crate::fits::header::Header;
use crate::fits::index::HduIndex;
use crate::fits::section::stored_bytes;
use crate::fits::testing::{Held, hdu};
use crate::pixel::{AxisRun, Limits, PixelBox};
use proptest::prelude::*;

fn note() -> CutoutNote {
    CutoutNote {
        region: "CIRCLE 150 2 0.01".to_owned(),
        publisher_did: Some("ivo://example.org/dc?calexp:1".to_owned()),
        made_at: "2024-05-06T07:08:09Z".parse().unwrap(),
    }
}

fn cut(bytes: &[u8], boxes: &[(usize, PixelBox)]) -> Result<Vec<u8>> {
    let boxes: Vec<_> =
        boxes.iter().map(|(index, window)| ImageCut::of_box(HduIndex(*index), *window)).collect();
    let source = Held::new(bytes);
    let file = source.open();
    let cutout = Cutout::plan(Arc::clone(&file), &boxes, Kept::Everything, &note())?;
    let answer = cutout.to_bytes()?;
    // What memory happens to hold is the same, byte for byte, and so is what it was told to hold.
    if let Some(resident) = cutout.to_resident_bytes()? {
        assert_eq!(resident, answer);
    }
    let in_memory = Cutout::plan(Arc::new(file.to_memory()?), &boxes, Kept::Everything, &note())?;
    assert_eq!(in_memory.to_resident_bytes()?, Some(answer.clone()));
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
    let primary = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0\nEXTEND  = T\nNEXTEND = 3\nCRPIX1  = 100.0\nTRIMSEC = '[15:40,1:30]'\nDETSEC  = '[1:40,1:30]'\nCHECKSUM= 'x'";
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
    assert_eq!(primary.text("TRIMSEC").as_deref(), Some("[5:20,1:12]"));
    assert_eq!(primary.text("DETSEC").as_deref(), Some("[1:40,1:30]"), "who knows what shows it");
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
    assert!(matches!(cut(&source, &[(0, window(40, 0, 11, 1))]), Err(FitsError::OutsideImage(_))));
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
    let planned = Cutout::plan(file, &[ImageCut::of_box(HduIndex(0), whole)], Kept::Everything, &note());
    assert!(matches!(planned, Err(FitsError::TooLarge { .. })));
}

#[test]
fn a_file_cut_short_while_it_is_served_is_an_error() {
    let held = Held::new(&hdu(IMAGE, &ramp()));
    let file = held.open();
    let cutout = Cutout::plan(
        Arc::clone(&file),
        &[ImageCut::of_box(HduIndex(0), window(0, 0, 40, 30))],
        Kept::Everything,
        &note(),
    )
    .unwrap();
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
        let cutout = Cutout::plan(held.open(), &[ImageCut::of_box(HduIndex(2), window)], Kept::Everything, &note()).unwrap();
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

/// A plan of one cut with runs along axes, made at once.
fn cut_runs(bytes: &[u8], runs: &[(i64, usize)], keep: Option<Vec<bool>>, kept: Kept) -> Result<FitsFile> {
    let runs = runs.iter().map(|&(start, length)| AxisRun { start, length }).collect();
    let cut = ImageCut { hdu: HduIndex(0), runs, keep: keep.map(Into::into) };
    let answer = Cutout::plan(Held::new(bytes).open(), &[cut], kept, &note())?.to_bytes()?;
    let held = Held::new(&answer);
    FitsFile::open(&held.path, &Limits::default())
}

fn samples(file: &FitsFile, plane: usize) -> Vec<f64> {
    let image = file.hdus()[0].image().unwrap();
    let whole = PixelBox::whole(image.width(), image.height());
    crate::fits::section::physical(file, HduIndex(0), plane, whole).unwrap().into_iter().collect()
}

const CUBE: &str = "
    SIMPLE  = T
    BITPIX  = 16
    NAXIS   = 4
    NAXIS1  = 4
    NAXIS2  = 3
    NAXIS3  = 5
    NAXIS4  = 2
    CTYPE3  = 'FREQ'
    CRPIX3  = 1.0
    CRVAL3  = 1.4E9
    CTYPE4  = 'STOKES'
    CRVAL4  = 1.0
    LTV3    = 2.0";

#[test]
fn cubes_are_cut_along_every_axis() {
    let values: Vec<u8> = (0..120_i16).flat_map(i16::to_be_bytes).collect();
    let file =
        cut_runs(&hdu(CUBE, &values), &[(1, 2), (0, 3), (2, 3), (1, 1)], None, Kept::Everything).unwrap();
    let header = &file.hdus()[0].header;
    let integer = |keyword: &str| header.integer(keyword);
    assert_eq!([1, 2, 3, 4].map(|n| integer(&format!("NAXIS{n}"))), [Some(2), Some(3), Some(3), Some(1)]);
    assert_eq!(["CUTZ1", "CUTZ2", "CUTW1", "CUTW2"].map(integer), [Some(3), Some(5), Some(2), Some(2)]);
    assert_eq!(["CRPIX3", "CRPIX4", "LTV3"].map(|n| header.real(n)), [Some(-1.0), Some(-1.0), Some(0.0)]);
    // Plane z of the cut is plane z + 2 of the fourth axis' second entry.
    let expected = |z: i32| -> Vec<f64> {
        (0..3).flat_map(|y| (1..3).map(move |x| f64::from(60 + (z + 2) * 12 + y * 4 + x))).collect()
    };
    for z in 0..3 {
        assert_eq!(samples(&file, z as usize), expected(z));
    }
}

#[test]
fn axes_that_are_not_cut_keep_their_cards() {
    let values: Vec<u8> = (0..120_i16).flat_map(i16::to_be_bytes).collect();
    let file = cut_runs(&hdu(CUBE, &values), &[(1, 2), (0, 3)], None, Kept::Everything).unwrap();
    let header = &file.hdus()[0].header;
    assert_eq!((header.real("CRPIX3"), header.integer("NAXIS3")), (Some(1.0), Some(5)));
    assert!(!header.contains("CUTZ1"));
    assert_eq!(file.hdus()[0].image().unwrap().planes(), 10);
}

#[test]
fn a_box_beyond_the_image_is_filled_with_missing_pixels() {
    let window = [(-1, 3), (1, 3)];
    let image = |bitpix: i32, more: &str| {
        let cards = format!("SIMPLE  = T\nBITPIX  = {bitpix}\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3\n{more}");
        let values: Vec<u8> = match bitpix {
            16 => (0..12_i16).flat_map(i16::to_be_bytes).collect(),
            _ => (0..12_u8).flat_map(|n| f32::from(n).to_be_bytes()).collect(),
        };
        cut_runs(&hdu(&cards, &values), &window, None, Kept::Everything).unwrap()
    };
    let shown =
        |file: &FitsFile| -> Vec<String> { samples(file, 0).iter().map(ToString::to_string).collect() };
    let expected = ["NaN", "4", "5", "NaN", "8", "9", "NaN", "NaN", "NaN"];
    for (bitpix, more, written) in
        [(-32, "CRPIX1  = 1.0", -32), (16, "BLANK   = -7", 16), (16, "OBJECT  = 'x'", -32)]
    {
        let file = image(bitpix, more);
        assert_eq!(shown(&file), expected, "{more}");
        assert_eq!(file.hdus()[0].header.integer("BITPIX"), Some(written), "{more}");
        assert_eq!(file.hdus()[0].header.text("CUTEDGE").as_deref(), Some("PAD"), "{more}");
        assert_eq!(file.hdus()[0].header.integer("CUTX1"), Some(0), "{more}");
    }
    assert_eq!(image(-32, "CRPIX1  = 1.0").hdus()[0].header.real("CRPIX1"), Some(2.0));
    let scaled = image(16, "BSCALE  = 2.0\nBZERO   = 1.0");
    assert_eq!(shown(&scaled)[1], "9");
    assert!(!scaled.hdus()[0].header.contains("BZERO"));
    let flags = image(16, "EXTTYPE = 'MASK'\nHIERARCH MP_NO_DATA = 3\nBZERO   = 32768");
    assert_eq!(samples(&flags, 0)[0].to_bits(), 8.0_f64.to_bits());
}

#[test]
fn pixels_that_are_not_kept_are_made_missing() {
    let floats: Vec<u8> = (0..12_u8).flat_map(|n| f32::from(n).to_be_bytes()).collect();
    let cards = "SIMPLE  = T\nBITPIX  = -32\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3";
    let keep = Some(vec![true, false, true, true]);
    let file = cut_runs(&hdu(cards, &floats), &[(1, 2), (1, 2)], keep.clone(), Kept::Everything).unwrap();
    let shown: Vec<String> = samples(&file, 0).iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["5", "NaN", "9", "10"]);
    let refused = cut_runs(&hdu(IMAGE, &ramp()), &[(1, 2), (1, 2)], keep, Kept::Everything);
    assert!(matches!(refused, Err(FitsError::NoBlank(_))));
}

#[test]
fn headers_alone_still_tell_where_the_pixels_were() {
    let file = cut_runs(&hdu(CUBE, &[0; 240]), &[(1, 2), (0, 3)], None, Kept::Headers).unwrap();
    let header = &file.hdus()[0].header;
    assert_eq!((header.integer("NAXIS"), header.integer("CUTX1")), (Some(0), Some(2)));
    assert!(!header.contains("NAXIS1"));
    assert_eq!(file.byte_len() % BLOCK_BYTES as u64, 0);
}
