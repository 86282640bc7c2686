//! The intercom camera functions over HTTP, against the real server.

mod gateway;
mod memory;
mod parameters;
mod snapshot;
mod stream;
