//! `GZIP_1` and `GZIP_2`: big-endian samples through gzip, plain or with their bytes sorted by significance. FITS 4.0
//! section 10.4.2.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// Unpacks a tile of at most `allowed` bytes.
pub(super) fn unpack(packed: &[u8], allowed: usize) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(allowed.min(packed.len().saturating_mul(1032)));
    MultiGzDecoder::new(packed)
        .take(allowed as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| "a GZIP tile does not unpack")?;
    if bytes.len() > allowed { Err("a GZIP tile is larger than its pixels") } else { Ok(bytes) }
}

/// Undoes the sorting of bytes: first come all most significant bytes, then the next.
pub(super) fn unshuffle(sorted: &[u8], sample_bytes: usize) -> Vec<u8> {
    let samples = sorted.len() / sample_bytes;
    let mut bytes = vec![0; samples * sample_bytes];
    for (place, plane) in sorted.chunks_exact(samples.max(1)).take(sample_bytes).enumerate() {
        for (sample, &byte) in bytes.chunks_exact_mut(sample_bytes).zip(plane) {
            sample[place] = byte;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_return_to_their_samples() {
        assert_eq!(unshuffle(&[1, 4, 2, 5, 3, 6], 3), [1, 2, 3, 4, 5, 6]);
        assert!(unshuffle(&[], 4).is_empty());
    }

    #[test]
    fn a_tile_that_expands_beyond_its_pixels_is_refused() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &[0; 1000]).unwrap();
        let packed = gzip.finish().unwrap();
        assert_eq!(unpack(&packed, 1000).unwrap().len(), 1000);
        assert!(unpack(&packed, 999).is_err());
        assert!(unpack(&packed[..packed.len() - 9], 1000).is_err());
    }
}
