//! What a cutout of an image far larger than memory costs in memory, and how long the slowest of many clients wait.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::gateway::{self, Gateway};
use crate::nginx::Nginx;
use crate::row::{Figure, Reach, Row, quantile};

/// Sides of the large image: 10.7 GB of single-precision samples, none of them on disk.
const SIDE: usize = 51_800;
/// Side of the cutout.
const CUT: usize = 2000;
/// Clients that ask at the same time, and how often each does.
const CLIENTS: usize = 64;
const QUESTIONS: usize = 40;

/// Measures the rows.
///
/// # Errors
/// When the gateway does not answer as it should.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let archive = directory.path().join("archive");
    fs::create_dir_all(&archive)?;
    write_sparse(&archive.join("mosaic_1.fits"))?;
    let gateway = Gateway::with_archive(directory.path(), "mosaic", &archive)?;
    Ok(vec![memory(&gateway)?, slowest(&gateway, directory.path())?])
}

/// A valid image of nothing but holes.
fn write_sparse(path: &Path) -> anyhow::Result<()> {
    let cards = [
        "SIMPLE  =                    T".to_owned(),
        "BITPIX  =                  -32".to_owned(),
        "NAXIS   =                    2".to_owned(),
        format!("NAXIS1  = {SIDE:>20}"),
        format!("NAXIS2  = {SIDE:>20}"),
        "CTYPE1  = 'RA---TAN'".to_owned(),
        "CTYPE2  = 'DEC--TAN'".to_owned(),
        format!("CRPIX1  = {:>20}", SIDE / 2),
        format!("CRPIX2  = {:>20}", SIDE / 2),
        "CRVAL1  =                150.0".to_owned(),
        "CRVAL2  =                  2.0".to_owned(),
        "CDELT1  =              -0.0001".to_owned(),
        "CDELT2  =               0.0001".to_owned(),
        "RADESYS = 'ICRS    '".to_owned(),
        "FILTER  = 'r       '".to_owned(),
        "END".to_owned(),
    ];
    let mut header: String = cards.iter().map(|card| format!("{card:<80}")).collect::<Vec<_>>().concat();
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(2880) - header.len()));
    let mut file = File::create(path)?;
    file.write_all(header.as_bytes())?;
    let bytes = header.len() + (SIDE * SIDE * 4).next_multiple_of(2880);
    Ok(file.set_len(bytes as u64)?)
}

fn cutout(number: usize, side: usize) -> String {
    let place = |stride: usize| 1 + (number * stride) % (SIDE - side);
    let (x, y) = (place(7919), place(10_477));
    format!("/api/image/soda/sync?ID=bench.mosaic.1&PIXEL={x}+{}+{y}+{}", x + side - 1, y + side - 1)
}

/// How far the peak of the gateway's memory rises while it cuts.
fn memory(gateway: &Gateway) -> anyhow::Result<Row> {
    gateway.fetch(&cutout(0, 100))?;
    let before = gateway.peak_memory_bytes().context("no peak memory in /proc")?;
    let mut answered = 0;
    for number in 1..=3 {
        answered = gateway.fetch(&cutout(number, CUT))?.len();
        ensure!(answered > CUT * CUT * 4, "{answered} bytes are no cutout");
    }
    let after = gateway.peak_memory_bytes().context("no peak memory in /proc")?;
    Ok(Row {
        name: "2000x2000 cutouts of a 10 GB image, memory",
        ours: Figure::Bytes((after - before) as f64),
        floor: Figure::Bytes(answered as f64),
        floor_is: "the bytes of one answer",
        reach: Reach::AtMost(1.0),
        note: format!("peak of the service {:.0} MiB", after as f64 / f64::from(1 << 20)),
    })
}

/// The wait of the slowest hundredth among many clients, against nginx sending the same bytes to as many.
fn slowest(gateway: &Gateway, directory: &Path) -> anyhow::Result<Row> {
    let cut = directory.join("cut");
    fs::create_dir_all(&cut)?;
    for question in 0..CLIENTS * QUESTIONS {
        fs::write(cut.join(question.to_string()), gateway.fetch(&cutout(question, 100))?)?;
    }
    let nginx = Nginx::serve(directory, 0)?;
    let peer = waits(nginx.base(), |question| format!("/cut/{question}"))?;
    let ours = waits(gateway.base(), |question| cutout(question, 100))?;
    let mean =
        |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len().max(1) as f64;
    let note = format!("mean {:.1} ms and {:.1} ms", mean(&ours), mean(&peer));
    Ok(Row {
        name: "100x100 cutout, 64 connections, p99",
        ours: Figure::Time(quantile(ours, 0.99)),
        floor: Figure::Time(quantile(peer, 0.99)),
        floor_is: "nginx with the same bytes, p99",
        reach: Reach::AtMost(2.0),
        note,
    })
}

/// How long each answer took when all clients ask at the same time.
fn waits(base: &str, path: impl Fn(usize) -> String + Sync) -> anyhow::Result<Vec<Duration>> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let path = &path;
                let paths = (0..QUESTIONS).map(move |question| path(client * QUESTIONS + question));
                scope.spawn(move || gateway::time(base, paths))
            })
            .collect();
        let answers = clients.into_iter().map(|client| client.join().expect("a client does not panic"));
        Ok(answers.collect::<anyhow::Result<Vec<_>>>()?.concat())
    })
}
