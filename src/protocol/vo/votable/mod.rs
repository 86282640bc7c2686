//! Tables on the wire: VOTable 1.4 as `TABLEDATA` or `BINARY2`, and comma- or tab-separated text.

mod binary2;
mod descriptor;
mod field;
mod table;
mod writer;

pub use descriptor::{Param, Role, ServiceDescriptor, Values};
pub use field::{Datatype, Field, Value, double_text};
pub use table::{Ending, TableWriter};
pub use writer::{ICRS, UTC, VotableWriter, error_document};
