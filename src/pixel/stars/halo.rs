//! Detections that are only bumps in the wings of a brighter star are no stars: `SExtractor`'s cleaning, Bertin & Arnouts
//! 1996 section 7. The brighter one is taken for a Moffat profile (β = 1) of its own brightness, shape and area.

use super::MINIMUM_AREA;
use super::deblend::Pixel;

/// What decides whether a detection could be part of another.
struct Profile {
    /// Which detection it is.
    index: usize,
    x: f64,
    y: f64,
    /// Coefficients of the ellipse: xx dx² + yy dy² + xy dx dy is 1 at one standard deviation.
    xx: f64,
    yy: f64,
    xy: f64,
    /// All of its light.
    light: f64,
    /// Light at its middle, were it spread like a Gaussian of its size.
    amplitude: f64,
    /// How steeply it falls off.
    slope: f64,
    /// Columns or rows beyond which it is fainter than the threshold.
    reach: f64,
    /// How far the faintest of its brightest pixels, as many as a detection needs, is above the threshold.
    visibility: f64,
}

/// Least variance of a detection, that of a pixel.
const PIXEL_VARIANCE: f64 = 1.0 / 12.0;

impl Profile {
    fn of(index: usize, pixels: &[Pixel], threshold: f64) -> Option<Self> {
        let first = pixels.first()?;
        let place = |pixel: &Pixel| {
            (f64::from(pixel.x) - f64::from(first.x), f64::from(pixel.y) - f64::from(first.y))
        };
        let (mut light, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for pixel in pixels {
            let ((dx, dy), weight) = (place(pixel), f64::from(pixel.excess));
            light += weight;
            x += weight * dx;
            y += weight * dy;
            xx += weight * dx * dx;
            yy += weight * dy * dy;
            xy += weight * dx * dy;
        }
        (x, y) = (x / light, y / light);
        let (xx, yy, xy) = (xx / light - x * x, yy / light - y * y, xy / light - x * y);
        let (xx, yy) = (xx.max(PIXEL_VARIANCE), yy.max(PIXEL_VARIANCE));
        let determinant = (xx * yy - xy * xy).max(PIXEL_VARIANCE * PIXEL_VARIANCE);
        let ellipse = std::f64::consts::PI * determinant.sqrt();
        let amplitude = light / (2.0 * ellipse);
        let area = pixels.len() as f64;
        let mut brightest: Vec<f32> = pixels.iter().map(|pixel| pixel.excess).collect();
        let rank = MINIMUM_AREA.min(brightest.len()) - 1;
        let (_, visibility, _) = brightest.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
        Some(Self {
            index,
            x: x + f64::from(first.x),
            y: y + f64::from(first.y),
            xx: yy / determinant,
            yy: xx / determinant,
            xy: -2.0 * xy / determinant,
            light,
            amplitude,
            slope: (amplitude / threshold - 1.0) * ellipse / area,
            reach: (area / ellipse * xx.max(yy)).sqrt() + 1.0,
            visibility: f64::from(*visibility) - threshold,
        })
    }

    /// Whether `other` is no more than what this one has in that place anyway.
    fn covers(&self, other: &Self) -> bool {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        let distance = self.xx * dx * dx + self.yy * dy * dy + self.xy * dx * dy;
        let fall = 1.0 + self.slope * distance;
        other.light < self.light && fall > 1.0 && self.amplitude / fall > other.visibility
    }
}

/// The detections without those that a brighter one explains.
pub(super) fn without_bumps(detections: Vec<Vec<Pixel>>, threshold: f32) -> Vec<Vec<Pixel>> {
    let mut profiles: Vec<Profile> = detections
        .iter()
        .enumerate()
        .filter_map(|(index, pixels)| Profile::of(index, pixels, f64::from(threshold)))
        .collect();
    profiles.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut brightest_first: Vec<usize> = (0..profiles.len()).collect();
    brightest_first.sort_by(|&a, &b| profiles[b].light.total_cmp(&profiles[a].light));
    let mut is_bump = vec![false; detections.len()];
    for place in brightest_first {
        let profile = &profiles[place];
        if is_bump[profile.index] {
            continue;
        }
        let first = profiles.partition_point(|other| other.y < profile.y - profile.reach);
        let near = profiles[first..].iter().take_while(|other| other.y <= profile.y + profile.reach);
        for other in near.filter(|other| profile.covers(other)) {
            is_bump[other.index] = true;
        }
    }
    detections.into_iter().zip(is_bump).filter(|(_, is_bump)| !is_bump).map(|(pixels, _)| pixels).collect()
}
