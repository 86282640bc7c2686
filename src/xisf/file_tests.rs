use std::io::{Seek, Write};

use sha2::{Digest, Sha256};

use super::*;
use crate::pixel::SampleType;
use crate::xisf::Property;

/// A file of this header and these attached bytes, which begin at 4096.
fn write(xml: &str, attached: &[u8]) -> File {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend((xml.len() as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(xml.as_bytes());
    if !attached.is_empty() {
        bytes.resize(4096, 0);
        bytes.extend(attached);
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn open(image: &str, attached: &[u8]) -> Result<XisfFile> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- c --><xisf version=\"1.0\" \
         xmlns=\"http://www.pixinsight.com/xisf\">{image}</xisf>"
    );
    XisfFile::open(write(&xml, attached), &Limits::default())
}

fn read(image: &str, attached: &[u8]) -> Result<Raster> {
    open(image, attached)?.read()
}

/// The samples 1 to 6, little-endian.
const SIX: [u8; 12] = [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0];

/// A 3 x 2 image whose attached block is `length` bytes long.
fn three_by_two(length: usize, more: &str) -> String {
    format!(
        "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" location=\"attachment:4096:{length}\" {more}/>"
    )
}

fn is_one_to_six(raster: &Raster) -> bool {
    matches!(raster, Raster::U16(samples) if samples.iter().copied().eq(1..=6) && samples.dim() == (1, 2, 3))
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// An LZ4 block of literals only: a token of their number, then themselves.
fn lz4(bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 15);
    [&[(bytes.len() as u8) << 4], bytes].concat()
}

/// A Zstandard frame of one raw block (RFC 8878 section 3.1).
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let header = ((bytes.len() as u32) << 3) | 1;
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.len() as u8];
    [&frame[..], &header.to_le_bytes()[..3], bytes].concat()
}

#[test]
fn every_way_of_storing_gives_the_same_samples() {
    let shuffled = [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0];
    let big_endian: Vec<u8> = SIX.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    for (attached, more) in [
        (SIX.to_vec(), String::new()),
        (big_endian, "byteOrder=\"big\"".to_owned()),
        (zlib(&SIX), "compression=\"zlib:12\"".to_owned()),
        (zlib(&shuffled), "compression=\"zlib+sh:12:2\"".to_owned()),
        (lz4(&SIX), "compression=\"lz4:12\"".to_owned()),
        (lz4(&shuffled), "compression=\"lz4hc+sh:12:2\"".to_owned()),
        (zstd(&SIX), "compression=\"zstd:12\"".to_owned()),
        (zstd(&shuffled), "compression=\"zstd+sh:12:2\"".to_owned()),
        (
            [lz4(&SIX[..8]), lz4(&SIX[8..])].concat(),
            "compression=\"lz4:12\" subblocks=\"9,8:5,4\"".to_owned(),
        ),
    ] {
        let raster = read(&three_by_two(attached.len(), &more), &attached).unwrap();
        assert!(is_one_to_six(&raster), "{more}: {raster:?}");
    }
    for image in [
        "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" location=\"inline:hex\">0100 0200 0300 0400 0500\n0600</Image>",
        "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" location=\"inline:base64\">AQACAAMABAAFAAYA</Image>",
        "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" location=\"embedded\"><Resolution horizontal=\"72\"/>\
         <Data encoding=\"base64\">AQACAAMABAAFAAYA</Data><Thumbnail geometry=\"1:1:1\" sampleFormat=\"UInt8\" \
         location=\"embedded\"><Data encoding=\"hex\">ff</Data></Thumbnail></Image>",
    ] {
        assert!(is_one_to_six(&read(image, &[]).unwrap()), "{image}");
    }
}

/// What `printf '\1\0\2\0\3\0\4\0\5\0\6\0'` piped into `sha1sum` and its kin, and into `openssl dgst -sha3-256` and
/// `-sha3-512`, says of [`SIX`].
#[rustfmt::skip]
const CHECKSUMS: [(&str, &str); 5] = [
    ("sha-1",    "fffbb2a7f545b903f5df58b2d972315d31481aaf"),
    ("sha-256",  "b1cd5bf03b9488553472b7264c8d53326d8d6b2aa42ab53e2d0f27387db492d5"),
    ("sha-512",  "7c7cc38b0c469a663c130e0436a411fb41b02af1eb83f388866c6da2c026e549ccc40c9cd2dab8bf0ef0dd3832b0f059383fd91bf1c91221d29749f72240525c"),
    ("sha3-256", "e29fd8ab73c6553ba1026b827b30c5dee38c1993c167e614b86f62dba6eedc17"),
    ("sha3-512", "6c0fd756aec89773be1a02a5fba316255422659caf1e01000450845ac7cc1f6c0f01b9f825a1acb01fdbf60282ea668276becd1fec806993076bcc2f3c071f8a"),
];

#[test]
fn samples_whose_checksum_fits_are_taken_and_others_are_not() {
    let mut other = SIX;
    other[3] = 9;
    let image = |checksum: &str| three_by_two(12, &format!("checksum=\"{checksum}\""));
    for (algorithm, digest) in CHECKSUMS {
        // XISF 1.0 spells sha-1 and sha3-256; programs leave the first hyphen out and write digits in either case.
        let without_hyphen = format!("{}:{}", algorithm.replace("sha-", "sha"), digest.to_uppercase());
        for checksum in [format!("{algorithm}:{digest}"), without_hyphen] {
            assert!(is_one_to_six(&read(&image(&checksum), &SIX).unwrap()), "{checksum}");
            assert!(matches!(read(&image(&checksum), &other), Err(XisfError::Checksum)), "{checksum}");
        }
        for wrong in [&digest[2..], "", "zz"] {
            let checksum = format!("{algorithm}:{wrong}");
            assert!(matches!(read(&image(&checksum), &SIX), Err(XisfError::Checksum)), "{checksum}");
        }
    }
    assert!(matches!(read(&image("crc32:0"), &SIX), Err(XisfError::Unsupported(_))));
}

#[test]
fn checksums_are_of_the_bytes_as_they_are_stored() {
    let packed = zlib(&SIX);
    let checksum = format!("checksum=\"sha-256:{:x}\" compression=\"zlib:12\"", Sha256::digest(&packed));
    assert!(is_one_to_six(&read(&three_by_two(packed.len(), &checksum), &packed).unwrap()));
    let unpacked = format!("checksum=\"sha-256:{:x}\" compression=\"zlib:12\"", Sha256::digest(SIX));
    assert!(matches!(read(&three_by_two(packed.len(), &unpacked), &packed), Err(XisfError::Checksum)));
}

#[test]
fn colours_real_numbers_and_wide_integers_keep_their_meaning() {
    let image = |geometry: &str, format: &str, bytes: usize, more: &str| {
        format!(
            "<Image geometry=\"{geometry}\" sampleFormat=\"{format}\" location=\"attachment:4096:{bytes}\" {more}/>"
        )
    };
    let planar = read(&image("1:2:4", "UInt8", 8, "colorSpace=\"RGB\""), &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    assert!(matches!(&planar, Raster::U8(samples) if samples.iter().copied().eq(1..=6)), "{planar:?}");
    let interleaved = image("1:2:3", "UInt8", 6, "colorSpace=\"RGB\" pixelStorage=\"Normal\"");
    let interleaved = read(&interleaved, &[1, 3, 5, 2, 4, 6]).unwrap();
    assert!(matches!(&interleaved, Raster::U8(samples) if samples.iter().copied().eq(1..=6)));

    let reals: Vec<u8> =
        [-1.0_f32, 0.5, f32::NAN, 3.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let Raster::F32(unit) = read(&image("2:2:1", "Float32", 16, "bounds=\"0:1\""), &reals).unwrap() else {
        panic!("another type")
    };
    assert_eq!(unit.as_slice().unwrap()[..2], [0.0, 0.5]);
    assert!(unit[[0, 1, 0]].is_nan());
    assert_eq!(unit.as_slice().unwrap()[3..], [1.0]);
    let Raster::F32(moved) = read(&image("2:2:1", "Float32", 16, "bounds=\"-1:4\""), &reals).unwrap() else {
        panic!("another type")
    };
    assert_eq!((moved[[0, 0, 0]], moved[[0, 1, 1]]), (0.0, 0.8));
    let counts = read(&image("2:2:1", "Float32", 16, "bounds=\"0:65535\""), &reals).unwrap();
    assert!(matches!(&counts, Raster::F32(samples) if samples.as_slice().unwrap()[3..] == [3.0]));

    let wide = [7_u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat();
    let wide = read(&image("2:1:1", "UInt32", 8, ""), &wide).unwrap();
    assert_eq!(wide.sample_type(), SampleType::U32);
    assert_eq!(wide.into_sixteen_bit().samples(), [0, 65_535]);
}

#[test]
fn what_a_header_says_of_the_exposure_is_kept() {
    let image = "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" location=\"attachment:4096:12\" imageType=\"Light\">\
        <FITSKeyword name=\"OBJECT\" value=\"'M &amp; 31 '\" comment=\"t\"/>\
        <Property id=\"Observation:Object:Name\" type=\"String\">N&#71;C &lt;1&gt;</Property>\
        <Property id=\"Long\" type=\"String\" location=\"attachment:1:2\"/>\
        <ColorFilterArray pattern=\"GRBG\" width=\"2\" height=\"2\"/>\
        <Thumbnail geometry=\"1:1:1\"><FITSKeyword name=\"OBJECT\" value=\"no\"/></Thumbnail></Image>\
        <Image geometry=\"1:1:1\" sampleFormat=\"x\"><FITSKeyword name=\"OBJECT\" value=\"no\"/></Image>\
        <Metadata><Property id=\"XISF:CreatorApplication\" type=\"String\" value=\"p\"/></Metadata>";
    let file = open(image, &SIX).unwrap();
    let image = file.image();
    assert_eq!(image.keywords.len(), 1);
    assert_eq!(image.keywords[0].value, "'M & 31 '");
    let property = |id: &str, value: &str| Property { id: id.into(), value: value.into() };
    assert_eq!(
        image.properties,
        [property("Observation:Object:Name", "NGC <1>"), property("XISF:CreatorApplication", "p")]
    );
    assert_eq!(image.filter_array.as_deref(), Some("GRBG"));
    assert_eq!(image.image_type.as_deref(), Some("Light"));
}

#[test]
fn headers_that_lie_are_refused_before_anything_is_allocated() {
    let gray = |geometry: &str, location: &str, more: &str| {
        format!("<Image geometry=\"{geometry}\" sampleFormat=\"UInt16\" location=\"{location}\" {more}/>")
    };
    for image in [
        gray("3:2:1", "attachment:4096:13", ""),
        gray("3:2:1", "attachment:18446744073709551615:18446744073709551615", ""),
        gray("3:3:1", "attachment:4096:12", ""),
        gray("0:2:1", "attachment:4096:12", ""),
        gray("-3:2:1", "attachment:4096:12", ""),
        gray("3:2", "attachment:4096:12", ""),
        gray("18446744073709551615:18446744073709551615:3", "attachment:4096:12", ""),
        gray("4000000:4000000:1", "attachment:4096:12", "compression=\"zlib:32000000000000\""),
        gray("20000:20000:1", "attachment:4096:12", "compression=\"zlib:800000000\""),
        gray("3:2:1", "attachment:4096:12", "compression=\"zlib:13\""),
        gray("3:2:1", "attachment:4096:12", "compression=\"lz4:12\" subblocks=\"6,6:99,6\""),
        gray("3:2:1", "url(http://example.org/)", ""),
        "<Image geometry=\"3:2:1\" sampleFormat=\"Complex32\" location=\"attachment:4096:12\"/>".to_owned(),
        "<Image sampleFormat=\"UInt16\" location=\"attachment:4096:12\"/>".to_owned(),
        "<Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" colorSpace=\"CIELab\" location=\"attachment:4096:12\"/>"
            .to_owned(),
        "&bomb;".to_owned(),
        String::new(),
    ] {
        assert!(open(&image, &SIX).is_err(), "{image}");
    }
    // What decompresses to too little or too much is found when it is read.
    for length in [10, 14] {
        let packed = zlib(&vec![1; length]);
        let image = three_by_two(packed.len(), "compression=\"zlib:12\"");
        assert!(matches!(read(&image, &packed), Err(XisfError::Damaged(_))), "{length}");
    }
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    // Few bytes that stand for many, and are honest about it.
    let zeros = zlib(&vec![0; 2000 * 2000 * 2]);
    let image = format!(
        "<Image geometry=\"2000:2000:1\" sampleFormat=\"UInt16\" location=\"attachment:4096:{}\" \
         compression=\"zlib:8000000\"/>",
        zeros.len()
    );
    let xml = format!("<xisf version=\"1.0\">{image}</xisf>");
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let refused = XisfFile::open(write(&xml, &zeros), &limits).unwrap_err();
    assert!(matches!(refused, XisfError::TooLarge { what: "unpacked bytes", .. }), "{refused}");
    // Few bytes that stand for more than they say.
    let image = image.replace("2000:2000", "10:10").replace("8000000", "200");
    assert!(matches!(read(&image, &zeros), Err(XisfError::Damaged(_))));
    // Entities within entities: none is expanded.
    let laughs: Vec<String> = (1..20)
        .map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)))
        .collect();
    let laughs = laughs.concat();
    let xml = format!(
        "<!DOCTYPE xisf [<!ENTITY l0 \"ha\">{laughs}]><xisf><Image geometry=\"3:2:1\" sampleFormat=\"UInt16\" \
         location=\"inline:hex\">&l19;</Image></xisf>"
    );
    assert!(XisfFile::open(write(&xml, &[]), &Limits::default()).and_then(|file| file.read()).is_err());
}

#[test]
fn files_that_are_cut_or_no_xml_are_refused() {
    for bytes in
        [&b"XISF0100"[..], b"XISF0100\xff\xff\xff\xff\0\0\0\0<xisf", b"XISF0100\x05\0\0\0\0\0\0\0<xisf"]
    {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        assert!(XisfFile::open(file, &Limits::default()).is_err(), "{}", bytes.escape_ascii());
    }
    assert!(XisfFile::open(write("<html/>", &[]), &Limits::default()).is_err());
}

proptest::proptest! {
    #[test]
    fn no_header_makes_the_reader_panic(xml in "(<(Image|Data|xisf|Property)( (geometry|location|compression|sampleFormat)=\"[0-9a-z:]{0,12}\"){0,4}/?>|[a-z&;]{0,4}|</(Image|xisf)>){0,12}") {
        let _ = XisfFile::open(write(&xml, &[]), &Limits::default()).map(|file| file.read());
    }
}
