//! Sums of whole columns under one output row.

use fearless_simd::{Level, dispatch};

/// Columns whose sums fit into a core's first-level cache together with the samples that are added to them.
const BLOCK_COLUMNS: usize = 2048;

/// Weighted sums of source rows, one for each sample of a row.
#[derive(Default)]
pub(super) struct Sums<S> {
    pub(super) columns: Vec<S>,
    is_empty: bool,
}

impl<S: ColumnSum> Sums<S> {
    /// Forgets all rows.
    pub(super) fn begin(&mut self) {
        self.is_empty = true;
    }

    /// Adds rows of equal length, each with its weight.
    pub(super) fn add(&mut self, lines: &[u16], weights: &[u64]) {
        let length = lines.len() / weights.len();
        if self.is_empty {
            self.is_empty = false;
            self.columns.clear();
            self.columns.resize(length, S::default());
        }
        // Block by block, so that the sums stay in the first-level cache while all rows are added to them.
        for (block, sums) in self.columns.chunks_mut(BLOCK_COLUMNS).enumerate() {
            let (first_column, count) = (block * BLOCK_COLUMNS, sums.len());
            let of = |line: usize| &lines[line * length + first_column..][..count];
            let mut line = 0;
            while let Some(&[first, second]) = weights.get(line..line + 2) {
                dispatch!(Level::new(), _ => add_two(sums, (of(line), first), (of(line + 1), second)));
                line += 2;
            }
            if let Some(&weight) = weights.get(line) {
                for (sum, &sample) in sums.iter_mut().zip(of(line)) {
                    sum.add(S::weighted(sample, weight));
                }
            }
        }
    }
}

/// Adds two rows, each with its weight.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn add_two<S: ColumnSum>(sums: &mut [S], (upper, first): (&[u16], u64), (lower, second): (&[u16], u64)) {
    for ((sum, &upper), &lower) in sums.iter_mut().zip(upper).zip(lower) {
        sum.add(S::weighted(upper, first));
        sum.add(S::weighted(lower, second));
    }
}

/// A number wide enough for the weighted samples of one column under one output row.
pub(super) trait ColumnSum: Copy + Default + Send {
    fn weighted(sample: u16, weight: u64) -> Self;
    fn add(&mut self, other: Self);
    fn widened(self) -> u64;
}

impl ColumnSum for u32 {
    /// The weights of a column add up to at most 65535, each of them included.
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    fn weighted(sample: u16, weight: u64) -> Self {
        u32::from(sample) * u32::from(weight as u16)
    }

    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    fn add(&mut self, other: Self) {
        *self = self.wrapping_add(other);
    }

    fn widened(self) -> u64 {
        u64::from(self)
    }
}

impl ColumnSum for u64 {
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    fn weighted(sample: u16, weight: u64) -> Self {
        u64::from(sample) * weight
    }

    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    fn add(&mut self, other: Self) {
        *self = self.wrapping_add(other);
    }

    fn widened(self) -> u64 {
        self
    }
}
