//! The HTTP service: which dialect answers where, start and graceful stop.
//!
//! [`Service::start`] builds everything from the settings, binds, and reports the address it really got;
//! [`Service::stop`] finishes the answers in progress and ends the streams.

mod companion;
mod error;
mod filling;
mod gallery;
mod guard;
mod listener;
mod measure;
mod operations;
mod parts;
mod pieces;
mod service;
mod tls;

pub use error::Error;
pub use service::Service;
pub use tls::check_certificate;
