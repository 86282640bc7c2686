//! FITS files in, FITS cutouts out; the only room that calls a FITS library. No HTTP, no SQL.
