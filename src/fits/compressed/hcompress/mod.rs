//! `HCOMPRESS_1`: a Haar transform whose coefficients are stored bit plane by bit plane as quadtrees. FITS 4.0
//! section 10.4.4; the stream as R. White's hcompress writes it.
//!
//! Our own decoder: cfitsio's is not told where its stream ends, and on a damaged one waits for its own lock.

mod bits;
mod haar;
mod quadtree;
#[cfg(test)]
mod tests;

use std::num::Wrapping;

use self::bits::BitReader;
use self::haar::Grid;
use self::quadtree::Quadrant;

/// Bytes of the stream before the first coded bit.
const HEAD_BYTES: usize = 25;
const MAGIC: [u8; 2] = [0xDD, 0x99];
/// Bits a coefficient can have.
const MAX_BIT_PLANES: u8 = 63;

/// Decodes a tile of `columns` x `rows` pixels, which is the length of `pixels`.
pub(super) fn decode(
    packed: &[u8],
    columns: usize,
    rows: usize,
    pixels: &mut [i32],
) -> Result<(), &'static str> {
    let head = Head::read(packed).ok_or("an HCOMPRESS tile has a malformed head")?;
    if (head.rows, head.columns) != (rows as u64, columns as u64) || pixels.len() != columns * rows {
        return Err("an HCOMPRESS tile is not of the announced shape");
    }
    let mut grid = Grid { columns, cells: vec![Wrapping(0); pixels.len()] };
    let mut bits = BitReader::new(&packed[HEAD_BYTES..]);
    let (left, top) = (columns.div_ceil(2), rows.div_ceil(2));
    let quadrants = [
        (0, 0, top, left, head.bit_planes[0]),
        (0, left, top, columns - left, head.bit_planes[1]),
        (top, 0, rows - top, left, head.bit_planes[1]),
        (top, left, rows - top, columns - left, head.bit_planes[2]),
    ];
    for (row, column, rows, columns, planes) in quadrants {
        let quadrant = Quadrant { row, column, rows, columns };
        quadrant.decode(&mut bits, planes, &mut grid)?;
    }
    if bits.take(4)? != 0 {
        return Err("an HCOMPRESS tile does not end where it should");
    }
    bits.align();
    for cell in grid.cells.iter_mut().filter(|cell| cell.0 != 0) {
        if bits.take(1)? == 1 {
            *cell = -*cell;
        }
    }
    if let Some(first) = grid.cells.first_mut() {
        *first = Wrapping(head.sum);
    }
    if head.scale > 1 {
        grid.cells.iter_mut().for_each(|cell| *cell *= i64::from(head.scale));
    }
    grid.invert(rows);
    for (pixel, cell) in pixels.iter_mut().zip(&grid.cells) {
        *pixel = cell.0 as i32;
    }
    Ok(())
}

/// What the stream announces.
struct Head {
    rows: u64,
    columns: u64,
    /// Step by which coefficients were divided; 0 and 1 for lossless.
    scale: i32,
    /// The coefficient of the whole tile, which is not in the bit planes.
    sum: i64,
    /// Bit planes of the mean quadrant, the two difference quadrants, the diagonal one.
    bit_planes: [u8; 3],
}

impl Head {
    fn read(packed: &[u8]) -> Option<Self> {
        let head = packed.first_chunk::<HEAD_BYTES>()?;
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let bit_planes = [head[22], head[23], head[24]];
        let is_sound = head.starts_with(&MAGIC) && bit_planes.iter().all(|&planes| planes <= MAX_BIT_PLANES);
        is_sound.then(|| Self {
            rows: word(2).into(),
            columns: word(6).into(),
            scale: word(10).cast_signed(),
            sum: (i64::from(word(14)) << 32) | i64::from(word(18)),
            bit_planes,
        })
    }
}
