//! Which pixels of each image of a file a cutout takes.

use std::sync::Arc;

use super::filters::Beside;
use super::{CutoutArea, CutoutRequest, Detail, Edge};
use crate::fits::{ImageCut, ImageHdu};
use crate::pixel::{AxisRun, PixelBox};
use crate::render::{Error, OpenFile};
use crate::sky::{Wcs, WcsError, centred_window, region_window};

/// The image the others follow.
struct Science<'a> {
    image: &'a ImageHdu,
    cut: Option<ImageCut>,
    /// Whether the filters beside the sky let it pass.
    passes: bool,
}

impl Science<'_> {
    /// Whether another image is a plane of the same exposure.
    fn is_as_large_as(&self, image: &ImageHdu) -> bool {
        image.axes.iter().take(2).eq(self.image.axes.iter().take(2))
    }
}

/// What is cut of each image, that of the first usable one first; images the area does not touch are left out.
pub(super) fn cuts(request: &CutoutRequest, file: &OpenFile) -> Result<Vec<ImageCut>, Error> {
    let mut cuts = Vec::new();
    let mut science: Option<Science<'_>> = None;
    let mut refusal = None;
    for hdu in file.fits.hdus() {
        let Some(image) = hdu.image.as_ref().filter(|image| image.axes.len() >= 2) else { continue };
        let follows = science.as_ref().filter(|science| science.is_as_large_as(image));
        if science.is_some() && (request.detail == Detail::Image || follows.is_none() && !request.takes_all())
        {
            continue;
        }
        let own = match &request.area {
            CutoutArea::Whole | CutoutArea::Pixels(_) if science.is_some() && follows.is_none() => Ok(None),
            CutoutArea::Whole => Ok(Some(PixelBox::whole(image.width(), image.height()).runs().to_vec())),
            CutoutArea::Pixels(runs) => request.on_image(image, [1, 2], *runs).map(Ok)?,
            CutoutArea::Centred { .. } | CutoutArea::Region(_) => match file.wcs(hdu.index) {
                Ok(wcs) => request.by_sky(image, &wcs).map(Ok)?,
                Err(error) => Err(error),
            },
        };
        let cut = match (own, follows) {
            (Ok(runs), _) => runs.map(|runs| ImageCut { hdu: hdu.index, runs, keep: None }),
            (Err(_), Some(science)) => science.cut.as_ref().map(|cut| {
                let runs = cut.runs.iter().take(image.axes.len()).copied().collect();
                ImageCut { hdu: hdu.index, runs, keep: None }
            }),
            (Err(error), None) => {
                if science.is_none() {
                    refusal = refusal.or(Some(error));
                }
                continue;
            }
        };
        let known = match &science {
            None => Beside::Coverage(&request.coverage),
            Some(science) => Beside::Science(science.passes),
        };
        let (was_touched, cut) = match cut {
            Some(cut) => (true, request.filters.apply(cut, hdu, image, known)?),
            None => (false, None),
        };
        cuts.extend(cut.clone());
        let passes = !was_touched || cut.is_some();
        science.get_or_insert(Science { image, cut, passes });
    }
    match (science, refusal) {
        (Some(_), _) => Ok(cuts),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(Error::NoImage),
    }
}

impl CutoutRequest {
    /// Whether images beside the first and its planes are cut, too.
    fn takes_all(&self) -> bool {
        self.detail == Detail::Exposure
    }

    /// The cut by the image's own WCS; `None` when the area does not touch it.
    fn by_sky(&self, image: &ImageHdu, wcs: &Wcs) -> Result<Option<Vec<AxisRun>>, Error> {
        wcs.require_sky().map_err(Arc::new)?;
        let axes = wcs.celestial_axes();
        let [width, height] = axes.map(|axis| image.axes.get(axis - 1).copied().unwrap_or(0));
        let window = match &self.area {
            CutoutArea::Centred { centre, size } => centred_window(wcs, *centre, *size),
            CutoutArea::Region(region) => region_window(wcs, region, width, height),
            CutoutArea::Whole | CutoutArea::Pixels(_) => None,
        };
        window.map_or(Ok(None), |window| self.on_image(image, axes, window))
    }

    /// Runs along two axes (FITS numbers) of an image, trimmed, padded or refused; `None` when they miss it.
    fn on_image(
        &self,
        image: &ImageHdu,
        axes: [usize; 2],
        window: [AxisRun; 2],
    ) -> Result<Option<Vec<AxisRun>>, Error> {
        let length = |axis: usize| image.axes.get(axis - 1).copied().unwrap_or(0);
        let clipped = [0, 1].map(|n| window[n].clipped(length(axes[n])));
        let [Some(first), Some(second)] = clipped else { return Ok(None) };
        let clipped = [first, second];
        let placed = match self.edge {
            Edge::Trim => clipped,
            Edge::Strict if clipped != window => return Err(Error::BeyondTheEdge),
            Edge::Pad if axes != [1, 2] && clipped != window => {
                return Err(Arc::new(WcsError::NotAPicture).into());
            }
            Edge::Strict | Edge::Pad => window,
        };
        let mut runs: Vec<AxisRun> =
            (1..=axes[0].max(axes[1]).max(2)).map(|axis| AxisRun::whole(length(axis))).collect();
        for (axis, run) in axes.into_iter().zip(placed) {
            runs[axis - 1] = run;
        }
        Ok(Some(runs))
    }
}
