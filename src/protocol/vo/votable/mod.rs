//! Tables on the wire: VOTable 1.4 as `TABLEDATA` or `BINARY2`, comma- or tab-separated text, FITS binary tables, and
//! text and pages for people.

mod binary2;
mod binary_table;
mod delimited;
mod descriptor;
mod field;
mod format;
mod page;
mod table;
mod writer;

pub use descriptor::{Param, Role, ServiceDescriptor, Values};
pub use field::{Datatype, Field, Value, double_text};
pub use format::{Ending, Serialization, TableFormat, TextHeader, VotableFormat};
pub use table::{Opening, TableWriter};
pub use writer::{ICRS, UTC, VotableWriter, error_document};
