//! The inverse Haar transform.

use std::num::Wrapping;

/// Coefficients of a damaged stream overflow; they may, as long as nothing breaks.
pub(super) type Coefficient = Wrapping<i64>;

/// Coefficients, later pixels, row by row.
pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) cells: Vec<Coefficient>,
}

impl Grid {
    /// The inverse Haar transform: from the coefficients of the whole to single pixels, doubling each time.
    pub(super) fn invert(&mut self, rows: usize) {
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
