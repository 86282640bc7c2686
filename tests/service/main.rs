//! The real service over HTTP, from files on disk to bytes on the wire: one file per dialect.

mod nina;
mod operations;
mod support;
mod vo;
