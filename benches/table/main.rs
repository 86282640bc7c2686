//! `make bench`: how far our speed is from what this machine allows.
//!
//! Every row is measured against its floor or peer in the same run, so the ratios hold on a noisy machine.
//! `cargo bench --bench table -- cutout` measures only the rows whose group has that word in its name.

mod cached;
mod camera;
mod cutouts;
mod delay;
mod files;
mod frames;
mod gateway;
mod history;
mod ingest;
mod large;
mod load;
mod memory;
mod mjpeg;
mod nearest;
mod nginx;
mod process;
mod python;
mod recording;
mod rice;
mod row;
mod searches;
mod stars;
mod viewers;

use std::process::ExitCode;
use std::time::Instant;

use row::Row;

/// That of the command: what is measured in this process is to cost what it costs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures some rows that share their preparations.
type Group = fn() -> anyhow::Result<Vec<Row>>;

/// Word for the command line → what it measures, in the order of the table.
const GROUPS: &[(&str, Group)] = &[
    ("cutouts", cutouts::measure),
    ("large", large::measure),
    ("rice", rice::measure),
    ("frames", frames::measure),
    ("stars", stars::measure),
    ("cached", cached::measure),
    ("history", history::measure),
    ("memory", memory::measure),
    ("mjpeg", mjpeg::measure),
    ("camera", camera::measure),
    ("camera-delay", delay::measure),
    ("nearest", nearest::measure),
    ("searches", searches::measure),
    ("ingest", ingest::measure),
];

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this program is for")]
fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let started = Instant::now();
    let mut outcome = ExitCode::SUCCESS;
    println!("{}", Row::heading());
    for (name, measure) in GROUPS {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        match measure() {
            Ok(rows) => rows.iter().for_each(|row| println!("{row}")),
            Err(error) => {
                eprintln!("{name}: not measured: {error:#}");
                outcome = ExitCode::FAILURE;
            }
        }
    }
    println!("{:.0} s on {} cores", started.elapsed().as_secs_f64(), cores());
    outcome
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
