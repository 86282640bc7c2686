//! What the operator sees: metrics, health, logs. No HTTP types; `server` puts them on the wire.

pub mod health;
pub mod logs;
pub mod metrics;
mod request_id;

pub use health::Health;
pub use metrics::Metrics;
pub use request_id::RequestId;
