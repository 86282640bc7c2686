//! Which room may use which, and who may touch which library: every path of `src/`, tests included, is held against
//! the tables.

use crate::source::{SourceFile, source_files};

/// Room → what it may use besides itself, `error` and `clock`.
///
/// ```text
/// cli → server → protocol → {render, camera, jobs, catalogue, ingest, access, observe} → image_file → {fits, xisf, tiff, camera_raw, sky} → pixel
/// ```
///
/// `camera → render::admission` means that part of the room and no other.
#[rustfmt::skip]
const ARROWS: &[(&str, &str)] = &[
    ("main",      "cli"),
    ("cli",       "server config demo protocol render camera jobs catalogue ingest access observe image_file camera_raw fits sky pixel"),
    ("server",    "config protocol render camera jobs catalogue ingest access observe image_file fits sky pixel"),
    // Each part declares its own section beside itself; `config` gathers them and nobody below reads it.
    ("config",    "protocol render camera jobs catalogue ingest access observe image_file fits sky pixel"),
    ("protocol",  "render camera jobs catalogue ingest access observe image_file fits sky pixel"),
    ("render",    "catalogue image_file fits sky pixel"),
    ("camera",    "access::Secret render::admission fits sky pixel"),
    ("jobs",      "catalogue"),
    ("ingest",    "catalogue image_file fits sky pixel"),
    ("catalogue", "fits sky pixel"),
    ("access",    ""),
    ("observe",   "fits sky pixel"),
    ("image_file", "fits xisf tiff camera_raw pixel"),
    ("fits",      "pixel"),
    ("xisf",      "pixel"),
    ("tiff",      "pixel"),
    // Both speak EXIF.
    ("camera_raw", "tiff pixel"),
    ("sky",       "pixel"),
    ("pixel",     ""),
    ("demo",      "fits sky pixel"),
    ("error",     ""),
    ("clock",     ""),
];

/// Rooms that everyone may use and that use nobody.
const FOR_ALL: &[&str] = &["error", "clock"];

/// The rooms below `protocol` that never use each other.
const DIALECTS: &[&str] = &["nina", "vo", "intercom"];

/// Library (every crate whose name starts so) → the only rooms or files that may name it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("actix", &["protocol", "server", "cli"]),
    ("sqlx", &["catalogue"]),
    ("fitsio", &["fits"]),
    ("fits_well", &["sky::wcs"]),
    ("lz4_flex", &["xisf"]),
    ("ruzstd", &["xisf"]),
    ("rawler", &["camera_raw::decode"]),
];

#[test]
fn every_use_follows_the_arrows() {
    let complaints: Vec<String> = source_files().iter().flat_map(SourceFile::complaints).collect();
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

#[test]
fn every_room_has_its_arrows() {
    for file in source_files() {
        let room = file.room();
        assert!(
            room == "lib" || ARROWS.iter().any(|(name, _)| *name == room),
            "{}: the room `{room}` is missing in the table ARROWS of tests/architecture/arrows.rs",
            file.path.display()
        );
    }
}

#[test]
fn every_folder_of_protocol_is_a_dialect() {
    for file in source_files().iter().filter(|file| file.room() == "protocol" && file.module.len() > 2) {
        assert!(
            DIALECTS.contains(&file.module[1].as_str()),
            "{}: the dialect `{}` is missing in the table DIALECTS of tests/architecture/arrows.rs",
            file.path.display(),
            file.module[1]
        );
    }
}

#[test]
fn a_use_against_the_arrows_is_reported_with_file_line_and_arrow() {
    let complaints =
        SourceFile::sample(&["pixel", "codec"], "//! Sample.\n\nuse crate::fits::Header;\n").complaints();
    assert_eq!(complaints, ["src/pixel/codec.rs:3: `pixel` may not use `fits` (pixel → nothing)"]);
}

#[test]
fn no_way_of_writing_a_path_escapes() {
    for (module, text) in [
        (&["sky", "wcs"][..], "use crate::{error::ErrorKind, fits::{Header, HduIndex}};"),
        (&["sky", "wcs"], "fn f() { let h = crate::fits::Header::default(); }"),
        (&["sky", "wcs"], "use super::super::fits;"),
        (&["sky"], "use super::fits;"),
        (&["sky"], "mod tests { use super::super::fits; }"),
        (&["sky", "wcs"], "fn f() { assert_eq!(crate::fits::ONE, 1); }"),
        (&["camera", "feed"], "use crate::render::{admission, cache};"),
        (&["camera"], "use crate::render;"),
        (&["protocol", "nina", "image"], "use crate::protocol::vo::dali;"),
        (&["protocol", "nina", "image"], "use super::super::vo;"),
        (&["protocol", "nina"], "use super::intercom;"),
        (&["catalogue"], "use crate::server::*;"),
        (&["catalogue"], "use crate::*;"),
        (&["main"], "use trifocal::pixel::Raster;"),
        (&["render", "cache"], "use actix_web::web;"),
        (&["observe", "metrics"], "async fn f() -> actix_web::HttpResponse { todo!() }"),
        (&["ingest", "scan"], "struct Lost(#[from] sqlx::Error);"),
        (&["sky", "region"], "use fits_well::wcs::Wcs;"),
        (&["render"], "use fitsio::sys;"),
    ] {
        let complaints = SourceFile::sample(module, text).complaints();
        assert_eq!(complaints.len(), 1, "{module:?} with {text:?}: {complaints:?}");
    }
}

#[test]
fn paths_along_the_arrows_are_left_in_peace() {
    for (module, text) in [
        (
            &["sky", "wcs"][..],
            "use super::coordinates::SkyCoord; use crate::pixel::PixelBox; use fits_well::wcs;",
        ),
        (
            &["sky", "wcs"],
            "//! See [`crate::fits`].\n/// Or [`crate::fits::Header`].\nfn f() {} // crate::fits::Header",
        ),
        (&["sky", "wcs"], "mod tests { use super::*; use super::super::region::Region; }"),
        (
            &["camera", "feed"],
            "use crate::render::admission::Permit; use crate::render::{admission::Permit};",
        ),
        (&["protocol"], "use self::nina; use crate::protocol::vo;"),
        (
            &["protocol", "vo", "soda"],
            "use super::dali; use crate::protocol::conditional; use super::super::negotiate;",
        ),
        (&["ingest"], "use crate::catalogue::FrameId; use crate::{clock::Clock, error::Classified};"),
        (&["server"], "use actix_web::App; use crate::render::cache;"),
        (&["catalogue", "frames"], "struct Lost(#[from] sqlx::Error);"),
    ] {
        let complaints = SourceFile::sample(module, text).complaints();
        assert!(complaints.is_empty(), "{module:?} with {text:?}: {complaints:?}");
    }
}

impl SourceFile {
    /// What this file does against the rules, one line each.
    fn complaints(&self) -> Vec<String> {
        let contents = self.contents();
        let against_arrows = contents.paths.iter().filter(|path| !path.relative).filter_map(|path| {
            let arrow = self.broken_arrow(&path.segments)?;
            Some(format!("{}:{}: {arrow}", self.path.display(), path.line))
        });
        let against_libraries = contents.words.iter().filter_map(|(name, line)| {
            let (_, allowed) = LIBRARIES.iter().find(|(library, _)| name.starts_with(library))?;
            let here = self.module.join("::");
            let at_home = allowed.iter().any(|home| here == *home || here.starts_with(&format!("{home}::")));
            (!at_home).then(|| {
                format!(
                    "{}:{line}: only {} may use the library `{name}`",
                    self.path.display(),
                    allowed.join(", ")
                )
            })
        });
        let mut complaints: Vec<String> = against_arrows.chain(against_libraries).collect();
        complaints.dedup();
        complaints
    }

    /// The rule that using `segments` (from the crate's root) breaks.
    fn broken_arrow(&self, segments: &[String]) -> Option<String> {
        let (room, used) = (self.room(), segments.first()?.as_str());
        if room == "lib" || FOR_ALL.contains(&used) {
            return None;
        }
        if used == room {
            let (own, other) = (self.module.get(1)?, segments.get(1)?);
            let both = DIALECTS.contains(&own.as_str()) && DIALECTS.contains(&other.as_str());
            return (room == "protocol" && own != other && both)
                .then(|| format!("the dialect `{own}` may not use the dialect `{other}`"));
        }
        let (_, allowed) = ARROWS.iter().find(|(name, _)| *name == room)?;
        let path = segments.join("::");
        let fits = allowed.split(' ').any(|arrow| path == arrow || path.starts_with(&format!("{arrow}::")));
        (!fits).then(|| {
            let allowed = if allowed.is_empty() { "nothing" } else { allowed };
            format!("`{room}` may not use `{used}` ({room} → {allowed})")
        })
    }
}
