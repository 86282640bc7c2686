//! The linear part of a description: pixels to intermediate coordinates (FITS Paper I §2, Paper II §6).

use super::WcsError;
use super::cards::Cards;
use crate::sky::vector::sin_cos_deg;

/// Solves `matrix · x = b`; `None` when the matrix is singular to working precision.
pub(in crate::sky) fn solve(matrix: [[f64; 2]; 2], b: [f64; 2]) -> Option<[f64; 2]> {
    let [[a00, a01], [a10, a11]] = matrix;
    let determinant = a00 * a11 - a01 * a10;
    let size = a00.abs().max(a01.abs()) * a10.abs().max(a11.abs());
    (determinant.is_finite() && determinant.abs() > 4.0 * f64::EPSILON * size)
        .then(|| [(b[0] * a11 - a01 * b[1]) / determinant, (a00 * b[1] - b[0] * a10) / determinant])
}

/// The longitude and the latitude row of the linear matrix over all pixel axes, in the units of the header.
pub(in crate::sky) struct LinearRows {
    /// (row, pixel axis, value)
    cells: Vec<(usize, usize, f64)>,
}

impl LinearRows {
    /// `CDi_j` if any is there, else `PCi_j · CDELTi`, else `CDELTi` turned by the `CROTA` of the latitude axis.
    pub(in crate::sky) fn read(cards: &Cards, alternate: &str, axes: [usize; 2]) -> Result<Self, WcsError> {
        let cd = matrix_cells(cards, "CD", alternate, axes)?;
        if !cd.is_empty() {
            return Ok(Self { cells: cd });
        }
        let mut cdelt = [1.0; 2];
        for (value, axis) in cdelt.iter_mut().zip(axes) {
            *value = cards.number(&format!("CDELT{axis}{alternate}"))?.unwrap_or(1.0);
        }
        let pc = matrix_cells(cards, "PC", alternate, axes)?;
        if !pc.is_empty() {
            let mut cells: Vec<_> =
                pc.into_iter().map(|(row, column, value)| (row, column, value * cdelt[row])).collect();
            for (row, axis) in axes.into_iter().enumerate() {
                if !cells.iter().any(|&(r, column, _)| (r, column) == (row, axis)) {
                    cells.push((row, axis, cdelt[row]));
                }
            }
            return Ok(Self { cells });
        }
        let rotation = cards.number(&format!("CROTA{}{alternate}", axes[1]))?.unwrap_or(0.0);
        let (sin, cos) = sin_cos_deg(rotation);
        Ok(Self {
            cells: vec![
                (0, axes[0], cdelt[0] * cos),
                (0, axes[1], -cdelt[1] * sin),
                (1, axes[0], cdelt[0] * sin),
                (1, axes[1], cdelt[1] * cos),
            ],
        })
    }

    pub(in crate::sky) fn at(&self, row: usize, axis: usize) -> f64 {
        self.cells.iter().filter(|cell| (cell.0, cell.1) == (row, axis)).map(|cell| cell.2).sum()
    }

    /// What the other axes of a cube add on its first plane, where their pixel is 1.
    pub(in crate::sky) fn first_plane_offset(
        &self,
        cards: &Cards,
        alternate: &str,
        pixel_axes: [usize; 2],
    ) -> Result<[f64; 2], WcsError> {
        let mut offset = [0.0; 2];
        for &(row, axis, value) in &self.cells {
            if !pixel_axes.contains(&axis) {
                let crpix = cards.number(&format!("CRPIX{axis}{alternate}"))?.unwrap_or(0.0);
                offset[row] += value * (1.0 - crpix);
            }
        }
        Ok(offset)
    }
}

/// The cells of `CDi_j` or `PCi_j` (or the obsolete `PC001002`) on the rows of `axes`.
fn matrix_cells(
    cards: &Cards,
    root: &str,
    alternate: &str,
    axes: [usize; 2],
) -> Result<Vec<(usize, usize, f64)>, WcsError> {
    let mut cells = Vec::new();
    for keyword in cards.keywords() {
        let Some(indices) = keyword.strip_prefix(root).and_then(|rest| rest.strip_suffix(alternate)) else {
            continue;
        };
        let (row, column) = match indices.split_once('_') {
            Some(split) => split,
            None if indices.len() == 6 && indices.is_ascii() => indices.split_at(3),
            None => continue,
        };
        let (Ok(row), Ok(column)) = (row.parse::<usize>(), column.parse::<usize>()) else { continue };
        if let (Some(row), Some(value)) = (axes.iter().position(|&axis| axis == row), cards.number(keyword)?)
        {
            cells.push((row, column, value));
        }
    }
    // However a header spells and orders them, they are summed in one order.
    cells.sort_by_key(|&(row, column, _)| (row, column));
    Ok(cells)
}
