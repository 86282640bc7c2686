//! From sums of whole columns to the means of output columns.

use super::Axis;
use super::sums::ColumnSum;

/// What the output columns take of the source columns: as many of these for each, some of them nothing.
pub(super) struct Shares {
    /// Source columns that an output column looks at.
    count: usize,
    /// The first source column of each output column.
    firsts: Vec<u32>,
    /// The length shared with each source column, output column by output column.
    lengths: Vec<u32>,
}

impl Shares {
    /// Counts for which there is code of their own: loops that are known when they are compiled are thrice as fast.
    const COUNTS: [usize; 4] = [4, 6, 8, 12];

    /// Those of `target` output columns.
    pub(super) fn new(across: &Axis, target: usize) -> Self {
        let source = across.sources(&(0..target)).end;
        let under = |column: usize| across.sources(&(column..column + 1));
        let most = (0..target).map(|column| under(column).len()).max().unwrap_or(0);
        let count = Self::COUNTS.into_iter().find(|count| (most..=source).contains(count)).unwrap_or(most);
        let (mut firsts, mut lengths) = (Vec::with_capacity(target), Vec::with_capacity(target * count));
        for column in 0..target {
            let under = under(column);
            let first = under.start.min(source - count);
            firsts.push(first as u32);
            let shared = |at: usize| if under.contains(&at) { across.overlap(at, column) } else { 0 };
            lengths.extend((first..first + count).map(|at| shared(at) as u32));
        }
        Self { count, firsts, lengths }
    }

    /// The mean of each output column from the sums of whole columns; `area` is that of an output pixel.
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    pub(super) fn average<S: ColumnSum>(&self, sums: &[S], area: f64, means: &mut [u16]) {
        match self.count {
            4 => self.average_with(sums, area, means, total_of::<S, 4>),
            6 => self.average_with(sums, area, means, total_of::<S, 6>),
            8 => self.average_with(sums, area, means, total_of::<S, 8>),
            12 => self.average_with(sums, area, means, total_of::<S, 12>),
            _ => self.average_with(sums, area, means, total),
        }
    }

    /// Exact for areas below 2^33: a quotient that is not half-way between two levels is further from there than half
    /// a unit of area, one that is half-way goes up by a quarter of it, and the error of the numbers is less than that.
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each kind of vector instructions, in its caller"
    )]
    #[inline(always)]
    fn average_with<S>(&self, sums: &[S], area: f64, means: &mut [u16], total: impl Fn(&[S], &[u32]) -> u64) {
        let (inverse, half) = (area.recip(), 0.5 + 0.25 / area);
        let lengths = self.lengths.chunks_exact(self.count);
        for ((mean, &first), lengths) in means.iter_mut().zip(&self.firsts).zip(lengths) {
            let total = total(&sums[first as usize..], lengths);
            *mean = (total as i64 as f64 * inverse + half) as u16;
        }
    }
}

/// Sums times the lengths shared with them.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn total<S: ColumnSum>(sums: &[S], lengths: &[u32]) -> u64 {
    sums.iter().zip(lengths).map(|(sum, &length)| sum.widened().wrapping_mul(u64::from(length))).sum()
}

/// The same for a known count.
#[expect(clippy::inline_always, reason = "compiled once for each kind of vector instructions, in its caller")]
#[inline(always)]
fn total_of<S: ColumnSum, const COUNT: usize>(sums: &[S], lengths: &[u32]) -> u64 {
    match (sums.first_chunk::<COUNT>(), lengths.first_chunk::<COUNT>()) {
        (Some(sums), Some(lengths)) => total(sums, lengths),
        _ => 0,
    }
}
