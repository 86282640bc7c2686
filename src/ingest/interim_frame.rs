//! Stand-in until the FITS room lands its own.

use std::sync::Arc;

use crate::fits::{FitsError, FitsFile, HduIndex, section};
use crate::pixel::{FlipRows, PixelBox, Scanlines};

pub(super) struct SixteenBitFrame;

impl SixteenBitFrame {
    pub(super) fn open(file: &FitsFile, hdu: HduIndex) -> Result<Arc<dyn Scanlines>, FitsError> {
        let image = file.hdu(hdu)?.image()?;
        let raster = section::raster(file, hdu, PixelBox::whole(image.width(), image.height()))?;
        let frame: Arc<dyn Scanlines> = Arc::new(raster.into_sixteen_bit());
        let order = file.hdu(hdu)?.header.text("ROWORDER");
        if order.is_some_and(|order| order == "BOTTOM-UP") {
            return Ok(Arc::new(FlipRows::new(frame)));
        }
        Ok(frame)
    }
}
