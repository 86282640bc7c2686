//! The least value a measure takes along a curve: samples first, then golden-section search where a sample's
//! neighbourhood could still beat the best one.

use crate::sky::curve::Curve;
use crate::sky::{FitsPixel, SkyCoord, Wcs};

/// How much better than its best sample a search must be able to become before it goes on.
const VALUE_TOLERANCE_PX: f64 = 1e-7;
const MAX_STEPS: usize = 90;

/// A point of a curve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) t: f64,
    pub(super) position: SkyCoord,
    pub(super) pixel: FitsPixel,
}

/// A curve with the points it was looked at, in order; the last point of a closed one is its first.
#[derive(Clone, Debug)]
pub(super) struct SampledCurve {
    pub(super) curve: Curve,
    pub(super) samples: Vec<Sample>,
}

/// What is minimised: the sides of the bounding box, or the distance from the image.
pub(super) trait Measure: Fn(FitsPixel) -> f64 + Copy {}
impl<F: Fn(FitsPixel) -> f64 + Copy> Measure for F {}

impl SampledCurve {
    /// Samples a whole curve; `None` when one of its points has no pixel.
    pub(super) fn new(wcs: &Wcs, curve: Curve) -> Option<Self> {
        let steps = curve.steps();
        let mut samples = Vec::with_capacity(steps + 1);
        for step in 0..=steps {
            let t = step as f64 / steps as f64;
            samples.push(sample(wcs, &curve, t)?);
        }
        Some(Self { curve, samples })
    }

    /// The least value of the samples.
    pub(super) fn least_sample(&self, measure: impl Measure) -> f64 {
        self.samples.iter().map(|sample| measure(sample.pixel)).fold(f64::INFINITY, f64::min)
    }

    /// The least value along the curve if it is below `best`, else `best`.
    ///
    /// `reach` bounds from three neighbouring values how far below the middle one the curve may dip.
    pub(super) fn refine(
        &self,
        wcs: &Wcs,
        best: f64,
        measure: impl Measure,
        reach: impl Fn([Option<&Sample>; 3], [f64; 3]) -> f64,
    ) -> f64 {
        let count = self.samples.len();
        let is_closed = self.curve.is_closed();
        let mut least = best;
        for (index, middle) in self.samples.iter().enumerate().take(if is_closed { count - 1 } else { count })
        {
            let before = match index {
                0 if is_closed => Some((&self.samples[count - 2], self.samples[count - 2].t - 1.0)),
                0 => None,
                _ => Some((&self.samples[index - 1], self.samples[index - 1].t)),
            };
            let after = self.samples.get(index + 1).map(|next| (next, next.t));
            let value = measure(middle.pixel);
            let [earlier, later] = [before, after].map(|n| n.map_or(value, |(next, _)| measure(next.pixel)));
            let neighbours = [before.map(|n| n.0), Some(middle), after.map(|n| n.0)];
            if value > earlier || value > later || value - reach(neighbours, [earlier, value, later]) >= least
            {
                continue;
            }
            let low = before.map_or(middle.t, |n| n.1);
            let high = after.map_or(middle.t, |n| n.1);
            // At an end of the curve there is a dip only if the measure first falls.
            let is_end = before.is_none() || after.is_none();
            let inward = middle.t + 0.01 * (low - middle.t + high - middle.t);
            if is_end && sample(wcs, &self.curve, inward).is_none_or(|next| measure(next.pixel) >= value) {
                continue;
            }
            least = least.min(golden_section(wcs, &self.curve, [low, high], measure).1);
        }
        least
    }
}

/// The point of a curve at `t`; `None` when it has no pixel.
pub(super) fn sample(wcs: &Wcs, curve: &Curve, t: f64) -> Option<Sample> {
    let position = curve.at(t)?;
    Some(Sample { t, position, pixel: wcs.pixel_at(position)? })
}

/// Where between two parameters a measure with one dip is least, and its value there.
pub(super) fn golden_section(
    wcs: &Wcs,
    curve: &Curve,
    [mut low, mut high]: [f64; 2],
    measure: impl Measure,
) -> (f64, f64) {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let at = |t: f64| curve.at(t).and_then(|position| wcs.pixel_at(position)).map_or(f64::INFINITY, measure);
    let mut inner = [high - RATIO * (high - low), low + RATIO * (high - low)];
    let mut values = inner.map(at);
    let mut ends = [at(low), at(high)];
    for _ in 0..MAX_STEPS {
        let best = values[0].min(values[1]);
        let rise = (ends[0] - best).max(ends[1] - best);
        if rise <= VALUE_TOLERANCE_PX || (high - low) <= f64::EPSILON * high.abs().max(1e-3) {
            break;
        }
        if values[0] <= values[1] {
            (high, ends[1]) = (inner[1], values[1]);
            (inner[1], values[1]) = (inner[0], values[0]);
            inner[0] = high - RATIO * (high - low);
            values[0] = at(inner[0]);
        } else {
            (low, ends[0]) = (inner[0], values[0]);
            (inner[0], values[0]) = (inner[1], values[1]);
            inner[1] = low + RATIO * (high - low);
            values[1] = at(inner[1]);
        }
    }
    [(low, ends[0]), (high, ends[1]), (inner[0], values[0]), (inner[1], values[1])]
        .into_iter()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((low, ends[0]))
}
