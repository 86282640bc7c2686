//! Colour filter arrays: which colour a sensor's pixel saw.

use std::fmt;

use crate::error::{Classified, ErrorKind};

/// What a pixel saw; the number is the plane of a colour picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Red = 0,
    Green = 1,
    Blue = 2,
}

/// The cell of 2 x 2 filters that covers a sensor, named by its colours from the top left. In the second four one
/// column is all green, and N.I.N.A.'s names for them do not read row by row: see `cell`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BayerPattern {
    /// R G over G B.
    Rggb,
    /// B G over G R.
    Bggr,
    /// G B over R G.
    Gbrg,
    /// G R over B G.
    Grbg,
    /// R G over B G.
    Grgb,
    /// B G over R G.
    Gbgr,
    /// G R over G B.
    Rgbg,
    /// G B over G R.
    Bgrg,
}

impl BayerPattern {
    /// Every pattern there is.
    pub const ALL: [Self; 8] =
        [Self::Rggb, Self::Bggr, Self::Gbrg, Self::Grbg, Self::Grgb, Self::Gbgr, Self::Rgbg, Self::Bgrg];

    /// The name, as FITS' BAYERPAT and N.I.N.A. write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rggb => "RGGB",
            Self::Bggr => "BGGR",
            Self::Gbrg => "GBRG",
            Self::Grbg => "GRBG",
            Self::Grgb => "GRGB",
            Self::Gbgr => "GBGR",
            Self::Rgbg => "RGBG",
            Self::Bgrg => "BGRG",
        }
    }

    /// The pattern of a picture that begins `columns` to the right and `rows` below the place where this one does:
    /// XBAYROFF and YBAYROFF, or the corner of a window.
    #[must_use]
    pub fn shifted(self, columns: i64, rows: i64) -> Self {
        let (columns, rows) = (columns.rem_euclid(2) as usize, rows.rem_euclid(2) as usize);
        let cell = self.cell();
        let moved = [0, 1].map(|row| [0, 1].map(|column| cell[(row + rows) % 2][(column + columns) % 2]));
        // Shifting permutes the patterns, so one of them always fits.
        Self::ALL.into_iter().find(|pattern| pattern.cell() == moved).unwrap_or(self)
    }

    /// The pattern once the order of `rows` rows is reversed, as for a file with ROWORDER BOTTOM-UP.
    #[must_use]
    pub fn upside_down(self, rows: usize) -> Self {
        if rows.is_multiple_of(2) { self.shifted(0, 1) } else { self }
    }

    /// The colours, row by row.
    pub(super) fn cell(self) -> [[Colour; 2]; 2] {
        use Colour::{Blue as B, Green as G, Red as R};
        match self {
            Self::Rggb => [[R, G], [G, B]],
            Self::Bggr => [[B, G], [G, R]],
            Self::Gbrg => [[G, B], [R, G]],
            Self::Grbg => [[G, R], [B, G]],
            Self::Grgb => [[R, G], [B, G]],
            Self::Gbgr => [[B, G], [R, G]],
            Self::Rgbg => [[G, R], [G, B]],
            Self::Bgrg => [[G, B], [G, R]],
        }
    }
}

impl fmt::Display for BayerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<&str> for BayerPattern {
    type Error = UnknownBayerPattern;

    /// Exactly one of the eight names, in capitals.
    fn try_from(name: &str) -> Result<Self, UnknownBayerPattern> {
        Self::ALL.into_iter().find(|pattern| pattern.name() == name).ok_or(UnknownBayerPattern)
    }
}

/// No pattern of red, green and blue has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Bayer pattern of red, green and blue")]
pub struct UnknownBayerPattern;

impl Classified for UnknownBayerPattern {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unsupported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_out_and_come_back_and_other_words_are_refused() {
        for pattern in BayerPattern::ALL {
            assert_eq!(BayerPattern::try_from(pattern.to_string().as_str()), Ok(pattern));
        }
        for other in ["rggb", "RGGB ", "", "Monochrome", "CMYG", "RGB"] {
            assert_eq!(BayerPattern::try_from(other), Err(UnknownBayerPattern), "{other:?}");
        }
    }

    #[test]
    fn every_cell_has_two_greens_and_no_two_cells_are_alike() {
        for (index, pattern) in BayerPattern::ALL.into_iter().enumerate() {
            let colours = pattern.cell().concat();
            assert_eq!(colours.iter().filter(|c| **c == Colour::Green).count(), 2);
            assert!(colours.contains(&Colour::Red) && colours.contains(&Colour::Blue));
            assert!(BayerPattern::ALL[..index].iter().all(|earlier| earlier.cell() != pattern.cell()));
        }
    }

    #[test]
    fn offsets_move_the_pattern() {
        use BayerPattern::{Bggr, Gbgr, Gbrg, Grbg, Grgb, Rgbg, Rggb};
        let rows = [
            (Rggb, (0, 0), Rggb),
            (Rggb, (1, 0), Grbg),
            (Rggb, (0, 1), Gbrg),
            (Rggb, (1, 1), Bggr),
            (Rggb, (-1, 7), Bggr),
            (Grgb, (1, 0), Rgbg),
            (Grgb, (0, 1), Gbgr),
        ];
        for (pattern, (columns, rows), expected) in rows {
            assert_eq!(pattern.shifted(columns, rows), expected, "{pattern} by {columns}, {rows}");
        }
        for pattern in BayerPattern::ALL {
            assert_eq!(pattern.shifted(1, 1).shifted(1, 1), pattern);
        }
    }

    #[test]
    fn reversing_rows_changes_the_pattern_only_when_their_number_is_even() {
        assert_eq!(BayerPattern::Rggb.upside_down(4), BayerPattern::Gbrg);
        assert_eq!(BayerPattern::Rggb.upside_down(5), BayerPattern::Rggb);
    }
}
