//! Why the service could not start.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Failure of the start or of the run, for the operator's eyes; the cause is its source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalogue cannot be used.
    #[error("cannot open the catalogue (storage.database)")]
    Catalogue(#[from] crate::catalogue::CatalogueError),
    /// A camera is configured wrongly.
    #[error("cannot set up the cameras")]
    Cameras(#[from] crate::camera::CameraError),
    /// Files cannot be read.
    #[error("cannot scan the directories")]
    Scan(#[from] crate::ingest::ScanError),
    /// Jobs of an earlier run cannot be taken up, or the directory for their results cannot be used.
    #[error("cannot set up the jobs below storage.work_dir")]
    Jobs(#[from] crate::jobs::JobError),
    /// The folder of uploads cannot be used.
    #[error("cannot use the folder of uploads below storage.work_dir")]
    Uploads(#[source] std::io::Error),
    /// Someone else has the port, or it may not be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The settings of `[access]` make no sense.
    #[error(transparent)]
    Access(#[from] crate::access::AccessError),
    /// The certificate or its key cannot be used.
    #[error("cannot use {path}: {problem}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The directory for stills cannot be made.
    #[error("cannot make {path} for stills")]
    Stills {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Two metrics share a name.
    #[error("cannot register the metrics")]
    Metrics(#[from] prometheus::Error),
    /// The HTTP server failed.
    #[error("the HTTP server failed")]
    Http(#[source] std::io::Error),
}
