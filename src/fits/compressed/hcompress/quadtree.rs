//! The bit planes of a quadrant, each a quadtree of 2 x 2 flags.

use std::num::Wrapping;

use super::bits::BitReader;
use super::haar::{Coefficient, Grid};

/// A part of the grid with its own bit planes.
pub(super) struct Quadrant {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Quadrant {
    /// Reads the bit planes, most significant first.
    pub(super) fn decode(
        &self,
        bits: &mut BitReader<'_>,
        planes: u8,
        grid: &mut Grid,
    ) -> Result<(), &'static str> {
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
