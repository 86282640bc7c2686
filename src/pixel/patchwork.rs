//! Images that overlap on one grid of pixels: which of them a pixel is taken from.

use super::AxisRun;

/// Rectangles of one grid. A pixel that several of them hold belongs to the one whose centre is nearest, and of two
/// equally near ones to the one that begins first; whoever asks for whatever part gets the same pixels.
///
/// For equal rectangles at equal distances this is the rule of sky maps: each owns its inner region.
#[derive(Clone, Debug)]
pub struct Patchwork {
    patches: Vec<[AxisRun; 2]>,
}

/// A run of one row that is taken from one patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The number of the patch.
    pub patch: usize,
    /// The columns of the grid.
    pub columns: AxisRun,
}

impl Patchwork {
    /// Patches by their columns and rows.
    pub fn new(patches: Vec<[AxisRun; 2]>) -> Self {
        Self { patches }
    }

    /// The patches, by their columns and rows.
    pub fn patches(&self) -> &[[AxisRun; 2]] {
        &self.patches
    }

    /// The smallest part of `window` outside of which no patch has a pixel; `None` when none has any.
    pub fn covered(&self, window: [AxisRun; 2]) -> Option<[AxisRun; 2]> {
        let parts: Vec<[AxisRun; 2]> = self
            .patches
            .iter()
            .filter_map(|patch| Some([patch[0].common(window[0])?, patch[1].common(window[1])?]))
            .collect();
        let around = |axis: usize| {
            let first = parts.iter().map(|part| part[axis].start).min()?;
            AxisRun::between(first, parts.iter().map(|part| part[axis].end()).max()?)
        };
        Some([around(0)?, around(1)?])
    }

    /// Whether some patch has every pixel of `window`.
    pub fn covers(&self, window: [AxisRun; 2]) -> bool {
        let [columns, rows] = window;
        let edges = self.patches.iter().flat_map(|patch| [patch[1].start, patch[1].end()]);
        // Between two edges all rows are alike.
        edges.chain([rows.start]).filter(|y| (rows.start..rows.end()).contains(y)).all(|y| {
            let owned: usize = self.row(y, columns).iter().map(|owned| owned.columns.length).sum();
            owned == columns.length
        })
    }

    /// What of `columns` in row `y` is taken from where, from left to right; nobody has what is left out.
    pub fn row(&self, y: i64, columns: AxisRun) -> Vec<Owned> {
        let here: Vec<(usize, AxisRun)> = (0..)
            .zip(&self.patches)
            .filter(|(_, [_, rows])| (rows.start..rows.end()).contains(&y))
            .filter_map(|(number, [own, _])| Some((number, own.common(columns)?)))
            .collect();
        let mut edges: Vec<i64> = here.iter().flat_map(|(_, run)| [run.start, run.end()]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut row: Vec<Owned> = Vec::new();
        for edge in edges.windows(2) {
            let holders: Vec<usize> = here
                .iter()
                .filter(|(_, run)| run.start <= edge[0] && edge[1] <= run.end())
                .map(|(number, _)| *number)
                .collect();
            match holders[..] {
                [] => {}
                [only] => push(&mut row, only, edge[0], edge[1]),
                _ => {
                    for x in edge[0]..edge[1] {
                        let nearest = holders.iter().copied().min_by_key(|number| self.rank(*number, x, y));
                        push(&mut row, nearest.unwrap_or(holders[0]), x, x + 1);
                    }
                }
            }
        }
        row
    }

    /// Smaller for the patch that owns the pixel: the square of twice the distance to its centre, then its place.
    fn rank(&self, number: usize, x: i64, y: i64) -> (i128, i64, i64, usize) {
        let [columns, rows] = self.patches[number];
        let twice =
            |at: i64, run: AxisRun| 2 * i128::from(at) + 1 - i128::from(run.start) - i128::from(run.end());
        let (dx, dy) = (twice(x, columns), twice(y, rows));
        (dx * dx + dy * dy, rows.start, columns.start, number)
    }
}

/// Adds columns to a row, to its last run where that goes on.
fn push(row: &mut Vec<Owned>, patch: usize, first: i64, end: i64) {
    let Some(columns) = AxisRun::between(first, end) else { return };
    match row.last_mut() {
        Some(last) if last.patch == patch && last.columns.end() == first => {
            last.columns.length += columns.length;
        }
        _ => row.push(Owned { patch, columns }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(start: i64, length: usize) -> AxisRun {
        AxisRun { start, length }
    }

    /// Four patches of 22 x 22 pixels whose inner regions are 20 x 20, as a sky map has them.
    fn sky_map() -> Patchwork {
        let side = |n: i64| run(20 * n - 1, 22);
        Patchwork::new(vec![[side(0), side(0)], [side(1), side(0)], [side(0), side(1)], [side(1), side(1)]])
    }

    #[test]
    fn each_patch_of_a_sky_map_owns_its_inner_region() {
        let map = sky_map();
        for (y, left, right) in [(5, 0, 1), (19, 0, 1), (20, 2, 3), (30, 2, 3)] {
            assert_eq!(
                map.row(y, run(0, 40)),
                [Owned { patch: left, columns: run(0, 20) }, Owned { patch: right, columns: run(20, 20) }],
                "{y}"
            );
        }
    }

    #[test]
    fn what_nobody_has_is_left_out() {
        let apart = Patchwork::new(vec![[run(0, 4), run(0, 4)], [run(6, 4), run(0, 9)]]);
        assert_eq!(
            apart.row(1, run(2, 10)),
            [Owned { patch: 0, columns: run(2, 2) }, Owned { patch: 1, columns: run(6, 4) }]
        );
        assert!(apart.row(20, run(0, 10)).is_empty());
        assert!(apart.covers([run(0, 4), run(0, 4)]) && apart.covers([run(6, 4), run(3, 6)]));
        assert!(!apart.covers([run(0, 10), run(0, 4)]) && !apart.covers([run(0, 4), run(3, 2)]));
        assert_eq!(apart.covered([run(-5, 30), run(2, 30)]), Some([run(0, 10), run(2, 7)]));
        assert_eq!(apart.covered([run(4, 2), run(0, 9)]), None);
    }

    #[test]
    fn equally_near_centres_leave_the_pixel_to_the_patch_that_begins_first() {
        let twins = Patchwork::new(vec![[run(2, 3), run(0, 1)], [run(0, 3), run(0, 1)]]);
        assert_eq!(
            twins.row(0, run(0, 5)),
            [Owned { patch: 1, columns: run(0, 3) }, Owned { patch: 0, columns: run(3, 2) }]
        );
    }

    proptest! {
        #[test]
        fn a_part_has_the_pixels_the_whole_has(
            places in prop::collection::vec((-20_i64..20, 1_usize..20, -20_i64..20, 1_usize..20), 1..6),
            y in -20_i64..40, start in -20_i64..40, length in 1_usize..20,
        ) {
            let patches = places.into_iter().map(|(x, width, y, height)| [run(x, width), run(y, height)]);
            let work = Patchwork::new(patches.collect());
            let owner = |row: &[Owned], x: i64| row
                .iter()
                .find(|owned| (owned.columns.start..owned.columns.end()).contains(&x))
                .map(|owned| owned.patch);
            let (whole, part) = (work.row(y, run(-40, 120)), work.row(y, run(start, length)));
            for x in start..start + length as i64 {
                prop_assert_eq!(owner(&whole, x), owner(&part, x));
                let is_held = work.patches().iter().any(|[columns, rows]| {
                    (columns.start..columns.end()).contains(&x) && (rows.start..rows.end()).contains(&y)
                });
                prop_assert_eq!(owner(&part, x).is_some(), is_held);
            }
        }
    }
}
