//! Finding and measuring the stars of a 26-megapixel frame, beside SEP on the same file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use trifocal::fits::{HduIndex, SixteenBitFrame};
use trifocal::image_file;
use trifocal::pixel::{BayerPattern, Debayer, Limits, Scanlines, StarField};

use crate::files;
use crate::python;
use crate::row::{Figure, Reach, Row, median};

/// How often the stars of a frame are looked for.
const REPEATS: usize = 9;

/// Measures the rows.
///
/// # Errors
/// When no stars are found, or SEP cannot be run.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let (mono, bayer) = (directory.path().join("mono.fits"), directory.path().join("rggb.fits"));
    files::write_frame(&mono, None, 0)?;
    files::write_frame(&bayer, Some("RGGB"), 1)?;
    Ok(vec![
        row("stars of a 26 MP mono frame", &mono, None)?,
        row("stars of a 26 MP Bayer frame, debayered", &bayer, Some(BayerPattern::Rggb))?,
    ])
}

fn row(name: &'static str, path: &Path, pattern: Option<BayerPattern>) -> anyhow::Result<Row> {
    let (ours, stars) = ours(path, pattern)?;
    let mut arguments = vec![path.as_os_str().to_owned()];
    arguments.extend(pattern.map(|pattern| pattern.name().into()));
    Ok(Row {
        name,
        ours: Figure::Time(ours),
        floor: Figure::Time(python::time("stars", &arguments)?),
        floor_is: "SEP, file read with numpy",
        reach: Reach::AtMost(0.5),
        note: format!("{stars} stars"),
    })
}

/// From the closed file to the list of stars.
fn ours(path: &Path, pattern: Option<BayerPattern>) -> anyhow::Result<(Duration, usize)> {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..REPEATS {
        let started = Instant::now();
        let file = Arc::new(image_file::open(path, &Limits::default())?);
        let frame: Arc<dyn Scanlines> = Arc::new(SixteenBitFrame::open(file, HduIndex(0))?);
        let field = match pattern {
            Some(pattern) => StarField::of(&Debayer::new(frame, pattern)),
            None => StarField::of(&frame),
        };
        found = field.ok().context("the frame cannot be read")?.stars.len();
        times.push(started.elapsed());
    }
    ensure!(found > 1000, "{found} stars in a frame that has thousands");
    Ok((median(times), found))
}
