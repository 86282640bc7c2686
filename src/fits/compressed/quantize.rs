//! Floats stored as scaled integers, with or without dithering. FITS 4.0 sections 10.1.4, 10.2 and appendix I.

use std::sync::LazyLock;

use super::super::header::Header;

/// Length of the dithering sequence.
const SEQUENCE: usize = 10_000;
/// The integer that `SUBTRACTIVE_DITHER_2` keeps for an exact zero.
const EXACT_ZERO: i32 = -2_147_483_646;

/// How the integers were dithered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dither {
    None,
    Subtractive { keeps_zero: bool },
}

/// What the keywords say about all tiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantization {
    dither: Dither,
    seed: i64,
    /// `ZSCALE`, unless a column gives it.
    pub(super) scale: f64,
    /// `ZZERO`, unless a column gives it.
    pub(super) zero: f64,
    /// `ZBLANK`, unless a column gives it.
    pub(super) blank: Option<i64>,
}

impl Quantization {
    /// Reads `ZQUANTIZ`, `ZDITHER0`, `ZSCALE`, `ZZERO`, `ZBLANK`.
    pub(super) fn of(header: &Header) -> Result<Self, String> {
        let dither = match header.text("ZQUANTIZ").as_deref().map(str::trim) {
            None | Some("" | "NONE" | "NO_DITHER") => Dither::None,
            Some("SUBTRACTIVE_DITHER_1") => Dither::Subtractive { keeps_zero: false },
            Some("SUBTRACTIVE_DITHER_2") => Dither::Subtractive { keeps_zero: true },
            Some(other) => return Err(format!("ZQUANTIZ {other:?}")),
        };
        Ok(Self {
            dither,
            seed: header.integer("ZDITHER0").unwrap_or(1),
            scale: header.real("ZSCALE").unwrap_or(1.0),
            zero: header.real("ZZERO").unwrap_or(0.0),
            blank: header.integer("ZBLANK"),
        })
    }
}

/// Turns the integers of one tile back into floats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dequantizer {
    dither: Dither,
    scale: f64,
    zero: f64,
    blank: Option<i64>,
    start: Position,
}

impl Dequantizer {
    /// For the tile in the table's row `row` (0-based) with these levels.
    pub(super) fn new(q: &Quantization, row: usize, (scale, zero, blank): (f64, f64, Option<i64>)) -> Self {
        let at = (q.seed.wrapping_sub(1).wrapping_add(row as i64)).rem_euclid(SEQUENCE as i64) as usize;
        Self { dither: q.dither, scale, zero, blank, start: Position::seeded(at) }
    }

    /// Hands the values of `integers`, which are the tile's from number `first` on, to `put` with their position
    /// in `integers`.
    pub(super) fn each(&self, first: usize, integers: &[i32], mut put: impl FnMut(usize, f64)) {
        let random = &*RANDOM;
        let mut position = self.start;
        if self.dither != Dither::None {
            position.skip(first);
        }
        for (n, &integer) in integers.iter().enumerate() {
            let value = match self.dither {
                _ if self.blank == Some(i64::from(integer)) => f64::NAN,
                Dither::None => f64::from(integer) * self.scale + self.zero,
                Dither::Subtractive { keeps_zero: true } if integer == EXACT_ZERO => 0.0,
                Dither::Subtractive { .. } => {
                    (f64::from(integer) - f64::from(random[position.next]) + 0.5) * self.scale + self.zero
                }
            };
            if self.dither != Dither::None {
                position.step();
            }
            put(n, value);
        }
    }
}

/// A place in the dithering sequence, which is used in stretches that start at varying offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    seed: usize,
    next: usize,
}

impl Position {
    fn seeded(seed: usize) -> Self {
        Self { seed, next: (RANDOM[seed] * 500.0) as usize }
    }

    fn step(&mut self) {
        self.next += 1;
        if self.next == SEQUENCE {
            *self = Self::seeded((self.seed + 1) % SEQUENCE);
        }
    }

    fn skip(&mut self, mut count: usize) {
        while count >= SEQUENCE - self.next {
            count -= SEQUENCE - self.next;
            *self = Self::seeded((self.seed + 1) % SEQUENCE);
        }
        self.next += count;
    }
}

/// The Park-Miller sequence of FITS 4.0 appendix I: a = 16807, m = 2^31 - 1, first seed 1.
static RANDOM: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let (multiplier, modulus) = (16_807_u64, 2_147_483_647_u64);
    let mut seed = 1;
    (0..SEQUENCE)
        .map(|_| {
            seed = seed * multiplier % modulus;
            (seed as f64 / modulus as f64) as f32
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_ends_where_the_standard_says() {
        let last = f64::from(RANDOM[SEQUENCE - 1]) * 2_147_483_647.0;
        assert!((last - 1_043_618_065.0).abs() < 100.0, "{last}");
    }

    #[test]
    fn skipping_is_stepping() {
        for count in [0, 1, 9_000, 10_000, 25_001, 123_456] {
            let (mut skipped, mut stepped) = (Position::seeded(9_998), Position::seeded(9_998));
            skipped.skip(count);
            (0..count).for_each(|_| stepped.step());
            assert_eq!(skipped, stepped, "{count}");
        }
    }

    #[test]
    fn nulls_and_exact_zeros_survive_dithering() {
        let q = Quantization {
            dither: Dither::Subtractive { keeps_zero: true },
            seed: 1,
            scale: 2.0,
            zero: 10.0,
            blank: Some(-2_147_483_648),
        };
        let mut values = Vec::new();
        let tile = Dequantizer::new(&q, 0, (q.scale, q.zero, q.blank));
        tile.each(0, &[i32::MIN, EXACT_ZERO, 5], |_, value| values.push(value));
        assert!(values[0].is_nan());
        assert_eq!(values[1].to_bits(), 0.0_f64.to_bits());
        assert!((values[2] - 20.0).abs() <= 1.0, "half a step around the level: {}", values[2]);
    }
}
