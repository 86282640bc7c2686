//! New FITS files from arrays and cards: plain, gzip or with RICE-compressed tiles, never seen half-written.

mod column;
mod error;
mod replace;
mod rice;
mod structure;
mod writer;

pub use column::{Column, ColumnValues};
pub use error::CreateError;
pub use rice::rice_copy;
pub(super) use structure::image_header;
pub use writer::FitsWriter;
