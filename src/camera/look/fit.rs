//! How a picture is placed into a size of another shape.
//!
//! The answer always has exactly the size asked for. A slight mismatch (old video sizes have pixels that are
//! not square) is stretched away; a bigger one gets black bars, since a security picture must not lose edges.

use serde::{Deserialize, Serialize};

use crate::camera::resolution::Resolution;

/// What to do when the shapes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Stretch when the aspect ratios differ by at most a tenth, else letterbox.
    #[default]
    Auto,
    /// Keep the aspect ratio, fill up with black bars.
    Letterbox,
    /// Keep the aspect ratio, cut off what is too much, evenly on both sides.
    Crop,
    /// Fill the size whatever the shapes.
    Stretch,
}

/// Largest relative difference of aspect ratios that is stretched away by [`Fit::Auto`].
const STRETCH_TOLERANCE: f64 = 0.10;

/// A box of pixels in a picture, 0-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::camera) struct Area {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Area {
    /// All of a picture.
    pub(in crate::camera) fn whole(of: Resolution) -> Self {
        Self { x: 0, y: 0, width: of.width, height: of.height }
    }
}

/// Which part of the original goes where in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// The part of the original that is shown.
    pub from: Area,
    /// Where it lands; the rest of the answer is black.
    pub to: Area,
}

impl Placement {
    /// Places a picture of size `source` into `target`.
    pub(in crate::camera) fn of(source: Resolution, target: Resolution, fit: Fit) -> Self {
        let (whole, all) = (Area::whole(source), Area::whole(target));
        let mismatch = (source.aspect() / target.aspect()).max(target.aspect() / source.aspect()) - 1.0;
        match fit {
            Fit::Auto if mismatch <= STRETCH_TOLERANCE => Self { from: whole, to: all },
            Fit::Stretch => Self { from: whole, to: all },
            Fit::Crop => Self { from: centred(target.aspect(), source), to: all },
            Fit::Auto | Fit::Letterbox => Self { from: whole, to: centred(source.aspect(), target) },
        }
    }
}

/// The largest centred area of the given aspect ratio inside `frame`, on even offsets so that chroma samples
/// (one per two pixels) are not split.
fn centred(aspect: f64, frame: Resolution) -> Area {
    let place = |full: u32, wanted: f64| {
        let wanted = (wanted.round() as u32).clamp(1, full);
        ((full - wanted) / 4 * 2, wanted)
    };
    if aspect > frame.aspect() {
        let (y, height) = place(frame.height, f64::from(frame.width) / aspect);
        Area { x: 0, y, width: frame.width, height }
    } else {
        let (x, width) = place(frame.width, f64::from(frame.height) * aspect);
        Area { x, y: 0, width, height: frame.height }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn to(source: (u32, u32), target: (u32, u32), fit: Fit) -> (u32, u32, u32, u32) {
        let Area { x, y, width, height } =
            Placement::of(Resolution::new(source.0, source.1), Resolution::new(target.0, target.1), fit).to;
        (x, y, width, height)
    }

    #[test]
    fn slight_mismatch_is_stretched_and_more_gets_bars() {
        for (source, target, expected) in [
            ((1280, 960), (640, 480), (0, 0, 640, 480)),
            ((1280, 960), (352, 288), (0, 0, 352, 288)),
            ((1920, 1080), (480, 272), (0, 0, 480, 272)),
            ((1920, 1080), (1024, 600), (0, 0, 1024, 600)),
            ((1920, 1080), (640, 480), (0, 60, 640, 360)),
            ((1920, 1080), (1280, 960), (0, 120, 1280, 720)),
            ((1920, 1080), (160, 120), (0, 14, 160, 90)),
            ((640, 480), (1280, 720), (160, 0, 960, 720)),
            ((640, 480), (640, 360), (80, 0, 480, 360)),
        ] {
            assert_eq!(to(source, target, Fit::Auto), expected, "{source:?} -> {target:?}");
        }
    }

    #[test]
    fn crop_fills_the_target_from_the_middle() {
        let placed = Placement::of(Resolution::new(1920, 1080), Resolution::new(640, 480), Fit::Crop);
        assert_eq!(placed.from, Area { x: 240, y: 0, width: 1440, height: 1080 });
        assert_eq!(placed.to, Area { x: 0, y: 0, width: 640, height: 480 });
    }

    #[test]
    fn stretch_uses_everything_for_everything() {
        assert_eq!(to((4000, 10), (100, 100), Fit::Stretch), (0, 0, 100, 100));
    }

    proptest! {
        #[test]
        fn areas_stay_inside_and_are_never_empty(
            source in (1_u32..9000, 1_u32..9000), target in (1_u32..9000, 1_u32..9000),
            fit in prop::sample::select(vec![Fit::Auto, Fit::Letterbox, Fit::Crop, Fit::Stretch]),
        ) {
            let (source, target) = (Resolution::new(source.0, source.1), Resolution::new(target.0, target.1));
            let placed = Placement::of(source, target, fit);
            for (area, frame) in [(placed.from, source), (placed.to, target)] {
                prop_assert!(area.width >= 1 && area.height >= 1);
                prop_assert!(area.x + area.width <= frame.width && area.y + area.height <= frame.height);
                prop_assert!(area.x % 2 == 0 && area.y % 2 == 0);
            }
        }
    }
}
