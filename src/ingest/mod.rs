//! What fills the catalogue: scan, watch, header to record.
