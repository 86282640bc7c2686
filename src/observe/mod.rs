//! Metrics, health, logs.
