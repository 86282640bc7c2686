//! Reads the small reference pictures other programs made, for tests only. They live beside the test data.

use std::path::PathBuf;

use super::InMemory;
use super::scanlines::Shape;

/// A reference file; says so and gives `None` when the test data are not there.
fn open(name: &str) -> Option<Vec<u8>> {
    let Some(data) = std::env::var_os("TRIFOCAL_TEST_DATA") else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(data).join("../refs").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

/// An array of unsigned 16-bit integers in C order: (rows, columns) or (planes, rows, columns), as
/// `numpy.save` writes it.
pub(super) fn npy16(name: &str) -> Option<InMemory> {
    let bytes = open(name)?;
    assert_eq!(&bytes[..6], b"\x93NUMPY");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8(bytes[10..10 + length].to_vec()).unwrap();
    assert!(header.contains("'<u2'") && header.contains("'fortran_order': False"), "{header}");
    let axes = header.split('(').nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let axes: Vec<usize> = axes.split(',').filter_map(|axis| axis.trim().parse().ok()).collect();
    let samples = bytes[10 + length..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(picture(&axes, samples.collect()))
}

/// The primary array of a FITS file with BITPIX 16 and BZERO 32768, rows in file order.
pub(super) fn fits16(name: &str) -> Option<InMemory> {
    let bytes = open(name)?;
    let card = |keyword: &str| {
        let card = bytes.chunks(80).find(|card| card.starts_with(format!("{keyword:8}=").as_bytes()))?;
        std::str::from_utf8(&card[10..30]).ok()?.split('/').next()?.trim().parse::<f64>().ok()
    };
    assert_eq!((card("BITPIX"), card("BZERO")), (Some(16.0), Some(32_768.0)));
    let axes = card("NAXIS").unwrap() as usize;
    let axes: Vec<usize> =
        (1..=axes).rev().map(|axis| card(&format!("NAXIS{axis}")).unwrap() as usize).collect();
    let end = bytes.chunks(80).position(|card| card.starts_with(b"END     ")).unwrap();
    let data = &bytes[((end + 1) * 80).next_multiple_of(2880)..];
    let samples = data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]) ^ 0x8000);
    Some(picture(&axes, samples.take(axes.iter().product()).collect()))
}

fn picture(axes: &[usize], samples: Vec<u16>) -> InMemory {
    let shape = match *axes {
        [rows, columns] => Shape { planes: 1, rows, columns },
        [planes, rows, columns] => Shape { planes, rows, columns },
        _ => panic!("{axes:?} are no picture"),
    };
    let array = ndarray::Array3::from_shape_vec((shape.planes, shape.rows, shape.columns), samples).unwrap();
    InMemory::from(array)
}
