//! `HCOMPRESS_1`: a Haar transform whose coefficients are stored bit plane by bit plane as quadtrees. FITS 4.0
//! section 10.4.4; the stream as R. White's hcompress writes it.
//!
//! Our own decoder: cfitsio's is not told where its stream ends, and on a damaged one waits for its own lock.

use std::num::Wrapping;

/// Bytes of the stream before the first coded bit.
const HEAD_BYTES: usize = 25;
const MAGIC: [u8; 2] = [0xDD, 0x99];
/// Bits a coefficient can have.
const MAX_BIT_PLANES: u8 = 63;
const TOO_SHORT: &str = "an HCOMPRESS tile ends early";

/// Coefficients of a damaged stream overflow; they may, as long as nothing breaks.
type Coefficient = Wrapping<i64>;

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

/// Coefficients, later pixels, row by row.
struct Grid {
    columns: usize,
    cells: Vec<Coefficient>,
}

/// A part of the grid with its own bit planes.
struct Quadrant {
    row: usize,
    column: usize,
    rows: usize,
    columns: usize,
}

impl Quadrant {
    /// Reads the bit planes, most significant first.
    fn decode(&self, bits: &mut BitReader<'_>, planes: u8, grid: &mut Grid) -> Result<(), &'static str> {
        let longest = self.rows.max(self.columns).max(1);
        let depth = longest.next_power_of_two().trailing_zeros();
        let (mut codes, mut children) = (Vec::new(), Vec::new());
        for plane in (0..planes).rev() {
            match bits.take(4)? {
                0 => {
                    codes.clear();
                    for _ in 0..self.rows.div_ceil(2) * self.columns.div_ceil(2) {
                        codes.push(bits.take(4)? as u8);
                    }
                }
                0xf => {
                    codes.clear();
                    codes.push(bits.code()?);
                    for level in (1..depth).rev() {
                        let size = |length: usize| length.div_ceil(1 << level).max(1);
                        expand(&codes, size(self.rows), size(self.columns), &mut children);
                        // The stream has the codes of a level from its last block to its first.
                        for code in children.iter_mut().rev().filter(|code| **code != 0) {
                            *code = bits.code()?;
                        }
                        std::mem::swap(&mut codes, &mut children);
                    }
                }
                _ => return Err("an HCOMPRESS tile has an unknown bit plane"),
            }
            self.insert(&codes, Wrapping(1 << plane), grid);
        }
        Ok(())
    }

    /// Sets a bit where the codes of the 2 x 2 blocks say so.
    fn insert(&self, codes: &[u8], bit: Coefficient, grid: &mut Grid) {
        let across = self.columns.div_ceil(2).max(1);
        for (y, codes) in codes.chunks(across).enumerate().take(self.rows.div_ceil(2)) {
            for (x, &code) in codes.iter().enumerate().filter(|(_, code)| **code != 0) {
                for (mask, dy, dx) in [(8, 0, 0), (4, 0, 1), (2, 1, 0), (1, 1, 1)] {
                    let (row, column) = (2 * y + dy, 2 * x + dx);
                    if code & mask != 0 && row < self.rows && column < self.columns {
                        grid.cells[(self.row + row) * grid.columns + self.column + column] |= bit;
                    }
                }
            }
        }
    }
}

/// Replaces each code by the 2 x 2 flags it stands for, in a grid of `rows` x `columns`.
fn expand(codes: &[u8], rows: usize, columns: usize, flags: &mut Vec<u8>) {
    flags.clear();
    let across = columns.div_ceil(2);
    for row in 0..rows {
        let codes = &codes[row / 2 * across..][..across];
        flags.extend((0..columns).map(|column| codes[column / 2] >> (3 - (2 * (row % 2) + column % 2)) & 1));
    }
}

impl Grid {
    /// The inverse Haar transform: from the coefficients of the whole to single pixels, doubling each time.
    fn invert(&mut self, rows: usize) {
        let depth = rows.max(self.columns).next_power_of_two().trailing_zeros();
        let Some(first) = self.cells.first_mut() else { return };
        if depth > 0 {
            *first = Rounding::to_bit(depth + 1).round(*first);
        }
        let mut old = Vec::new();
        for level in (0..depth).rev() {
            let size = |length: usize| length.div_ceil(1 << level);
            self.double(size(rows), size(self.columns), level, &mut old);
        }
    }

    /// One doubling: the block of `rows` x `columns` holds means (top left), row differences (bottom left),
    /// column differences (top right) and diagonal ones, and becomes means of a finer level.
    fn double(&mut self, rows: usize, columns: usize, level: u32, old: &mut Vec<Coefficient>) {
        old.clear();
        for row in 0..rows {
            old.extend_from_slice(&self.cells[row * self.columns..][..columns]);
        }
        let (half_rows, half_columns) = (rows.div_ceil(2), columns.div_ceil(2));
        let step = Steps::at(level);
        for y in 0..half_rows {
            let upper = &old[y * columns..][..columns];
            let lower = (half_rows + y < rows).then(|| &old[(half_rows + y) * columns..][..columns]);
            let out = 2 * y * self.columns;
            for x in 0..half_columns {
                let at = out + 2 * x;
                let is_odd_column = half_columns + x >= columns;
                match (lower, is_odd_column) {
                    (Some(lower), false) => {
                        let block = [upper[x], lower[x], upper[half_columns + x], lower[half_columns + x]];
                        let [a, b, c, d] = step.block(block);
                        self.cells[at] = a;
                        self.cells[at + 1] = b;
                        self.cells[at + self.columns] = c;
                        self.cells[at + self.columns + 1] = d;
                    }
                    (Some(lower), true) => {
                        (self.cells[at], self.cells[at + self.columns]) = step.pair(upper[x], lower[x]);
                    }
                    (None, false) => {
                        (self.cells[at], self.cells[at + 1]) = step.pair(upper[x], upper[half_columns + x]);
                    }
                    (None, true) => self.cells[at] = upper[x] >> step.shift,
                }
            }
        }
    }
}

/// Rounding to a multiple of a power of two, halves away from where the encoder took them.
#[derive(Clone, Copy)]
struct Rounding {
    mask: Coefficient,
    up: Coefficient,
    down: Coefficient,
}

impl Rounding {
    fn to_bit(bit: u32) -> Self {
        let unit = Wrapping(1_i64) << bit as usize;
        let half = unit >> 1;
        Self { mask: -unit, up: half, down: if bit == 0 { Wrapping(0) } else { half - Wrapping(1) } }
    }

    #[inline]
    fn round(self, value: Coefficient) -> Coefficient {
        (value + if value.0 >= 0 { self.up } else { self.down }) & self.mask
    }
}

/// The arithmetic of one level. Low bits lost in dividing the sums are recovered from those of the differences.
struct Steps {
    bit0: Coefficient,
    bit1: Coefficient,
    fine: Rounding,
    coarse: Rounding,
    /// Sums are divided by 2, in the last step by 4.
    shift: usize,
}

impl Steps {
    fn at(level: u32) -> Self {
        Self {
            bit0: Wrapping(1_i64) << level as usize,
            bit1: Wrapping(2_i64) << level as usize,
            fine: Rounding::to_bit(level),
            coarse: Rounding::to_bit(level + 1),
            shift: if level == 0 { 2 } else { 1 },
        }
    }

    /// A mean and its three differences (between rows, between columns, diagonal) as four finer means.
    #[inline]
    fn block(&self, [mean, rows, columns, diagonal]: [Coefficient; 4]) -> [Coefficient; 4] {
        let diagonal = self.fine.round(diagonal);
        let low0 = diagonal & self.bit0;
        // When all four are odd the encoder rounded the differences up: positive ones are one too large.
        let carry = |value: Coefficient| if value.0 >= 0 { value - low0 } else { value + low0 };
        let (rows, columns) = (carry(self.coarse.round(rows)), carry(self.coarse.round(columns)));
        let low1 = (diagonal ^ rows ^ columns) & self.bit1;
        let mean = if mean.0 >= 0 {
            mean + low0 - low1
        } else {
            mean + if low0.0 == 0 { low1 } else { low0 - low1 }
        };
        [
            (mean - rows - columns + diagonal) >> self.shift,
            (mean - rows + columns - diagonal) >> self.shift,
            (mean + rows - columns - diagonal) >> self.shift,
            (mean + rows + columns + diagonal) >> self.shift,
        ]
    }

    /// A mean and its difference at an odd edge as two finer means.
    #[inline]
    fn pair(&self, mean: Coefficient, difference: Coefficient) -> (Coefficient, Coefficient) {
        let difference = self.coarse.round(difference);
        let low1 = difference & self.bit1;
        let mean = if mean.0 >= 0 { mean - low1 } else { mean + low1 };
        ((mean - difference) >> self.shift, (mean + difference) >> self.shift)
    }
}

/// Bits of the stream, most significant first.
struct BitReader<'a> {
    bytes: &'a [u8],
    window: u32,
    held: u32,
}

impl<'a> BitReader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, window: 0, held: 0 }
    }

    /// The next `count` bits, 1 to 8.
    #[inline]
    fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        if self.held < count {
            let (&byte, rest) = self.bytes.split_first().ok_or(TOO_SHORT)?;
            self.window = (self.window << 8) | u32::from(byte);
            self.bytes = rest;
            self.held += 8;
        }
        self.held -= count;
        Ok(self.window >> self.held & ((1 << count) - 1))
    }

    /// Forgets the rest of the current byte.
    fn align(&mut self) {
        self.held = 0;
    }

    /// A prefix code of a 2 x 2 block: single bits are the shortest, then pairs, then three.
    #[inline]
    fn code(&mut self) -> Result<u8, &'static str> {
        let mut prefix = self.take(3)?;
        if prefix < 4 {
            return Ok(1 << prefix);
        }
        prefix = prefix << 1 | self.take(1)?;
        if let Some(code) = [3, 5, 10, 12, 15].get(prefix as usize - 8) {
            return Ok(*code);
        }
        prefix = prefix << 1 | self.take(1)?;
        if let Some(code) = [6, 7, 9, 11, 13].get(prefix as usize - 26) {
            return Ok(*code);
        }
        Ok(if self.take(1)? == 0 { 0 } else { 14 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stream of a shape whose bit planes are `planes` deep, with nothing behind its head.
    fn head(rows: u32, columns: u32, planes: u8) -> Vec<u8> {
        let mut stream = MAGIC.to_vec();
        stream.extend(rows.to_be_bytes());
        stream.extend(columns.to_be_bytes());
        stream.extend(0_u32.to_be_bytes());
        stream.extend(0_u64.to_be_bytes());
        stream.extend([planes; 3]);
        stream
    }

    /// The forward transform, written from its definition; bit planes follow without quadtrees.
    fn encode(pixels: &[i32], columns: usize, rows: usize) -> Vec<u8> {
        let mut cells: Vec<i64> = pixels.iter().map(|&pixel| i64::from(pixel)).collect();
        let depth = rows.max(columns).next_power_of_two().trailing_zeros();
        for level in 0..depth {
            let size = |length: usize| length.div_ceil(1 << level);
            let (rows, width) = (size(rows), size(columns));
            let shift = u32::from(level > 0);
            let difference = |value: i64| (value + if value >= 0 { 1 << level } else { 0 }) & (-2 << level);
            let mean =
                |value: i64| (value + if value >= 0 { 2 << level } else { (2 << level) - 1 }) & (-4 << level);
            let old = cells.clone();
            for row in (0..rows).step_by(2) {
                for column in (0..width).step_by(2) {
                    let at = |dy: usize, dx: usize| old[(row + dy) * columns + column + dx];
                    let (up, left) = (row / 2, column / 2);
                    let (down, right) = (rows.div_ceil(2) + up, width.div_ceil(2) + left);
                    let mut put = |row: usize, column: usize, value| cells[row * columns + column] = value;
                    match (row + 1 < rows, column + 1 < width) {
                        (true, true) => {
                            let (above, below) = (at(0, 0) + at(0, 1), at(1, 0) + at(1, 1));
                            let (skew_above, skew_below) = (at(0, 1) - at(0, 0), at(1, 1) - at(1, 0));
                            put(up, left, mean((below + above) >> shift));
                            put(down, left, difference((below - above) >> shift));
                            put(up, right, difference((skew_below + skew_above) >> shift));
                            put(down, right, (skew_below - skew_above) >> shift);
                        }
                        (true, false) => {
                            put(up, left, mean((at(1, 0) + at(0, 0)) << (1 - shift)));
                            put(down, left, difference((at(1, 0) - at(0, 0)) << (1 - shift)));
                        }
                        (false, true) => {
                            put(up, left, mean((at(0, 1) + at(0, 0)) << (1 - shift)));
                            put(up, right, difference((at(0, 1) - at(0, 0)) << (1 - shift)));
                        }
                        (false, false) => put(up, left, mean(at(0, 0) << (2 - shift))),
                    }
                }
            }
        }
        let planes = 50;
        let mut stream = head(rows as u32, columns as u32, planes);
        stream[14..22].copy_from_slice(&cells[0].to_be_bytes());
        cells[0] = 0;
        let mut bits = Vec::new();
        let (left, top) = (columns.div_ceil(2), rows.div_ceil(2));
        for (y0, x0, y1, x1) in
            [(0, 0, top, left), (0, left, top, columns), (top, 0, rows, left), (top, left, rows, columns)]
        {
            for plane in (0..planes).rev() {
                bits.extend([0; 4]);
                for y in (y0..y1).step_by(2) {
                    for x in (x0..x1).step_by(2) {
                        for (y, x) in [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)] {
                            let held =
                                y < y1 && x < x1 && cells[y * columns + x].unsigned_abs() >> plane & 1 == 1;
                            bits.push(u8::from(held));
                        }
                    }
                }
            }
        }
        bits.extend([0; 4]);
        bits.resize(bits.len().next_multiple_of(8), 0);
        bits.extend(cells.iter().filter(|cell| **cell != 0).map(|cell| u8::from(*cell < 0)));
        stream.extend(
            bits.chunks(8).map(|bits| bits.iter().enumerate().map(|(n, bit)| bit << (7 - n)).sum::<u8>()),
        );
        stream
    }

    proptest! {
        #[test]
        fn what_was_transformed_comes_back(
            (columns, rows, pixels) in (1_usize..12, 1_usize..12).prop_flat_map(|(columns, rows)| {
                let pixel = prop_oneof![any::<i32>(), -9..9, Just(100)];
                (Just(columns), Just(rows), proptest::collection::vec(pixel, columns * rows))
            })
        ) {
            let mut decoded = vec![0; pixels.len()];
            prop_assert_eq!(decode(&encode(&pixels, columns, rows), columns, rows, &mut decoded), Ok(()));
            prop_assert_eq!(decoded, pixels);
        }
    }

    #[test]
    fn an_empty_tile_decodes_and_a_lying_shape_does_not() {
        let mut pixels = vec![9; 12];
        let sound = [head(3, 4, 0), vec![0]].concat();
        assert_eq!(decode(&sound, 4, 3, &mut pixels), Ok(()));
        assert_eq!(pixels, [0; 12]);
        assert_eq!(decode(&head(3, 4, 0), 4, 3, &mut pixels), Err(TOO_SHORT));
        for lie in
            [head(3, 400, 0), head(u32::MAX, 4, 0), head(4, 3, 0), head(3, 4, 64), sound[..20].to_vec()]
        {
            assert!(decode(&lie, 4, 3, &mut pixels).is_err());
        }
    }

    #[test]
    fn junk_ends_and_never_panics() {
        let mut junk = 12_345_u32;
        for (rows, columns) in [(1, 1), (1, 7), (7, 1), (2, 3), (64, 64), (33, 40)] {
            for length in [0, 1, 10, 100, 1000, 10_000, 50_000] {
                for planes in [1, 8, 63] {
                    let mut bytes = head(rows, columns, planes);
                    bytes.extend((0..length).map(|_| {
                        junk = junk.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (junk >> 24) as u8
                    }));
                    let mut pixels = vec![0; (rows * columns) as usize];
                    let _ = decode(&bytes, columns as usize, rows as usize, &mut pixels);
                }
            }
        }
    }
}
