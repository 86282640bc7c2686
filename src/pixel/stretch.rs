//! Midtones transfer: makes the faint visible, as N.I.N.A. does it.
//!
//! Unlike the screen transfer function it descends from, nothing is rescaled after the shadows are taken off, so
//! white may end slightly below 65535 while the median lands exactly on the target.

use std::ops::Range;
use std::sync::Arc;

use super::scanlines::{BandError, Scanlines, Shape};
use super::statistics::Statistics;

/// From a median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;

/// Output levels, one for each input level.
pub type StretchTable = Arc<[u16; 1 << 16]>;

/// How strongly an automatic stretch lifts the background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoStretch {
    /// Where the median goes: 0 (black) to 1 (white), clamped to that.
    pub target_background: f64,
    /// Where black begins, in standard deviations (1.4826 MAD) from the median; usually negative.
    pub shadows_clipping: f64,
}

impl AutoStretch {
    /// The transfer that suits samples with these statistics.
    pub fn transfer(&self, statistics: &Statistics, bit_depth: BitDepth) -> MidtonesTransfer {
        let white = bit_depth.white();
        let median = statistics.median / white;
        let clip = self.shadows_clipping * MAD_TO_SIGMA * (statistics.mad / white);
        let target = self.target_background.clamp(0.0, 1.0);
        if median <= 0.5 {
            let shadows = median + clip;
            let midtones = midtones_transfer(target, median - shadows);
            MidtonesTransfer { shadows, midtones, highlights: 1.0, bit_depth }
        } else {
            // A bright picture (a flat, a negative): the same from the other end.
            let highlights = median - clip;
            let midtones = midtones_transfer(target, 1.0 - (highlights - median));
            MidtonesTransfer { shadows: 0.0, midtones, highlights, bit_depth }
        }
    }
}

impl Default for AutoStretch {
    /// N.I.N.A.'s own defaults.
    fn default() -> Self {
        Self { target_background: 0.2, shadows_clipping: -2.8 }
    }
}

/// Significant bits of a sample, 1 to 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BitDepth(u8);

impl BitDepth {
    /// All 16 bits, as in every file.
    pub const SIXTEEN: Self = Self(16);

    /// `None` unless 1 to 16.
    pub fn new(bits: u8) -> Option<Self> {
        (1..=16).contains(&bits).then_some(Self(bits))
    }

    /// The largest sample.
    fn white(self) -> f64 {
        f64::from((1_u32 << self.0) - 1)
    }
}

/// A curve from samples to a screen: black below `shadows`, the bend at `midtones`; levels are fractions of white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidtonesTransfer {
    /// Where black begins; negative when the noise reaches below 0.
    pub shadows: f64,
    /// The level, above the shadows, that becomes one half.
    pub midtones: f64,
    /// 1 for a dark picture; where white would begin for a bright one.
    pub highlights: f64,
    /// What white means.
    pub bit_depth: BitDepth,
}

impl MidtonesTransfer {
    /// The curve for every 16-bit level. Levels beyond white are white.
    pub fn table(&self) -> StretchTable {
        let white = self.bit_depth.white();
        let levels: Vec<u16> = (0..=u16::MAX)
            .map(|level| {
                let input = 1.0 - self.highlights + f64::from(level) / white - self.shadows;
                to_level(midtones_transfer(self.midtones, input))
            })
            .collect();
        to_table(levels)
    }
}

fn to_table(levels: Vec<u16>) -> StretchTable {
    let levels: Box<[u16; 1 << 16]> = levels.try_into().expect("one entry for each 16-bit level");
    levels.into()
}

/// The midtones transfer function: 0 to 0, `midtones` to 1/2, 1 to 1.
fn midtones_transfer(midtones: f64, level: f64) -> f64 {
    if level <= 0.0 {
        0.0
    } else if level >= 1.0 {
        1.0
    } else {
        (midtones - 1.0) * level / ((2.0 * midtones - 1.0) * level - midtones)
    }
}

/// N.I.N.A. rounds the lower half to the nearest level and cuts in the upper half. What is no number is black.
fn to_level(fraction: f64) -> u16 {
    if fraction.is_nan() {
        return 0;
    }
    let rounding = if fraction < 0.5 { 0.5 } else { 0.0 };
    (fraction * 65535.0 + rounding).floor().clamp(0.0, 65535.0) as u16
}

/// A picture seen through one curve per plane.
pub struct Stretch {
    source: Arc<dyn Scanlines>,
    tables: Vec<StretchTable>,
}

impl Stretch {
    /// One table for all planes (linked) or one for each (unlinked). Planes without their own use the last; with
    /// no table at all the picture stays as it is.
    pub fn new(source: Arc<dyn Scanlines>, tables: Vec<StretchTable>) -> Self {
        Self { source, tables }
    }
}

impl Scanlines for Stretch {
    fn shape(&self) -> Shape {
        self.source.shape()
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        self.source.read(rows, band)?;
        let Some(last) = self.tables.last() else { return Ok(()) };
        let Shape { planes, columns, .. } = self.shape();
        if self.tables.len() == 1 {
            look_up(band, last);
        } else if columns > 0 {
            for (index, samples) in band.chunks_exact_mut(columns).enumerate() {
                look_up(samples, self.tables.get(index % planes).unwrap_or(last));
            }
        }
        Ok(())
    }
}

fn look_up(samples: &mut [u16], table: &[u16; 1 << 16]) {
    for sample in samples {
        *sample = table[usize::from(*sample)];
    }
}

#[cfg(test)]
mod tests;
