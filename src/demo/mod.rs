//! A small deterministic observatory: an archive, a night of frames, ready to be served.
