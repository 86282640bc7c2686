//! Memory while many clients ask for renditions nobody asked for before.

use std::fs;
use std::thread;

use anyhow::Context;

use crate::files;
use crate::gateway::Gateway;
use crate::row::{Figure, Reach, Row};

/// Clients, each with a rendition of its own.
const CLIENTS: usize = 50;

/// Frames they ask for by turns.
const FRAMES: usize = 4;

/// What the service may take beside caches and frames.
const BASE_MIB: u64 = 64;

/// Default sizes of its caches: decoded frames, renditions, thumbnails.
const CACHES_MIB: u64 = 512 + 256 + 16;

/// Measures the row.
///
/// # Errors
/// When a client is not answered.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let captures = directory.path().join("captures");
    fs::create_dir_all(&captures)?;
    for number in 0..FRAMES {
        let pattern = (number % 2 == 1).then_some("RGGB");
        files::write_frame(&captures.join(format!("frame_{number:04}.fits")), pattern, number as u32)?;
    }
    let settings = format!("[nina]\ndirectories = [\"{}\"]\n", captures.display());
    let gateway = Gateway::start(directory.path(), &settings)?;
    let ask = |client: usize| {
        let factor = 0.1 + client as f64 * 0.01;
        let path = format!(
            "/v2/api/image/{}?stream=true&quality=90&debayer=true&factor={factor:.2}",
            client % FRAMES
        );
        gateway.fetch(&path).map(|picture| picture.len() as u64)
    };
    let answered: u64 = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || ask(client))).collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client panicked"))
            .sum::<anyhow::Result<u64>>()
    })?;
    let peak = gateway.peak_memory_bytes().context("the memory of the service cannot be read")?;
    let permits = thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let frame_bytes = (files::FRAME.0 * files::FRAME.1 * 2) as u64;
    let bound = ((CACHES_MIB + BASE_MIB) << 20) + permits * frame_bytes;
    Ok(vec![Row {
        name: "memory, 50 renditions of 26 MP for 50 clients",
        ours: Figure::Bytes(peak as f64),
        floor: Figure::Bytes(bound as f64),
        floor_is: "caches + 64 MiB + a frame for each permit",
        reach: Reach::AtMost(1.0),
        note: format!("{} MiB were answered", answered >> 20),
    }])
}
