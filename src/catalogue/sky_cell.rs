//! The sky in small cells, so that lookups near each other share one answer.

use crate::sky::{SkyCoord, UnitVectorBox};

/// Cells per unit of length: a side of 1/2048 rad is 1.7 arc minutes, small beside an image.
const CELLS_PER_UNIT: f64 = 2048.0;

/// A cube of the grid over unit vectors; the sky near a point lies in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SkyCell([i16; 3]);

impl SkyCell {
    /// The cell a point lies in.
    pub(super) fn of(point: SkyCoord) -> Self {
        // Components of a unit vector: the product is within ±2048.
        Self(point.unit_vector().map(|component| (component * CELLS_PER_UNIT).floor() as i16))
    }

    /// The unit vectors in the cell.
    pub(super) fn bounds(self) -> UnitVectorBox {
        let edge = |offset: i16| self.0.map(|index| f64::from(index + offset) / CELLS_PER_UNIT);
        UnitVectorBox { min: edge(0), max: edge(1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cell_holds_the_point_it_is_of(ra in 0.0..360.0, dec in -90.0..=90.0) {
            let point = SkyCoord::new(ra, dec).unwrap();
            prop_assert!(SkyCell::of(point).bounds().contains(point.unit_vector()));
        }
    }

    #[test]
    fn poles_and_the_equinox_have_cells() {
        for (ra, dec) in [(0.0, 0.0), (0.0, 90.0), (0.0, -90.0), (180.0, 0.0)] {
            let point = SkyCoord::new(ra, dec).unwrap();
            assert!(SkyCell::of(point).bounds().contains(point.unit_vector()), "{ra} {dec}");
        }
    }
}
