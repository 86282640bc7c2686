//! Where pixels are on the sky: coordinates, WCS, regions, footprints. Pure functions.
