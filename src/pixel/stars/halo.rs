//! Detections that are only bumps in the wings of a brighter star are no stars: `SExtractor`'s cleaning, Bertin & Arnouts
//! 1996 section 7. The brighter one is taken for a Moffat profile (β = 1) of its own brightness, shape and area.

use super::MINIMUM_AREA;
use super::deblend::Detection;
use super::profile::Profile;

/// Detections further apart than this many of their sizes have nothing to do with each other.
const ZONE: f64 = 10.0;

/// What decides whether a detection could be part of another.
struct Candidate {
    /// Which detection it is.
    index: usize,
    profile: Profile,
    /// Light at the middle of its Moffat profile.
    amplitude: f64,
    /// How steeply that falls off.
    slope: f64,
    /// How far the faintest of its brightest pixels, as many as a detection needs, is above the threshold.
    visibility: f64,
}

impl Candidate {
    fn of(index: usize, detection: &Detection, threshold: f64) -> Option<Self> {
        let pixels = &detection.pixels;
        let profile = Profile::of(pixels, threshold)?;
        let amplitude = profile.light / (2.0 * profile.ellipse * profile.fullness);
        let mut brightest: Vec<f32> = pixels.iter().map(|pixel| pixel.excess).collect();
        let rank = MINIMUM_AREA.min(brightest.len()) - 1;
        let (_, visibility, _) = brightest.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
        Some(Self {
            index,
            amplitude,
            slope: (amplitude / threshold - 1.0) * profile.ellipse / profile.area,
            visibility: f64::from(*visibility) - threshold,
            profile,
        })
    }

    /// Whether `other` is no more than what this one has in that place anyway.
    fn covers(&self, other: &Self) -> bool {
        let (bright, faint) = (&self.profile, &other.profile);
        let distance = (faint.x - bright.x).hypot(faint.y - bright.y);
        if faint.light >= bright.light || distance > ZONE * (bright.size + faint.size) {
            return false;
        }
        let fall = 1.0 + self.slope * bright.squared_distance(faint.x, faint.y);
        fall > 1.0 && self.amplitude / fall > other.visibility
    }
}

/// The detections without those that a brighter one explains.
pub(super) fn without_bumps(detections: Vec<Detection>, threshold: f32) -> Vec<Detection> {
    let mut candidates: Vec<Candidate> = detections
        .iter()
        .enumerate()
        .filter_map(|(index, detection)| Candidate::of(index, detection, f64::from(threshold)))
        .collect();
    candidates.sort_by(|a, b| a.profile.y.total_cmp(&b.profile.y));
    let mut brightest_first: Vec<usize> = (0..candidates.len()).collect();
    brightest_first.sort_by(|&a, &b| candidates[b].profile.light.total_cmp(&candidates[a].profile.light));
    let largest = candidates.iter().map(|candidate| candidate.profile.size).fold(0.0, f64::max);
    let mut is_bump = vec![false; detections.len()];
    for place in brightest_first {
        let candidate = &candidates[place];
        if is_bump[candidate.index] {
            continue;
        }
        let (middle, reach) = (candidate.profile.y, ZONE * (candidate.profile.size + largest));
        let first = candidates.partition_point(|other| other.profile.y < middle - reach);
        let near = candidates[first..].iter().take_while(|other| other.profile.y <= middle + reach);
        for other in near.filter(|other| candidate.covers(other)) {
            is_bump[other.index] = true;
        }
    }
    let found = detections.into_iter().zip(is_bump);
    found.filter(|(_, is_bump)| !is_bump).map(|(detection, _)| detection).collect()
}
