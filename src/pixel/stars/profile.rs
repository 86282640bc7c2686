//! How the light of a detection is spread, as far as its pixels above a threshold show it: an ellipse and a height.

/// Least variance of a detection, that of a pixel.
const PIXEL_VARIANCE: f64 = 1.0 / 12.0;

/// A pixel of a detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pixel {
    pub(super) x: u32,
    pub(super) y: u32,
    /// The smoothed frame above the background.
    pub(super) excess: f32,
}

/// A detection taken for an elliptical hill of light.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// Its centre.
    pub(super) x: f64,
    pub(super) y: f64,
    /// Coefficients of the ellipse: xx dx² + yy dy² + xy dx dy is 1 at one standard deviation.
    xx: f64,
    yy: f64,
    xy: f64,
    /// Pixels it has.
    pub(super) area: f64,
    /// All of its light.
    pub(super) light: f64,
    /// Its brightest pixel.
    pub(super) peak: f64,
    /// Area of the ellipse at one standard deviation.
    pub(super) ellipse: f64,
    /// Standard deviation along the longer axis, in pixels.
    pub(super) size: f64,
    /// Its area between the threshold and halfway to the peak beside that of a Gaussian of this ellipse, at most 1:
    /// less the more its light is gathered in the middle, as in a star with wide wings.
    pub(super) fullness: f64,
}

impl Profile {
    /// Of the pixels above a threshold; `None` when there are none.
    pub(super) fn of(pixels: &[Pixel], threshold: f64) -> Option<Self> {
        let first = pixels.first()?;
        let (mut light, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for pixel in pixels {
            let (dx, dy) = (f64::from(pixel.x) - f64::from(first.x), f64::from(pixel.y) - f64::from(first.y));
            let weight = f64::from(pixel.excess);
            light += weight;
            x += weight * dx;
            y += weight * dy;
            xx += weight * dx * dx;
            yy += weight * dy * dy;
            xy += weight * dx * dy;
        }
        (x, y) = (x / light, y / light);
        let (xx, yy, xy) = (xx / light - x * x, yy / light - y * y, xy / light - x * y);
        let is_a_line = xx * yy - xy * xy < PIXEL_VARIANCE * PIXEL_VARIANCE;
        let widening = if is_a_line { PIXEL_VARIANCE } else { 0.0 };
        let (xx, yy) = (xx + widening, yy + widening);
        let determinant = xx * yy - xy * xy;
        let ellipse = std::f64::consts::PI * determinant.sqrt();
        let peak = pixels.iter().map(|pixel| f64::from(pixel.excess)).fold(threshold, f64::max);
        Some(Self {
            x: x + f64::from(first.x),
            y: y + f64::from(first.y),
            xx: yy / determinant,
            yy: xx / determinant,
            xy: -2.0 * xy / determinant,
            area: pixels.len() as f64,
            light,
            peak,
            ellipse,
            size: (f64::midpoint(xx, yy) + (0.5 * (xx - yy)).hypot(xy)).sqrt(),
            fullness: fullness(pixels, threshold, peak, ellipse),
        })
    }

    /// The square of the distance of a place from the centre, in standard deviations.
    pub(super) fn squared_distance(&self, x: f64, y: f64) -> f64 {
        let (dx, dy) = (x - self.x, y - self.y);
        self.xx * dx * dx + self.yy * dy * dy + self.xy * dx * dy
    }
}

fn fullness(pixels: &[Pixel], threshold: f64, peak: f64, ellipse: f64) -> f64 {
    let halfway = f64::midpoint(threshold, peak);
    let between = pixels.iter().filter(|pixel| f64::from(pixel.excess) <= halfway).count().max(1);
    let expected = 2.0 * ellipse * (halfway / threshold).ln();
    (between as f64 / expected).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a Gaussian hill 100 high and centred at 20, 30 that are above a threshold.
    fn hill(across: f64, down: f64, threshold: f64) -> Vec<Pixel> {
        (0..60 * 60)
            .map(|n| (n % 60, n / 60))
            .map(|(x, y): (u32, u32)| {
                let squared =
                    ((f64::from(x) - 20.0) / across).powi(2) + ((f64::from(y) - 30.0) / down).powi(2);
                Pixel { x, y, excess: (100.0 * (-0.5 * squared).exp()) as f32 }
            })
            .filter(|pixel| f64::from(pixel.excess) > threshold)
            .collect()
    }

    #[test]
    fn a_whole_gaussian_is_measured_as_what_it_is() {
        let profile = Profile::of(&hill(4.0, 2.0, 0.01), 0.01).unwrap();
        let found =
            [profile.x, profile.y, profile.size, profile.ellipse, profile.squared_distance(24.0, 30.0)];
        let expected = [20.0, 30.0, 4.0, std::f64::consts::PI * 8.0, 1.0];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 0.01, "{profile:?}");
        }
        assert!(profile.fullness > 0.95, "{profile:?}");
    }

    #[test]
    fn light_gathered_in_the_middle_of_wide_wings_fills_less_than_a_gaussian() {
        let mut winged = hill(2.0, 2.0, 0.0);
        for (pixel, wings) in winged.iter_mut().zip(hill(8.0, 8.0, 0.0)) {
            pixel.excess += 0.2 * wings.excess;
        }
        winged.retain(|pixel| pixel.excess > 1.0);
        assert!(Profile::of(&winged, 1.0).unwrap().fullness < 0.8);
        assert!(Profile::of(&hill(3.0, 3.0, 1.0), 1.0).unwrap().fullness > 0.95);
    }

    #[test]
    fn pixels_in_a_line_are_as_wide_as_a_pixel_and_no_pixels_are_nothing() {
        let line: Vec<Pixel> = (0..5).map(|x| Pixel { x, y: 7, excess: 10.0 }).collect();
        let profile = Profile::of(&line, 5.0).unwrap();
        assert!(profile.ellipse > 0.0 && profile.squared_distance(2.0, 8.0).is_finite(), "{profile:?}");
        assert!(Profile::of(&[], 5.0).is_none());
    }
}
