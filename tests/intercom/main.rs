//! The intercom camera functions over HTTP, against the real server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod companions;
mod gateway;
mod hostile;
mod memory;
mod parameters;
mod peer;
mod snapshot;
mod soak;
mod sources;
mod stream;
