//! The real service over HTTP, from files on disk to bytes on the wire: one file per dialect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cameras;
mod closed_archive;
mod discovery;
mod formats;
mod frame_cameras;
mod hostile;
mod imageserv;
mod imageserv_errors;
mod intercom_errors;
mod interrupted;
mod job_client;
mod nina;
mod one_catalogue;
mod operations;
mod process;
mod programs;
mod proxies;
mod refusals;
mod soda;
mod stitching;
mod support;
mod uws;
mod vo;
mod votable;
