//! The dialects. Each translates its requests into renditions and results into its own words.

pub mod intercom;
