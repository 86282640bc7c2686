use super::*;
use crate::pixel::scanlines::Shape;
use proptest::prelude::*;

/// Full width at half maximum of the stars drawn here, in pixels.
const FWHM: f64 = 3.2;

/// A frame of sky at 1000 with noise of about 12, the same for the same seed.
struct Sky {
    shape: Shape,
    samples: Vec<f64>,
}

impl Sky {
    fn new(rows: usize, columns: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut uniform = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let mut noise = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let samples = (0..rows * columns).map(|_| 1000.0 + 12.0 * noise()).collect();
        Self { shape: Shape { planes: 1, rows, columns }, samples }
    }

    fn star(mut self, x: f64, y: f64, peak: f64) -> Self {
        let columns = self.shape.columns;
        let variance = (FWHM / 2.3548_f64).powi(2);
        for (n, sample) in self.samples.iter_mut().enumerate() {
            let squared = ((n % columns) as f64 - x).powi(2) + ((n / columns) as f64 - y).powi(2);
            *sample += peak * (-0.5 * squared / variance).exp();
        }
        self
    }

    fn sample(mut self, x: usize, y: usize, value: f64) -> Self {
        self.samples[y * self.shape.columns + x] = value;
        self
    }

    fn frame(&self) -> InMemory {
        let samples = self.samples.iter().map(|sample| sample.round().clamp(0.0, 65_535.0) as u16);
        InMemory::from_band(self.shape, samples.collect()).unwrap()
    }

    fn field(&self) -> StarField {
        StarField::of(&self.frame()).unwrap()
    }
}

#[test]
fn stars_are_found_where_they_are() {
    let places = [(40.3, 50.8), (150.0, 30.0), (200.5, 170.5), (90.2, 120.9)];
    let sky = places.iter().fold(Sky::new(220, 260, 1), |sky, &(x, y)| sky.star(x, y, 900.0));
    let field = sky.field();
    assert_eq!(field.stars.len(), places.len());
    for (x, y) in places {
        let found = field.stars.iter().any(|star| (star.x - x).hypot(star.y - y) < 0.15);
        assert!(found, "{x}, {y}: {field:?}");
    }
    assert!((field.background - 1000.0).abs() < 3.0 && (field.noise - 12.0).abs() < 1.0, "{field:?}");
}

/// For a Gaussian the flux-weighted mean radius is σ √(π/2), cut off a little by the aperture.
#[test]
fn the_half_flux_radius_is_the_mean_distance_of_the_light() {
    let field = Sky::new(100, 100, 2).star(50.0, 50.0, 20_000.0).field();
    let expected = FWHM / 2.3548 * (std::f64::consts::PI / 2.0).sqrt();
    assert!((field.half_flux_radius() / expected - 1.0).abs() < 0.03, "{field:?}");
    assert_eq!(field.half_flux_radius_deviation().to_bits(), 0.0_f64.to_bits());
}

#[test]
fn close_pairs_are_two_stars_and_one_star_is_one() {
    for (distance, stars) in [(0.0, 1), (6.0, 2), (9.0, 2)] {
        let sky = Sky::new(120, 120, 3).star(60.0, 60.0, 4000.0).star(60.0 + distance, 60.0, 3000.0);
        assert_eq!(sky.field().stars.len(), stars, "{distance} px apart");
    }
    let bright = Sky::new(120, 120, 4).star(60.3, 59.6, 40_000.0);
    assert_eq!(bright.field().stars.len(), 1);
}

#[test]
fn hot_pixels_and_burnt_out_stars_are_none() {
    let hot = Sky::new(100, 100, 5).sample(30, 30, 30_000.0).sample(70, 80, 60_000.0);
    assert!(hot.field().stars.is_empty(), "{:?}", hot.field());
    let burnt = Sky::new(100, 100, 6).star(50.0, 50.0, 300_000.0);
    assert!(burnt.field().stars.is_empty());
    let clipped: Vec<u16> = Sky::new(100, 100, 7)
        .star(50.0, 50.0, 30_000.0)
        .frame()
        .samples()
        .iter()
        .map(|s| (*s).min(16_383))
        .collect();
    let clipped = InMemory::from_band(Shape { planes: 1, rows: 100, columns: 100 }, clipped).unwrap();
    assert!(StarField::of(&clipped).unwrap().stars.is_empty(), "14 bits end below white");
}

#[test]
fn a_hot_pixel_of_a_mosaic_is_none_either() {
    use crate::pixel::{BayerPattern, Debayer};
    use std::sync::Arc;
    let mosaic =
        Sky::new(100, 120, 8).sample(30, 30, 40_000.0).sample(71, 80, 40_000.0).sample(50, 51, 40_000.0);
    let mosaic = mosaic.star(90.0, 40.0, 5000.0);
    let colours = Debayer::new(Arc::new(mosaic.frame()), BayerPattern::Rggb);
    assert_eq!(StarField::of(&colours).unwrap().stars.len(), 1);
}

#[test]
fn frames_without_stars_have_none() {
    assert!(Sky::new(300, 300, 9).field().stars.is_empty());
    for (rows, columns) in [(0, 0), (1, 1), (1, 50), (2, 2)] {
        let shape = Shape { planes: 1, rows, columns };
        for level in [0, 1000, 65_535] {
            let frame = InMemory::from_band(shape, vec![level; rows * columns]).unwrap();
            let field = StarField::of(&frame).unwrap();
            assert_eq!((field.stars.len(), field.half_flux_radius().to_bits()), (0, 0));
        }
    }
}

#[test]
fn a_gradient_hides_no_stars_and_makes_none() {
    let mut sky = Sky::new(256, 256, 10).star(30.0, 200.0, 700.0).star(220.0, 40.0, 700.0);
    sky.samples.iter_mut().enumerate().for_each(|(n, sample)| *sample += 0.5 * (n % 256) as f64);
    assert_eq!(sky.field().stars.len(), 2);
}

#[test]
fn a_frame_that_stands_out_everywhere_is_no_star_field() {
    let chequered = (0..256 * 256).map(|n| if (n / 3 + n / 768) % 2 == 0 { 100 } else { 60_000 }).collect();
    let frame = InMemory::from_band(Shape { planes: 1, rows: 256, columns: 256 }, chequered).unwrap();
    assert!(StarField::of(&frame).unwrap().stars.is_empty());
}

proptest! {
    #[test]
    fn no_samples_break_it(rows in 1_usize..80, columns in 1_usize..140, seed: u64, contrast in 0_u32..17) {
        let mut state = seed | 1;
        let samples = (0..rows * columns)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                ((state >> 33) as u16) >> contrast.min(15)
            })
            .collect();
        let frame = InMemory::from_band(Shape { planes: 1, rows, columns }, samples).unwrap();
        for star in StarField::of(&frame).unwrap().stars {
            prop_assert!((0.0..columns as f64).contains(&star.x) && (0.0..rows as f64).contains(&star.y));
            prop_assert!(star.half_flux_radius.is_finite());
        }
    }
}
