//! The HTTP service: which dialect answers where, start and graceful stop.
