//! The plan of one cutout of several files.

use std::sync::Arc;

use super::layout::{Fate, fate, lookup_moves, without_pixels};
use super::mosaic::{Mosaic, MosaicPatch};
use super::pieces::Source;
use super::{Cutout, CutoutNote, ImageCut, Kept};
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::HduKind;
use crate::fits::index::HduIndex;
use crate::pixel::{AxisRun, Patchwork};

impl Cutout {
    /// Plans the mosaic of `window`, which is counted in pixels of the first file: of its images `planes`, with
    /// those of the other files at their places. What describes one file only (tables, other images) is left out.
    ///
    /// # Errors
    /// When the files differ in layout, calibration or the meaning of mask planes, one of them is truncated, or the
    /// limits are exceeded.
    pub fn mosaic(
        patches: Vec<MosaicPatch>,
        planes: &[HduIndex],
        window: [AxisRun; 2],
        note: &CutoutNote,
    ) -> Result<Self> {
        let (Some(first), Some(science)) = (patches.first(), planes.first()) else {
            return Err(FitsError::Unsupported("a mosaic of nothing".to_owned()));
        };
        let file = Arc::clone(&first.file);
        let cuts: Vec<ImageCut> =
            planes.iter().map(|&hdu| ImageCut { hdu, runs: window.to_vec(), keep: None }).collect();
        check_size(&file, &cuts)?;
        if !lookup_moves(&file, &cuts)?.is_empty() {
            return Err(FitsError::Unsupported("a mosaic of images with distortion tables".to_owned()));
        }
        let place = |patch: &MosaicPatch| Ok(patch.place(patch.file.hdu(*science)?.image()?));
        let work = Arc::new(Patchwork::new(patches.iter().map(place).collect::<Result<_>>()?));
        let patches: Arc<[MosaicPatch]> = patches.into();
        let mut cutout = Self { file: Arc::clone(&file), pieces: Vec::new(), length: 0 };
        for hdu in file.hdus() {
            match fate(&file, hdu, &cuts, &[], Kept::Images) {
                Fate::Cut(cut) => {
                    let mosaic = Mosaic::of(hdu, &patches, &work, window)?;
                    let mut header = cutout.header_of_cut(hdu, cut, mosaic.canvas.as_ref(), note)?;
                    for patch in patches.iter() {
                        header.push_history(&format!("Stitched of {}", patch.name));
                    }
                    cutout.push_header(&header);
                    let length = (cut.size()[0] * cut.size()[1] * mosaic.sample_bytes) as u64;
                    cutout.push(length, Source::Mosaic(mosaic));
                    cutout.pad(0);
                }
                Fate::HeaderOnly => cutout.push_header(&without_pixels(&hdu.header)),
                Fate::Copied if hdu.kind == HduKind::Empty => {
                    cutout.push_empty_primary(hdu, cuts.first(), cuts.len())?;
                }
                Fate::Copied | Fate::Moved(_) | Fate::Dropped => {}
            }
        }
        Ok(cutout)
    }
}

fn check_size(file: &FitsFile, cuts: &[ImageCut]) -> Result<()> {
    let pixels = cuts
        .iter()
        .map(|cut| cut.size().into_iter().fold(1_u64, |all, side| all.saturating_mul(side as u64)));
    let (asked, allowed) = (pixels.fold(0, u64::saturating_add), file.limits().cutout_pixels);
    if asked > allowed {
        return Err(FitsError::TooLarge { what: "cutout pixels", asked, allowed });
    }
    Ok(())
}
