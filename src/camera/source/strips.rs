//! A JPEG picture put together from horizontal strips that were encoded on their own.
//!
//! Between restart markers the entropy-coded data of a baseline scan does not depend on what came before
//! (T.81 E.1.4, F.1.1.5). So a picture of which little changes is encoded at the price of the strips that do: the
//! others' data are kept.

use bytes::Bytes;

use crate::camera::jpeg::segments::{Segment, Segments, marker};

/// Rows and columns of one MCU of a 4:2:0 picture.
pub(super) const MCU: u32 = 16;

/// A picture whose strips can be exchanged one by one.
#[derive(Clone, Debug)]
pub(super) struct Strips {
    /// Everything before the entropy-coded data.
    header: Vec<u8>,
    /// From the top, each strip's entropy-coded data.
    data: Vec<Bytes>,
}

/// The strips do not belong together: another size, other tables, or not baseline 4:2:0 at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these strips do not make one picture")]
pub(super) struct Mismatch;

impl Strips {
    /// A picture `height` rows high, `first` at its top. All strips but the last have `strip_rows` rows (a multiple of
    /// 16), and all are encoded with the same settings. Those that are not put in place stay empty.
    pub(super) fn new(first: &Bytes, strip_rows: u32, height: u32) -> Result<Self, Mismatch> {
        let mut header = Vec::new();
        write_header(&mut header, first, &segments(first)?, strip_rows, height)?;
        let data = vec![Bytes::new(); height.div_ceil(strip_rows) as usize];
        let mut strips = Self { header, data };
        strips.put(0, first)?;
        Ok(strips)
    }

    /// Puts a strip in its place, 0 at the top.
    pub(super) fn put(&mut self, place: usize, strip: &Bytes) -> Result<(), Mismatch> {
        *self.data.get_mut(place).ok_or(Mismatch)? = strip.slice_ref(scan_data(&segments(strip)?)?);
        Ok(())
    }

    /// The whole picture.
    pub(super) fn picture(&self) -> Bytes {
        let length: usize = self.data.iter().map(|data| data.len() + 2).sum();
        let mut picture = Vec::with_capacity(self.header.len() + length);
        picture.extend_from_slice(&self.header);
        for (index, data) in self.data.iter().enumerate() {
            if index > 0 {
                picture.extend([0xFF, marker::RST0 + ((index - 1) % 8) as u8]);
            }
            picture.extend_from_slice(data);
        }
        picture.extend([0xFF, marker::EOI]);
        picture.into()
    }
}

fn segments(strip: &Bytes) -> Result<Vec<Segment<'_>>, Mismatch> {
    Segments::of(strip).collect::<Result<_, _>>().map_err(|_| Mismatch)
}

/// The header of the first strip, saying the height of the whole picture and the restart interval.
fn write_header(
    bytes: &mut Vec<u8>,
    strip: &[u8],
    segments: &[Segment<'_>],
    strip_rows: u32,
    height: u32,
) -> Result<(), Mismatch> {
    for segment in segments {
        let stored = strip.get(segment.start..segment.end - segment.entropy.len()).ok_or(Mismatch)?;
        match (segment.code, segment.parameters) {
            (marker::SOF0, [precision, _, _, x1, x0, rest @ ..]) => {
                let height = u16::try_from(height).map_err(|_| Mismatch)?.to_be_bytes();
                bytes.extend_from_slice(stored.get(..4).ok_or(Mismatch)?);
                bytes.extend([*precision, height[0], height[1], *x1, *x0]);
                bytes.extend_from_slice(rest);
                let columns = u32::from(u16::from_be_bytes([*x1, *x0])).div_ceil(MCU);
                let interval = u16::try_from(columns * (strip_rows / MCU)).map_err(|_| Mismatch)?;
                bytes.extend([0xFF, marker::DRI, 0, 4]);
                bytes.extend(interval.to_be_bytes());
            }
            (marker::EOI, _) => {}
            (code, _) if code != marker::SOF0 && marker::is_frame_header(code) => return Err(Mismatch),
            _ => bytes.extend_from_slice(stored),
        }
    }
    Ok(())
}

/// The entropy-coded data of the only scan.
fn scan_data<'a>(segments: &[Segment<'a>]) -> Result<&'a [u8], Mismatch> {
    let mut scans = segments.iter().filter(|segment| segment.code == marker::SOS);
    match (scans.next(), scans.next()) {
        (Some(scan), None) => Ok(scan.entropy),
        _ => Err(Mismatch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::look::canvas::{blank, fill};
    use crate::camera::look::fit::Area;
    use crate::camera::look::scale::{decode, encode};
    use crate::camera::resolution::Resolution;

    fn strip(rows: u32, shade: u8) -> Bytes {
        let mut picture = blank(Resolution::new(100, rows), [shade, 80, 255 - shade]);
        fill(&mut picture, Area { x: 10, y: 2, width: 30, height: rows - 4 }, [255 - shade, shade, 40]);
        encode(&picture, 85).unwrap()
    }

    #[test]
    fn strips_put_together_decode_to_the_strips() {
        let placed = [strip(32, 10), strip(32, 120), strip(21, 240)];
        let mut strips = Strips::new(&strip(32, 77), 32, 85).unwrap();
        for (place, strip) in placed.iter().enumerate() {
            strips.put(place, strip).unwrap();
        }
        let picture = decode(&strips.picture()).unwrap();
        assert_eq!((picture.width(), picture.height()), (100, 85));
        for (first_row, strip) in [(0, &placed[0]), (32, &placed[1]), (64, &placed[2])] {
            let alone = decode(strip).unwrap();
            // Decoders blend colour across the seam, so its rows are left out.
            let inner = 2..alone.height() - 2;
            let row = |picture: &crate::pixel::EightBit, y: usize| {
                picture.samples()[y * 300..(y + 1) * 300].to_vec()
            };
            for y in inner {
                assert_eq!(
                    row(&picture, first_row + y),
                    row(&alone, y),
                    "row {y} of the strip at {first_row}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_strip_is_refused() {
        assert_eq!(Strips::new(&Bytes::from_static(b"text"), 16, 32).unwrap_err(), Mismatch);
        let mut strips = Strips::new(&strip(32, 1), 32, 64).unwrap();
        assert_eq!(strips.put(1, &Bytes::from_static(b"\xFF\xD8\xFF\xD9")), Err(Mismatch));
        assert_eq!(strips.put(2, &strip(32, 1)), Err(Mismatch));
    }
}
