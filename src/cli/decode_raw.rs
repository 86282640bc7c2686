//! `trifocal decode-raw`: what the service itself starts to read a camera raw, whose decoder is not to be trusted.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::camera_raw::decode::{Task, run};

/// The file, whatever its name is.
const STANDARD_INPUT: &str = "/dev/stdin";

/// Arguments of `trifocal decode-raw`.
#[derive(Debug, Args)]
pub(super) struct DecodeRaw {
    /// Pixels the picture may have.
    #[arg(long)]
    pixels: u64,
    /// Bytes of memory the picture may take.
    #[arg(long)]
    memory_bytes: u64,
    /// Give the samples, too.
    #[arg(long)]
    samples: bool,
}

impl DecodeRaw {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { pixels, memory_bytes, samples: with_samples } = self;
        let mut output = io::BufWriter::new(io::stdout().lock());
        run(Path::new(STANDARD_INPUT), Task { pixels, memory_bytes, with_samples }, &mut output)?;
        Ok(ExitCode::SUCCESS)
    }
}
