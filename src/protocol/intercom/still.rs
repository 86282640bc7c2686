//! `keep=1`: a picture of a camera becomes a frame, a FITS file where the service looks for frames. Found again by
//! its time, as any frame. Our own addition.

use std::path::Path;

use super::config::IntercomConfig;
use super::error::Failure;
use crate::camera::{Camera, Frame};
use crate::error::chain;
use crate::fits::Header;
use crate::fits::create::FitsWriter;
use crate::pixel::codec::{Channels, EightBit, jpeg_decode};
use crate::pixel::{Limits, Raster};

/// Stores a frame of a camera; gives back the name of the file.
pub(super) async fn keep(frame: &Frame, camera: &Camera, config: &IntercomConfig) -> Result<String, Failure> {
    if config.keep_directory.as_os_str().is_empty() {
        return Err(Failure::Disabled);
    }
    // Time first, so that names sort; a name is part of a path, and ids have no separators.
    let name = format!("{}_{}.fits", frame.captured.utc.format("%Y-%m-%d_%H-%M-%S%.6f"), camera.name());
    let path = config.keep_directory.join(&name);
    let (frame, camera_name) = (frame.clone(), camera.name().to_owned());
    let stored = tokio::task::spawn_blocking(move || store(&frame, &camera_name, &path)).await;
    match stored {
        Ok(Ok(())) => Ok(name),
        Ok(Err(error)) => {
            tracing::warn!(camera = camera.name(), error = chain(&*error), "a still could not be kept");
            Err(Failure::Internal)
        }
        Err(_) => Err(Failure::Internal),
    }
}

fn store(frame: &Frame, camera: &str, path: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let picture = jpeg_decode(&frame.jpeg, &Limits::default())?;
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut header = Header::new();
    header.set_text("IMAGETYP", "SNAPSHOT", "Type of exposure");
    header.set_text(
        "DATE-OBS",
        &frame.captured.utc.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        "UTC, start",
    );
    header.set_real("EXPTIME", 0.0, "[s] Not known for a still");
    header.set_text("INSTRUME", camera, "Camera");
    header.set_text("OBJECT", camera, "What it looks at");
    header.set_text("ROWORDER", "TOP-DOWN", "First row is the top of the picture");
    FitsWriter::new().image(header, Raster::U8(planes(&picture))).write(path)?;
    Ok(())
}

/// Samples plane by plane, as FITS has them.
fn planes(picture: &EightBit) -> ndarray::Array3<u8> {
    let count = match picture.channels() {
        Channels::Grey => 1,
        Channels::Rgb => 3,
    };
    let (width, samples) = (picture.width(), picture.samples());
    let sample = |(plane, row, column): (usize, usize, usize)| {
        samples.get((row * width + column) * count + plane).copied().unwrap_or_default()
    };
    ndarray::Array3::from_shape_fn((count, picture.height(), width), sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_planes() {
        let picture = EightBit::new(2, 1, Channels::Rgb, vec![1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(planes(&picture).iter().copied().collect::<Vec<_>>(), [1, 4, 2, 5, 3, 6]);
    }
}
