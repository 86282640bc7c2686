//! Streams from a forward transform come back; damaged ones end.

use proptest::prelude::*;

use super::bits::TOO_SHORT;
use super::*;

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

/// A whole stream: the forward transform and its bit planes without quadtrees.
fn encode(pixels: &[i32], columns: usize, rows: usize) -> Vec<u8> {
    let planes = 50;
    let mut cells = transformed(pixels, columns, rows);
    let mut stream = head(rows as u32, columns as u32, planes);
    stream[14..22].copy_from_slice(&cells[0].to_be_bytes());
    cells[0] = 0;
    let mut bits = bit_planes(&cells, columns, rows, planes);
    bits.extend([0; 4]);
    bits.resize(bits.len().next_multiple_of(8), 0);
    bits.extend(cells.iter().filter(|cell| **cell != 0).map(|cell| u8::from(*cell < 0)));
    stream.extend(
        bits.chunks(8).map(|bits| bits.iter().enumerate().map(|(n, bit)| bit << (7 - n)).sum::<u8>()),
    );
    stream
}

/// The forward transform, written from its definition.
fn transformed(pixels: &[i32], columns: usize, rows: usize) -> Vec<i64> {
    let mut cells: Vec<i64> = pixels.iter().map(|&pixel| i64::from(pixel)).collect();
    let depth = rows.max(columns).next_power_of_two().trailing_zeros();
    for level in 0..depth {
        let size = |length: usize| length.div_ceil(1 << level);
        halve(&mut cells, columns, (size(rows), size(columns)), level);
    }
    cells
}

/// One step of it: the block of `rows` x `width` becomes means and differences.
fn halve(cells: &mut [i64], columns: usize, (rows, width): (usize, usize), level: u32) {
    let shift = u32::from(level > 0);
    let difference = |value: i64| (value + if value >= 0 { 1 << level } else { 0 }) & (-2 << level);
    let mean = |value: i64| (value + if value >= 0 { 2 << level } else { (2 << level) - 1 }) & (-4 << level);
    let old = cells.to_vec();
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

/// The bits of every quadrant, plane by plane, all blocks written out.
fn bit_planes(cells: &[i64], columns: usize, rows: usize, planes: u8) -> Vec<u8> {
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
    bits
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
    for lie in [head(3, 400, 0), head(u32::MAX, 4, 0), head(4, 3, 0), head(3, 4, 64), sound[..20].to_vec()] {
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
