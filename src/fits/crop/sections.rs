//! Header cards that name parts of an image or of its detector, `[a:b,c:d]`: what a crop does to them.

use super::Crop;
use crate::pixel::AxisRun;

/// Keywords of parts in pixels of this image, with an amplifier's letter or number behind or without.
const IMAGE_STEMS: [&str; 6] = ["DATASEC", "TRIMSEC", "BIASSEC", "PRESEC", "POSTSEC", "OVERSEC"];
/// The short forms, always with the amplifier's letter.
const IMAGE_AMPLIFIER_STEMS: [&str; 4] = ["DSEC", "TSEC", "BSEC", "ASEC"];
/// Keywords of the part of a detector that this image, or its `DATASEC`, shows.
const DETECTOR_STEMS: [&str; 3] = ["CCDSEC", "DETSEC", "AMPSEC"];
/// The short form, always with the amplifier's letter.
const DETECTOR_AMPLIFIER_STEM: &str = "CSEC";

/// What a section keyword is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Pixels of this image.
    Image,
    /// Pixels of a detector; the keywords that may say which pixels of this image they are, best first.
    Detector(Vec<String>),
}

impl Subject {
    /// The subject of a keyword, `None` when it is no section.
    pub(super) fn of(keyword: &str) -> Option<Self> {
        let suffix = |stems: &[&str], least: usize| {
            let rest = stems.iter().find_map(|stem| keyword.strip_prefix(stem))?;
            let is_amplifier = rest.len() <= 2 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
            (rest.len() >= least && is_amplifier).then_some(rest)
        };
        if suffix(&IMAGE_STEMS, 0).is_some() || suffix(&IMAGE_AMPLIFIER_STEMS, 1).is_some() {
            return Some(Self::Image);
        }
        let amplifier = suffix(&DETECTOR_STEMS, 0).or_else(|| suffix(&[DETECTOR_AMPLIFIER_STEM], 1))?;
        let partners = ["DATASEC", "DSEC"].map(|stem| format!("{stem}{amplifier}"));
        Some(Self::Detector(partners.into()))
    }
}

/// First and last pixel along one axis, 1-based; the first is the larger one when the axis is reversed.
type Span = (i64, i64);

/// A part of an image or detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    x: Span,
    y: Span,
}

impl Section {
    /// Reads `[a:b,c:d]`, blanks allowed; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
        let (x, y) = inner.split_once(',')?;
        let span = |text: &str| {
            let (first, last) = text.split_once(':')?;
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        };
        Some(Self { x: span(x)?, y: span(y)? })
    }

    /// All of an image.
    pub(super) fn whole(width: usize, height: usize) -> Self {
        Self { x: (1, width as i64), y: (1, height as i64) }
    }

    /// This part of an image after it was cropped; `None` when nothing is left.
    pub(super) fn cropped(self, crop: Crop<'_>) -> Option<Self> {
        let cut = |span: Span, run: AxisRun| {
            let (low, high) = overlap(span, run)?;
            let (low, high) = (low - run.start, high - run.start);
            Some(if span.0 <= span.1 { (low, high) } else { (high, low) })
        };
        Some(Self { x: cut(self.x, crop.run(1)?)?, y: cut(self.y, crop.run(2)?)? })
    }

    /// This part of a detector, shown as `shown` of the image, after the image was cropped. `None` when
    /// nothing is left, or when the lengths do not match, even with binning.
    pub(super) fn detector_cropped(self, shown: Self, crop: Crop<'_>) -> Option<Self> {
        Some(Self { x: follow(self.x, shown.x, crop.run(1)?)?, y: follow(self.y, shown.y, crop.run(2)?)? })
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}:{},{}:{}]", self.x.0, self.x.1, self.y.0, self.y.1)
    }
}

/// The part of a span inside a run, ascending.
fn overlap(span: Span, run: AxisRun) -> Option<Span> {
    let low = span.0.min(span.1).max(run.start + 1);
    let high = span.0.max(span.1).min(run.end());
    (low <= high).then_some((low, high))
}

/// Crops a detector span along with the image span it is shown as.
fn follow(detector: Span, shown: Span, run: AxisRun) -> Option<Span> {
    let (low, high) = overlap(shown, run)?;
    let shown_low = shown.0.min(shown.1);
    let shown_length = shown.0.abs_diff(shown.1).checked_add(1)?;
    let detector_length = detector.0.abs_diff(detector.1).checked_add(1)?;
    if detector_length % shown_length != 0 {
        return None;
    }
    let binning = i64::try_from(detector_length / shown_length).ok()?;
    let (before, until) =
        ((low - shown_low).checked_mul(binning)?, (high - shown_low + 1).checked_mul(binning)?);
    Some(if detector.0 <= detector.1 {
        (detector.0 + before, detector.0 + until - 1)
    } else {
        (detector.0 - before, detector.0 - until + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_told_apart() {
        assert_eq!(Subject::of("TRIMSEC"), Some(Subject::Image));
        assert_eq!(Subject::of("DSECA"), Some(Subject::Image));
        assert_eq!(Subject::of("DETSECB"), Some(Subject::Detector(vec!["DATASECB".into(), "DSECB".into()])));
        assert_eq!(Subject::of("CSECA"), Some(Subject::Detector(vec!["DATASECA".into(), "DSECA".into()])));
        for other in ["DSEC", "CSEC", "DATASECTION", "DETSIZE", "EXPSEC", "SECPIX"] {
            assert_eq!(Subject::of(other), None, "{other}");
        }
    }

    #[test]
    fn sections_follow_the_crop() {
        let runs = [AxisRun { start: 40, length: 100 }, AxisRun { start: 100, length: 50 }];
        let crop = Crop(&runs);
        let table = [
            ("[1:200,1:400]", Some("[1:100,1:50]")),
            ("[  51: 60,   1: 110]", Some("[11:20,1:10]")),
            ("[60:51,110:1]", Some("[20:11,10:1]")),
            ("[1:40,1:400]", None),
            ("[1:200,151:400]", None),
        ];
        for (before, after) in table {
            let cropped = Section::parse(before).unwrap().cropped(crop).map(|section| section.to_string());
            assert_eq!(cropped.as_deref(), after, "{before}");
        }
        for other in ["[4096:4109]", "[1:4096, :]", "1:2,3:4", "[a:b,c:d]"] {
            assert_eq!(Section::parse(other), None, "{other}");
        }
    }

    #[test]
    fn detector_sections_follow_through_flips_and_binning() {
        let runs = [AxisRun { start: 40, length: 100 }, AxisRun { start: 100, length: 50 }];
        let crop = Crop(&runs);
        let table = [
            ("[1:200,1:400]", "[1:200,1:400]", Some("[41:140,101:150]")),
            ("[4160:3961,5400:5001]", "[1:200,1:400]", Some("[4120:4021,5300:5251]")),
            ("[1001:1400,1:800]", "[1:200,1:400]", Some("[1081:1280,201:300]")),
            ("[1:100,1:400]", "[101:200,1:400]", Some("[1:40,101:150]")),
            ("[1:100,1:400]", "[1:40,1:400]", None),
            ("[1:150,1:400]", "[1:200,1:400]", None),
        ];
        for (detector, shown, after) in table {
            let (detector, shown) = (Section::parse(detector).unwrap(), Section::parse(shown).unwrap());
            let cropped = detector.detector_cropped(shown, crop).map(|section| section.to_string());
            assert_eq!(cropped.as_deref(), after, "{detector} shown as {shown}");
        }
    }
}
