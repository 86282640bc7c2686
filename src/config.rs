//! The settings file, typed, layered and validated.
