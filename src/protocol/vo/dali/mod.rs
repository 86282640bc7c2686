//! What every service of the Virtual Observatory shares (DALI 1.1): how parameters arrive, how values are
//! written, what an error looks like. Which parameters there are, each service says itself.

mod fault;
mod format;
mod literals;
mod parameters;

pub use fault::{Fault, FaultKind};
pub use format::parse_media_type;
pub use literals::{LiteralError, boolean, circle, number, numbers, polygon, position, timestamp};
pub use parameters::Parameters;
