//! Tile-compressed images (FITS 4.0 section 10): a box of pixels decoded from the tiles it touches.
//!
//! The table's structure is checked before anything is decoded, and all decoding is our own
//! (`docs/decisions/0004`): tiles of one box are decoded side by side, and a hostile stream meets checked code.

mod codec;
mod column;
mod fault;
mod gzip;
mod hcompress;
mod header;
mod layer;
mod plio;
mod quantize;
mod rice;
mod table;
mod tile;
mod tiled_image;

pub(super) use fault::TableFault;
pub(super) use header::{image_header, shape, was_primary};
pub(super) use table::TileTable;
pub(super) use tiled_image::TiledImage;
