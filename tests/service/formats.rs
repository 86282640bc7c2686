//! Frames of other formats than FITS, saved into a watched folder: in the history with what they say of themselves, and
//! the same pictures as a FITS file of the same samples.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tiff::encoder::{TiffEncoder, colortype::Gray16};
use tiff::tags::Tag;
use trifocal::fits::{FitsFile, HduIndex, section};
use trifocal::image_file;
use trifocal::pixel::{Limits, PixelBox};

use crate::support::{Frame, Gateway, Site};

const COLUMNS: usize = 64;
const ROWS: usize = 48;

fn sample(row: usize, column: usize) -> u16 {
    (1000 + 7 * column + 13 * row + 500 * (row % 2)) as u16
}

/// Every sample, row by row.
fn samples() -> Vec<u16> {
    (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| sample(row, column))).collect()
}

/// What N.I.N.A. writes as XISF, `digest` being the checksum of the samples.
fn write_xisf(path: &Path, digest: &str) {
    let attached: Vec<u8> = samples().into_iter().flat_map(u16::to_le_bytes).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xisf version=\"1.0\" xmlns=\"http://www.pixinsight.com/xisf\">\
         <Image geometry=\"{COLUMNS}:{ROWS}:1\" sampleFormat=\"UInt16\" colorSpace=\"Gray\" imageType=\"LIGHT\" \
         location=\"attachment:4096:{}\" checksum=\"sha-256:{digest}\">\
         <FITSKeyword name=\"DATE-LOC\" value=\"'2026-01-31T22:00:00.0000000'\" comment=\"\"/>\
         <FITSKeyword name=\"GAIN\" value=\"100\" comment=\"\"/><FITSKeyword name=\"OFFSET\" value=\"50\" comment=\"\"/>\
         <Property id=\"Instrument:ExposureTime\" type=\"Float32\" value=\"120\"/>\
         <Property id=\"Instrument:Filter:Name\" type=\"String\">Ha</Property>\
         <Property id=\"Instrument:Camera:Name\" type=\"String\">QHY268M</Property>\
         <Property id=\"Instrument:Sensor:Temperature\" type=\"Float32\" value=\"-10\"/>\
         <Property id=\"Instrument:Telescope:FocalLength\" type=\"Float32\" value=\"0.48\"/>\
         <Property id=\"Observation:Object:Name\" type=\"String\">M 31</Property></Image></xisf>",
        attached.len()
    );
    let mut bytes = b"XISF0100".to_vec();
    bytes.extend((xml.len() as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(xml.as_bytes());
    bytes.resize(4096, 0);
    bytes.extend(attached);
    std::fs::write(path, bytes).unwrap();
}

/// The checksum of the samples as they are stored.
fn digest() -> String {
    let stored: Vec<u8> = samples().into_iter().flat_map(u16::to_le_bytes).collect();
    format!("{:x}", Sha256::digest(stored))
}

fn write_tiff(path: &Path) {
    let mut tiff = TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    let mut image = tiff.new_image::<Gray16>(COLUMNS as u32, ROWS as u32).unwrap();
    image.encoder().write_tag(Tag::Make, "ZWO").unwrap();
    image.encoder().write_tag(Tag::Model, "ASI2600MM").unwrap();
    image.write_data(&samples()).unwrap();
}

fn write_fits(path: &Path) {
    Frame::of(ROWS, COLUMNS, sample).text("DATE-LOC", "2026-01-31T22:10:00").write(path);
}

/// What the gateway gives out as the FITS file of an entry: its cards and its samples.
async fn as_fits(gateway: &Gateway, index: usize) -> (FitsFile, Vec<u16>) {
    let bytes = gateway.bytes(&format!("/v2/api/image/{index}?raw_fits=true&stream=true")).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let fits = FitsFile::open(file.path(), &Limits::default()).unwrap();
    let image = fits.hdu(HduIndex(0)).unwrap().image().unwrap();
    let whole = PixelBox::whole(image.width(), image.height());
    let values = section::physical(&fits, HduIndex(0), 0, whole).unwrap();
    (fits, values.iter().map(|&value| value as u16).collect())
}

fn fields<'e>(entry: &'e Value, keys: &[&str]) -> Vec<&'e Value> {
    keys.iter().map(|key| &entry[key]).collect()
}

#[tokio::test]
async fn xisf_and_tiff_files_in_a_watched_folder_are_frames_like_any_other() {
    let gateway = Site::new().serve().await;
    write_xisf(&gateway.capture("a.xisf"), &digest());
    gateway.history_until(|entries| entries.len() == 1).await;
    write_tiff(&gateway.capture("2026-01-31_22-05-00_OIII_-15.00_60.00s_0007.tif"));
    gateway.history_until(|entries| entries.len() == 2).await;
    write_fits(&gateway.capture("c.fits"));
    let entries = gateway.history_until(|entries| entries.len() == 3).await;

    let xisf = [
        "Filename",
        "ImageType",
        "ExposureTime",
        "Filter",
        "CameraName",
        "TargetName",
        "Temperature",
        "Gain",
        "Offset",
        "FocalLength",
    ];
    let said = json!(["a.xisf", "LIGHT", 120, "Ha", "QHY268M", "M 31", -10, 100, 50, 480]);
    assert_eq!(json!(fields(&entries[0], &xisf)), said);
    let tiff = ["ImageType", "ExposureTime", "Filter", "CameraName", "Temperature", "Gain"];
    assert_eq!(json!(fields(&entries[1], &tiff)), json!(["LIGHT", 60, "OIII", "ZWO ASI2600MM", -15, -1]));
    let measured = ["Mean", "Median", "StDev", "Min", "Max", "Stars", "IsBayered"];
    for entry in &entries[..2] {
        assert_eq!(fields(entry, &measured), fields(&entries[2], &measured), "{}", entry["Filename"]);
    }

    for query in ["stream=true", "stream=true&quality=90&resize=true&scale=0.5&autoPrepare=true"] {
        let picture = gateway.bytes(&format!("/v2/api/image/2?{query}")).await;
        for index in 0..2 {
            assert_eq!(gateway.bytes(&format!("/v2/api/image/{index}?{query}")).await, picture, "{index}");
        }
    }
    for index in 0..2 {
        assert_eq!(as_fits(&gateway, index).await.1, samples());
        gateway.bytes(&format!("/v2/api/image/thumbnail/{index}")).await;
    }
}

#[tokio::test]
async fn an_xisf_file_whose_checksum_does_not_fit_is_left_out() {
    let gateway = Site::new().serve().await;
    let false_digest = format!("{:x}", Sha256::digest(b"other samples"));
    write_xisf(&gateway.capture("false.xisf"), &false_digest);
    write_fits(&gateway.capture("true.fits"));
    let entries = gateway.history_until(|entries| !entries.is_empty()).await;
    assert_eq!((entries.len(), &entries[0]["Filename"]), (1, &"true.fits".into()));
    // Mended, it is taken.
    write_xisf(&gateway.capture("false.xisf"), &digest());
    let entries = gateway.history_until(|entries| entries.len() == 2).await;
    assert_eq!(entries[1]["Filename"], "false.xisf");
}

/// Columns and rows of the sensor that no light reaches.
const DARK: (usize, usize) = (6, 2);

/// A camera raw as many cameras and programs write it: a mosaic with a dark edge (DNG 1.4, chapters 2 and 4).
fn write_dng(path: &Path) {
    let (columns, rows) = (COLUMNS + DARK.0, ROWS + DARK.1);
    let sensor: Vec<u16> = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| match (row.checked_sub(DARK.1), column.checked_sub(DARK.0)) {
            (Some(row), Some(column)) => sample(row, column),
            _ => 3,
        })
        .collect();
    let mut tiff = TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    let mut image = tiff.new_image::<Gray16>(columns as u32, rows as u32).unwrap();
    let seconds = tiff::encoder::Rational { n: 30, d: 1 };
    let tags = image.encoder();
    let tag = Tag::from_u16_exhaustive;
    tags.write_tag(Tag::Make, "Canon").unwrap();
    tags.write_tag(Tag::Model, "Canon EOS 600D").unwrap();
    tags.write_tag(Tag::PhotometricInterpretation, 32_803_u16).unwrap();
    tags.write_tag(tag(33_421), &[2_u16, 2][..]).unwrap(); // CFARepeatPatternDim
    tags.write_tag(tag(33_422), &[1_u8, 2, 0, 1][..]).unwrap(); // CFAPattern: green, blue, red, green
    tags.write_tag(tag(33_434), seconds).unwrap(); // ExposureTime
    tags.write_tag(tag(34_855), 1600_u16).unwrap(); // ISOSpeedRatings
    tags.write_tag(tag(36_867), "2026:01:31 22:04:05").unwrap(); // DateTimeOriginal
    tags.write_tag(tag(50_706), &[1_u8, 4, 0, 0][..]).unwrap(); // DNGVersion
    tags.write_tag(tag(50_714), 512_u16).unwrap(); // BlackLevel
    tags.write_tag(tag(50_717), 16_383_u16).unwrap(); // WhiteLevel
    let area = [DARK.1, DARK.0, rows, columns].map(|edge| edge as u32);
    tags.write_tag(tag(50_829), &area[..]).unwrap(); // ActiveArea
    image.write_data(&sensor).unwrap();
}

#[cfg(feature = "camera-raw")]
mod camera_raws {
    use std::fs;

    use trifocal::camera_raw::decoder;
    use trifocal::error::{Classified, ErrorKind};
    use trifocal::fits::FitsError;

    use super::*;

    /// The test is not the program that decodes.
    fn with_decoder() {
        decoder::is_program(Path::new(env!("CARGO_BIN_EXE_trifocal")));
    }

    #[tokio::test]
    async fn a_camera_raw_is_the_mosaic_of_its_sensor_with_what_the_camera_says() {
        with_decoder();
        let gateway = Site::new().serve().await;
        write_dng(&gateway.capture("IMG_0001.dng"));
        gateway.history_until(|entries| entries.len() == 1).await;
        Frame::of(ROWS, COLUMNS, sample).text("BAYERPAT", "GBRG").write(&gateway.capture("same.fits"));
        let entries = gateway.history_until(|entries| entries.len() == 2).await;
        let keys = ["Filename", "ExposureTime", "CameraName", "Gain", "IsBayered", "ImageType"];
        let said = json!(["IMG_0001.dng", 30, "Canon EOS 600D", 1600, true, "LIGHT"]);
        assert_eq!(json!(fields(&entries[0], &keys)), said);
        assert!(entries[0]["Date"].as_str().unwrap().starts_with("2026-01-31T22:04:35"), "the end of it");
        let measured = ["Mean", "Median", "StDev", "Min", "Max", "Stars"];
        assert_eq!(fields(&entries[0], &measured), fields(&entries[1], &measured));
        for query in ["stream=true", "stream=true&debayer=true", "stream=true&quality=90&autoPrepare=true"] {
            let picture = gateway.bytes(&format!("/v2/api/image/1?{query}")).await;
            assert_eq!(gateway.bytes(&format!("/v2/api/image/0?{query}")).await, picture, "{query}");
        }
        let (fits, found) = as_fits(&gateway, 0).await;
        assert_eq!(found, samples(), "neither scaled nor developed");
        let header = &fits.hdus()[0].header;
        assert_eq!(header.text("BAYERPAT").as_deref(), Some("GBRG"));
        assert_eq!((header.real("BLACKLVL"), header.real("SATURATE")), (Some(512.0), Some(16_383.0)));
        assert_eq!(header.text("DATE-LOC").as_deref(), Some("2026-01-31T22:04:05"));
    }

    fn refused(bytes: &[u8], limits: &Limits) -> FitsError {
        let mut file = tempfile::NamedTempFile::with_suffix(".dng").unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        let opened = image_file::open(file.path(), limits);
        let read = opened.and_then(|fits| fits.read_exact_at(&mut vec![0; fits.byte_len() as usize], 0));
        read.expect_err("a broken file was read")
    }

    /// Where the value of a tag of the first directory lies, in a little-endian TIFF file.
    fn place_of(bytes: &[u8], tag: u16) -> usize {
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let directory = number(4);
        let entries = usize::from(u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap()));
        let entry = (0..entries).map(|entry| directory + 2 + entry * 12);
        let entry = entry.into_iter().find(|&at| bytes[at..at + 2] == tag.to_le_bytes()).unwrap();
        entry + 8
    }

    #[test]
    fn camera_raws_that_are_cut_or_lie_are_refused_and_harm_nobody() {
        with_decoder();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whole.dng");
        write_dng(&path);
        let whole = fs::read(&path).unwrap();
        let limits = Limits { unpacked_bytes: 64 << 20, ..Limits::default() };
        let directory = u32::from_le_bytes(whole[4..8].try_into().unwrap()) as usize;
        let with = |changes: &[(u16, u32)]| {
            let mut bytes = whole.clone();
            for (tag, value) in changes {
                let place = place_of(&bytes, *tag);
                bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
            }
            bytes
        };
        assert!(image_file::open(&path, &limits).is_ok());
        // More pixels than there can be, than there are, and than fit into any memory.
        for side in [60_000, 9_000, 30_000] {
            let error = refused(&with(&[(256, side), (257, side)]), &limits);
            let kinds = [ErrorKind::TooLarge, ErrorKind::BrokenFile];
            assert!(kinds.contains(&error.kind()), "{side}: {error:?}");
        }
        // Directories that follow one another for ever, behind the mark of a CR2: the decoder goes round until its
        // memory ends.
        let mut endless = whole.clone();
        endless[8..10].copy_from_slice(b"CR");
        let entries = usize::from(u16::from_le_bytes(whole[directory..directory + 2].try_into().unwrap()));
        let next = directory + 2 + entries * 12;
        endless[next..next + 4].copy_from_slice(&(directory as u32).to_le_bytes());
        assert_eq!(refused(&endless, &limits).to_string(), "the camera raw is damaged: its decoder gave up");
        // A photometric interpretation nobody knows, no compression anybody knows, no samples.
        for (tag, value) in [(259, 60_000), (273, u32::MAX), (258, 99), (279, 3)] {
            let error = refused(&with(&[(tag, value)]), &limits);
            assert!(
                matches!(error.kind(), ErrorKind::BrokenFile | ErrorKind::Unsupported),
                "{tag}: {error:?}"
            );
        }
        let half = &whole[..whole.len() / 2];
        assert_eq!(refused(half, &limits).kind(), ErrorKind::BrokenFile);
        for start in
            [&b"FUJIFILMCCD-RAW 0201"[..], b"\0\0\0\x18ftypcrx ", b"II*\0\x10\0\0\0CR\x02\0", b"IIU\0"]
        {
            let error = refused(start, &limits);
            assert!(matches!(error.kind(), ErrorKind::BrokenFile | ErrorKind::Unsupported), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_broken_camera_raw_leaves_everything_else_working() {
        with_decoder();
        let gateway = Site::new().serve().await;
        write_dng(&gateway.capture("good.dng"));
        let whole = fs::read(gateway.capture("good.dng")).unwrap();
        fs::write(gateway.capture("cut.dng"), &whole[..whole.len() * 2 / 3]).unwrap();
        fs::write(gateway.capture("noise.cr2"), b"II*\0\x10\0\0\0CR\x02\0 and nothing more").unwrap();
        gateway.history_until(|entries| entries.len() == 1).await;
        write_fits(&gateway.capture("later.fits"));
        let entries = gateway.history_until(|entries| entries.len() == 2).await;
        let names: Vec<_> = entries.iter().map(|entry| &entry["Filename"]).collect();
        assert_eq!(names, ["good.dng", "later.fits"]);
    }
}

#[cfg(not(feature = "camera-raw"))]
#[test]
fn without_the_feature_camera_raws_are_refused_in_words_that_help() {
    let file = tempfile::NamedTempFile::with_suffix(".dng").unwrap();
    write_dng(file.path());
    let error = image_file::open(file.path(), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("lacks the feature camera-raw"), "{error}");
}
