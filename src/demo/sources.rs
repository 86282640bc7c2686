//! The synthetic sky: stars and galaxies as a pure function of position, the same for every image that looks there.
//!
//! The sphere is cut into cells of 0.05 degrees; a cell's sources come from a generator seeded by its number.

use rand::Rng;
use rand_distr::{Distribution, Normal, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::geometry::Direction;
use super::seed::generator;

/// Side of a cell.
const CELL_DEG: f64 = 0.05;
/// Limits in r of the layers drawn apart, so that a shallow image need not draw the faint ones.
const LAYERS: [(f64, f64); 4] = [(9.0, 15.0), (15.0, 18.5), (18.5, 21.0), (21.0, 24.0)];
/// Stars per square degree brighter than r = 20 at the galactic poles, and the slope of log N per magnitude.
const STARS: Counts = Counts { at_twenty: 2200.0, slope: 0.22 };
/// Galaxies, likewise.
const GALAXIES: Counts = Counts { at_twenty: 2600.0, slope: 0.43 };
/// The north galactic pole.
const GALACTIC_POLE: Direction = Direction::new(192.859_48, 27.128_25);

/// Cumulative counts N(<r) = `at_twenty` · 10^(`slope` (r − 20)).
struct Counts {
    at_twenty: f64,
    slope: f64,
}

impl Counts {
    /// Sources per square degree between two magnitudes.
    fn between(&self, (bright, faint): (f64, f64)) -> f64 {
        let cumulative = |r: f64| self.at_twenty * 10f64.powf(self.slope * (r - 20.0));
        cumulative(faint) - cumulative(bright)
    }

    /// A magnitude of that interval, by inversion of the cumulative counts.
    fn magnitude(&self, (bright, faint): (f64, f64), random: &mut Xoshiro256PlusPlus) -> f64 {
        let lowest = 10f64.powf(self.slope * (bright - faint));
        faint + random.random_range(lowest..1.0).log10() / self.slope
    }
}

/// How a source is spread on the sky.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Extent {
    Point,
    /// A Sérsic profile of index 1 (disc) or 2 (between disc and bulge).
    Galaxy {
        half_light_arcsec: f64,
        axis_ratio: f64,
        /// From north through east.
        position_angle_deg: f64,
        is_disc: bool,
    },
}

/// The pass bands of the Sloan survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Band {
    U,
    G,
    R,
    I,
    Z,
}

/// A star or galaxy above the atmosphere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// Unique on the sky; stable.
    pub id: i64,
    pub sky: Direction,
    /// Magnitude in r.
    pub r: f64,
    /// Colour g − r.
    pub g_r: f64,
    pub extent: Extent,
}

impl Source {
    /// Magnitude in a band, along a single sequence of colours.
    pub(super) fn magnitude(&self, band: Band) -> f64 {
        let red = (self.g_r - 1.2).max(0.0);
        let r_i = 0.42 * self.g_r.min(1.2) - 0.05 + 2.2 * red;
        match band {
            Band::U => self.r + self.g_r + 0.75 + 1.1 * self.g_r.min(1.3),
            Band::G => self.r + self.g_r,
            Band::R => self.r,
            Band::I => self.r - r_i,
            Band::Z => self.r - 1.6 * r_i,
        }
    }
}

/// Sources within `radius_deg` of `centre` (and some around it, the cells being square) brighter than `limit` in
/// r, in an order that depends on the sky alone.
pub(super) fn around(centre: Direction, radius_deg: f64, limit: f64) -> Vec<Source> {
    let mut found = Vec::new();
    let band_of = |dec: f64| ((dec.clamp(-90.0, 89.999) + 90.0) / CELL_DEG) as i64;
    for band in band_of(centre.dec_deg - radius_deg)..=band_of(centre.dec_deg + radius_deg) {
        let south = band as f64 * CELL_DEG - 90.0;
        let cos_dec = (south + CELL_DEG / 2.0).to_radians().cos();
        let cells = (360.0 * cos_dec / CELL_DEG).round().max(1.0);
        let half_width = (radius_deg / cos_dec.max(1e-6)).min(180.0);
        let first = ((centre.ra_deg - half_width) / 360.0 * cells).floor() as i64;
        let last = ((centre.ra_deg + half_width) / 360.0 * cells).floor() as i64;
        for cell in first..=last.min(first + cells as i64 - 1) {
            let cell = Cell { band, number: cell.rem_euclid(cells as i64), cells };
            for (layer, limits) in LAYERS.iter().enumerate().filter(|(_, limits)| limits.0 < limit) {
                cell.draw(layer, *limits, &mut found);
            }
        }
    }
    found.retain(|source| source.r < limit);
    found
}

/// One cell of the sky: a span of right ascension within a band of declination.
struct Cell {
    band: i64,
    number: i64,
    /// Cells in the band.
    cells: f64,
}

impl Cell {
    /// Appends the cell's sources of one layer of magnitudes.
    fn draw(&self, layer: usize, limits: (f64, f64), found: &mut Vec<Source>) {
        let south = self.band as f64 * CELL_DEG - 90.0;
        let (sin_low, sin_high) = (south.to_radians().sin(), (south + CELL_DEG).to_radians().sin());
        let area = (sin_high - sin_low).to_degrees() * 360.0 / self.cells;
        let middle = Direction::new((self.number as f64 + 0.5) * 360.0 / self.cells, south + CELL_DEG / 2.0);
        let latitude = 90.0 - middle.separation_deg(GALACTIC_POLE);
        // The disc of the Milky Way: fifteen times the polar density in the plane, no galaxies behind it.
        let crowding = 1.0 + 14.0 * (-latitude.abs() / 12.0).exp();
        let veil = 1.0 - (-(latitude / 15.0).powi(2)).exp();

        let index = (self.band << 20 | self.number) << 3 | layer as i64;
        let mut random = generator("sky", index as u64);
        let place = |random: &mut Xoshiro256PlusPlus| {
            let ra_deg = (self.number as f64 + random.random::<f64>()) * 360.0 / self.cells;
            Direction::new(ra_deg, random.random_range(sin_low..sin_high).asin().to_degrees())
        };
        let stars = poisson(STARS.between(limits) * crowding * area, &mut random);
        let galaxies = poisson(GALAXIES.between(limits) * veil * area, &mut random);
        for number in 0..stars + galaxies {
            let sky = place(&mut random);
            let id = index << 11 | number;
            found.push(if number < stars {
                star(id, sky, STARS.magnitude(limits, &mut random), &mut random)
            } else {
                galaxy(id, sky, GALAXIES.magnitude(limits, &mut random), &mut random)
            });
        }
    }
}

/// Turn-off stars about g − r = 0.45, red dwarfs about 1.4; the fainter, the more dwarfs.
fn star(id: i64, sky: Direction, r: f64, random: &mut Xoshiro256PlusPlus) -> Source {
    let is_dwarf = random.random::<f64>() < (0.15 + 0.06 * (r - 14.0)).clamp(0.1, 0.6);
    let g_r = if is_dwarf { 1.40 + 0.13 * gauss(random) } else { 0.50 + 0.24 * gauss(random) };
    Source { id, sky, r, g_r: g_r.clamp(-0.4, 1.8), extent: Extent::Point }
}

fn galaxy(id: i64, sky: Direction, r: f64, random: &mut Xoshiro256PlusPlus) -> Source {
    let is_disc = random.random::<f64>() < 0.65;
    let size = 1.15 * 10f64.powf(-0.15 * (r - 20.0)) * 10f64.powf(0.16 * gauss(random));
    let extent = Extent::Galaxy {
        half_light_arcsec: size.clamp(0.15, 12.0),
        axis_ratio: random.random_range(if is_disc { 0.2..1.0 } else { 0.55..1.0 }),
        position_angle_deg: random.random_range(0.0..180.0),
        is_disc,
    };
    let g_r = if is_disc { 0.60 + 0.20 * gauss(random) } else { 1.05 + 0.22 * gauss(random) };
    Source { id, sky, r, g_r: g_r.clamp(0.0, 1.7), extent }
}

fn poisson(mean: f64, random: &mut Xoshiro256PlusPlus) -> i64 {
    // A mean that is not positive has no distribution: nothing there.
    Poisson::new(mean).map_or(0, |distribution| distribution.sample(random) as i64)
}

fn gauss(random: &mut Xoshiro256PlusPlus) -> f64 {
    Normal::new(0.0, 1.0).map_or(0.0, |distribution| distribution.sample(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_the_same_from_whichever_side_one_looks() {
        let from_west = around(Direction::new(37.5, 0.1), 0.2, 22.0);
        let from_east = around(Direction::new(37.75, 0.05), 0.2, 23.9);
        let seen = |sources: &[Source]| {
            let middle = Direction::new(37.62, 0.08);
            let mut near: Vec<_> = sources
                .iter()
                .filter(|source| source.sky.separation_deg(middle) < 0.05 && source.r < 22.0)
                .map(|source| (source.id, source.sky.ra_deg.to_bits(), source.r.to_bits()))
                .collect();
            near.sort_unstable();
            near
        };
        assert!(seen(&from_west).len() > 20);
        assert_eq!(seen(&from_west), seen(&from_east));
    }

    #[test]
    fn ids_are_unique_and_the_seam_at_ra_zero_is_closed() {
        let sources = around(Direction::new(0.01, -0.1), 0.2, 22.0);
        let mut ids: Vec<_> = sources.iter().map(|source| source.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), sources.len());
        let west = sources.iter().filter(|source| source.sky.ra_deg > 180.0).count() as f64;
        assert!((0.3..0.7).contains(&(west / sources.len() as f64)));
    }

    #[test]
    fn counts_follow_the_law_and_the_milky_way_is_crowded() {
        let stars = |centre| {
            let all = around(centre, 0.5, 18.0);
            all.iter().filter(|s| s.extent == Extent::Point && s.sky.separation_deg(centre) < 0.5).count()
                as f64
        };
        let expected = STARS.between((9.0, 18.0)) * std::f64::consts::PI * 0.25;
        let pole = stars(GALACTIC_POLE);
        assert!((pole - expected).abs() < 4.0 * expected.sqrt(), "{pole} for {expected}");
        assert!(stars(Direction::new(98.0, 4.9)) > 8.0 * pole);
    }
}
