//! A rendition that is asked for again and again, against nginx serving the same bytes as a file.

use std::fs;

use crate::files;
use crate::gateway::Gateway;
use crate::load::{Target, compare};
use crate::nginx::Nginx;
use crate::row::{Figure, Reach, Row};

/// What is asked for.
const PATH: &str = "/v2/api/image/0?stream=true&resize=true&size=1280x855&quality=90";

/// Measures the row.
///
/// # Errors
/// When the rendition cannot be had.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let captures = directory.path().join("captures");
    fs::create_dir_all(&captures)?;
    files::write_frame(&captures.join("mono_0000.fits"), None, 0)?;
    let gateway =
        Gateway::start(directory.path(), &format!("[nina]\ndirectories = [\"{}\"]\n", captures.display()))?;
    let served = directory.path().join("served");
    fs::create_dir_all(&served)?;
    fs::write(served.join("rendition.jpg"), gateway.fetch(PATH)?)?;
    let nginx = Nginx::serve(&served, 0)?;
    let (ours, peer) = compare(
        directory.path(),
        &Target { base: gateway.base(), paths: vec![PATH.into()] },
        &Target { base: nginx.base(), paths: vec!["/rendition.jpg".into()] },
    )?;
    Ok(vec![Row {
        name: "cached rendition, 8 connections",
        ours: Figure::PerSecond(ours),
        floor: Figure::PerSecond(peer),
        floor_is: "nginx sending the same bytes",
        reach: Reach::AtLeast(0.8),
        note: String::new(),
    }])
}
