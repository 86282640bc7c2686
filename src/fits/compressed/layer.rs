//! How one plane of an image lies in tiles.

use super::column::Extent;
use super::table::{Packing, TileTable};
use crate::pixel::PixelBox;

/// How one plane of the image lies in tiles.
pub(super) struct Layer {
    /// Tile width and height, and of how many tiles a row of tiles consists.
    pub(super) width: usize,
    pub(super) height: usize,
    across: usize,
    image_width: usize,
    image_height: usize,
    /// Table row of the plane's first tile.
    first_row: usize,
    /// Pixels of a tile before the plane: tiles may be several planes deep.
    pub(super) depth_offset: usize,
    /// Planes in this tile.
    pub(super) depth: usize,
}

impl Layer {
    pub(super) fn of(table: &TileTable, plane: usize) -> Self {
        let axis = |axes: &[usize], n: usize| axes.get(n).copied().unwrap_or(1);
        let (width, height) = (axis(&table.tile, 0), axis(&table.tile, 1));
        let (image_width, image_height) = (axis(&table.axes, 0), axis(&table.axes, 1));
        let mut layer = Self {
            width,
            height,
            across: image_width.div_ceil(width),
            image_width,
            image_height,
            first_row: 0,
            depth_offset: 0,
            depth: 1,
        };
        let mut stride: usize = table.grid().take(2).product();
        let mut left = plane;
        for (axis, tile) in table.axes.iter().zip(&table.tile).skip(2) {
            let at = left % axis;
            left /= axis;
            // A tile at the far edge is as deep as the image leaves it.
            let depth = (*tile).min(axis - at / tile * tile);
            layer.first_row += at / tile * stride;
            layer.depth_offset += at % tile * layer.depth;
            layer.depth *= depth;
            stride *= axis.div_ceil(*tile);
        }
        layer
    }

    pub(super) fn row_of(&self, grid_x: usize, grid_y: usize) -> usize {
        self.first_row + grid_y * self.across + grid_x
    }

    /// Width and height of a tile, which is smaller at the far edges.
    pub(super) fn tile_shape(&self, grid_x: usize, grid_y: usize) -> (usize, usize) {
        let width = self.width.min(self.image_width - grid_x * self.width);
        (width, self.height.min(self.image_height - grid_y * self.height))
    }

    /// The image rows of a row of tiles that are in the box.
    pub(super) fn rows_in(&self, grid_y: usize, window: PixelBox) -> std::ops::Range<usize> {
        let top = grid_y * self.height;
        window.y.max(top)..(window.y + window.height).min(top + self.height)
    }
}

/// A tile the box touches.
pub(super) struct Tile {
    /// Its place among the plane's tiles.
    pub(super) grid_x: usize,
    pub(super) grid_y: usize,
    /// Its row in the table.
    pub(super) row: usize,
    pub(super) packing: Packing,
    pub(super) extent: Extent,
}
