//! Photon and read noise for whole rows: a table of normal deviates, picked by 16 random bits each.

use std::sync::LazyLock;

use rand::RngCore;

use super::seed::generator;

/// Deviates in the table; a power of two so that random bits address it.
const DEVIATES: usize = 1 << 16;

/// Quantiles of the standard normal distribution at (i + 1/2) / 65,536.
static NORMAL: LazyLock<Vec<f32>> = LazyLock::new(|| {
    // The cumulative distribution is summed by the midpoint rule and read off wherever it passes a quantile.
    const STEP: f64 = 1.0 / 65_536.0;
    let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    let mut table = Vec::with_capacity(DEVIATES);
    let (mut x, mut cumulative) = (-6.0, 0.0);
    while table.len() < DEVIATES / 2 {
        cumulative += density(x + STEP / 2.0) * STEP;
        x += STEP;
        while table.len() < DEVIATES / 2 && cumulative >= (table.len() as f64 + 0.5) / DEVIATES as f64 {
            table.push(x as f32);
        }
    }
    // The other half is its mirror image, so the mean is exactly zero.
    let upper: Vec<f32> = table.iter().rev().map(|deviate| -deviate).collect();
    table.extend(upper);
    table
});

/// Calls `each` with index and deviate for the `columns` pixels of row `row` of the thing called `name`.
pub(super) fn for_each_deviate(name: &str, row: usize, columns: usize, mut each: impl FnMut(usize, f32)) {
    let table = NORMAL.as_slice();
    let mut bits = generator(name, row as u64);
    let mut word = 0;
    for column in 0..columns {
        if column % 4 == 0 {
            word = bits.next_u64();
        }
        each(column, table[word as u16 as usize]);
        word >>= 16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_have_mean_zero_and_variance_one() {
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for row in 0..100 {
            for_each_deviate("noise test", row, 1001, |_, deviate| {
                count += 1.0;
                sum += f64::from(deviate);
                squares += f64::from(deviate) * f64::from(deviate);
            });
        }
        assert!((sum / count).abs() < 0.01);
        assert!((squares / count - 1.0).abs() < 0.015);
        assert!((NORMAL[DEVIATES * 8413 / 10_000] - 0.9998).abs() < 0.001, "84.13 % lie below one sigma");
    }
}
