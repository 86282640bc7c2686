//! Where pixels are on the sky: coordinates, WCS, regions, footprints. Pure functions, no files.
//!
//! Everything that leaves this room is ICRS. [`Wcs`] hides the projection library; frames (FK5, FK4, Galactic,
//! ecliptic) are turned into ICRS here and nowhere else.

pub mod bounds;
pub mod coordinates;
pub mod cube;
mod curve;
pub mod footprint;
pub mod polygon;
mod precession;
pub mod radesys;
pub mod region;
pub mod vector;
pub mod wcs;
#[cfg(test)]
mod worked_examples;

pub use bounds::{
    CutoutSize, CutoutSizeError, Extent, centred_box, centred_window, region_box, region_window,
};
pub use coordinates::{CoordinateError, SkyCoord};
pub use cube::{CubeAxes, CubeError, Polarization};
pub use footprint::{Footprint, UnitVectorBox};
pub use polygon::{PolygonError, SphericalPolygon};
pub use radesys::RadeSys;
pub use region::{Region, RegionError};
pub use wcs::{FitsPixel, Wcs, WcsError};
