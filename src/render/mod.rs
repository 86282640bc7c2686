//! A frame and a rendition become bytes: pipeline, caches, admission.
