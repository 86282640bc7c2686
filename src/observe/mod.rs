//! What the operator sees: metrics, health, logs. No HTTP types; `server` puts them on the wire.

pub mod health;
pub mod logs;
pub mod metrics;

pub use health::Health;
pub use metrics::Metrics;
