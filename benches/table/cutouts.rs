//! Cutouts of single-precision survey images at distinct positions, against nginx serving files of the same bytes.

use std::fs;
use std::path::Path;

use anyhow::ensure;

use crate::files;
use crate::gateway::Gateway;
use crate::load::{Target, compare};
use crate::nginx::Nginx;
use crate::row::{Figure, Reach, Row};

/// Distinct positions asked of the gateway, more than a measurement can answer.
const POSITIONS: usize = 60_000;

/// Measures the rows.
///
/// # Errors
/// When anything but an image of the right size comes back.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let archive = directory.path().join("archive");
    files::write_fields(&archive)?;
    let gateway = Gateway::with_archive(directory.path(), "calexp", &archive)?;
    let mut rows = Vec::new();
    for (name, side, precut, reach) in [
        ("100x100 float cutout, 8 connections", 100, 2000, 0.5),
        ("1000x1000 float cutout, 8 connections", 1000, 32, 0.8),
    ] {
        let (ours, peer) = against_nginx(directory.path(), &gateway, side, precut)?;
        rows.push(Row {
            name,
            ours: Figure::PerSecond(ours),
            floor: Figure::PerSecond(peer),
            floor_is: "nginx sending the same bytes pre-cut",
            reach: Reach::AtLeast(reach),
            note: String::new(),
        });
    }
    Ok(rows)
}

/// Answers per second of the gateway and of nginx for cutouts of `side` x `side` pixels, of which nginx has
/// `precut` as files.
fn against_nginx(
    directory: &Path,
    gateway: &Gateway,
    side: usize,
    precut: usize,
) -> anyhow::Result<(f64, f64)> {
    let positions: Vec<String> = positions(side).take(POSITIONS).collect();
    let files = directory.join(format!("precut-{side}"));
    fs::create_dir_all(&files)?;
    let mut peer_paths = Vec::new();
    for (number, path) in positions.iter().take(precut).enumerate() {
        let cutout = gateway.fetch(path)?;
        ensure!(cutout.starts_with(b"SIMPLE  ="), "{path} did not answer with FITS");
        ensure!(cutout.len() > side * side * 4, "{path} answered with {} bytes only", cutout.len());
        fs::write(files.join(format!("{number}.fits")), cutout)?;
        peer_paths.push(format!("/{number}.fits"));
    }
    let nginx = Nginx::serve(&files, 0)?;
    compare(
        directory,
        &Target { base: gateway.base(), paths: positions },
        &Target { base: nginx.base(), paths: peer_paths },
    )
}

/// Paths of cutouts that lie wholly inside an image, field after field, no two alike.
fn positions(side: usize) -> impl Iterator<Item = String> {
    let (free_x, free_y) = (files::FIELD.0 - side - 2, files::FIELD.1 - side - 2);
    (0..).map(move |number: usize| {
        // Strides without a common factor with the room there is visit every place before the first again.
        let (x, y) = ((number * 7919) % free_x, (number * 104_729) % free_y);
        let degrees = |free: usize, at: usize| (at as f64 - free as f64 / 2.0) * files::FIELD_SCALE_DEG;
        let ra = files::field_ra_deg(number % files::FIELDS) + degrees(free_x, x);
        let dec = degrees(free_y, y);
        format!(
            "/api/image/v1/bench?ds=calexp&ra={ra:.7}&dec={dec:.7}&filter=r&width={side}&height={side}&unit=pixel"
        )
    })
}
