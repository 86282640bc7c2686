//! The house rules that the compiler cannot check: which room may use which, and who may touch which library.
//!
//! Reads `src/`, collects every `crate::…` and `super::…` path (tests included), and compares it with the tables.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

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

/// Names that say nothing about what is inside.
const NO_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];

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
            "{}: the room `{room}` is missing in the table ARROWS of tests/architecture.rs",
            file.path.display()
        );
    }
}

#[test]
fn every_folder_of_protocol_is_a_dialect() {
    for file in source_files().iter().filter(|file| file.room() == "protocol" && file.module.len() > 2) {
        assert!(
            DIALECTS.contains(&file.module[1].as_str()),
            "{}: the dialect `{}` is missing in the table DIALECTS of tests/architecture.rs",
            file.path.display(),
            file.module[1]
        );
    }
}

#[test]
fn every_file_is_named_after_what_is_inside() {
    for file in source_files() {
        for name in &file.module {
            assert!(
                !NO_NAMES.contains(&name.as_str()),
                "{}: `{name}` says nothing about what is inside; name it after its concept",
                file.path.display()
            );
        }
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

/// One file below `src/`.
struct SourceFile {
    path: PathBuf,
    /// Its module path: `["pixel", "codec"]`, `["server"]`, `["lib"]`, `["main"]`.
    module: Vec<String>,
    text: String,
}

/// A path found in a file, as segments from the root of the crate, and its line.
#[derive(Debug)]
struct UsedPath {
    segments: Vec<String>,
    line: usize,
}

impl SourceFile {
    fn sample(module: &[&str], text: &str) -> Self {
        Self {
            path: PathBuf::from(format!("src/{}.rs", module.join("/"))),
            module: module.iter().map(ToString::to_string).collect(),
            text: text.into(),
        }
    }

    fn room(&self) -> &str {
        &self.module[0]
    }

    /// What this file does against the rules, one line each.
    fn complaints(&self) -> Vec<String> {
        let tokens: TokenStream = self.text.parse().expect("the compiler has read this file before us");
        let mut paths = Vec::new();
        let mut identifiers = Vec::new();
        let inside: &[String] = if matches!(self.room(), "lib" | "main") { &[] } else { &self.module };
        collect(tokens, inside, &mut paths, &mut identifiers);

        let against_arrows = paths.iter().filter_map(|path| {
            let arrow = self.broken_arrow(&path.segments)?;
            Some(format!("{}:{}: {arrow}", self.path.display(), path.line))
        });
        let against_libraries = identifiers.iter().filter_map(|(name, line)| {
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

/// Every `.rs` file below `src/`.
fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src/ is readable") {
            let path = entry.expect("src/ is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("source files are readable text");
                let path = path.strip_prefix(root).expect("found below the root").to_path_buf();
                let mut module: Vec<String> = path
                    .with_extension("")
                    .iter()
                    .skip(1)
                    .map(|name| name.to_str().expect("file names are plain").to_owned())
                    .collect();
                if module.len() > 1 && module.last().is_some_and(|name| name == "mod") {
                    module.pop();
                }
                files.push(SourceFile { path, module, text });
            }
        }
    }
    assert!(files.len() > 10, "src/ was not found");
    files
}

/// Collects the crate's own paths and all identifiers of `tokens`, which stand inside the module `inside`.
fn collect(
    tokens: TokenStream,
    inside: &[String],
    paths: &mut Vec<UsedPath>,
    identifiers: &mut Vec<(String, usize)>,
) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) => {
                let (name, line) = (word.to_string(), word.span().start().line);
                identifiers.push((name.clone(), line));
                let root = match name.as_str() {
                    "crate" | "trifocal" if is_path_separator(&tokens, at + 1) => Some(Vec::new()),
                    "super" if !(at >= 2 && is_path_separator(&tokens, at - 2)) => {
                        Some(inside[..inside.len().saturating_sub(1)].to_vec())
                    }
                    _ => None,
                };
                if let Some(root) = root {
                    follow(&tokens, at + 1, root, line, paths);
                }
                if name == "mod"
                    && let (Some(TokenTree::Ident(child)), Some(TokenTree::Group(body))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                {
                    let child = [inside, &[child.to_string()]].concat();
                    collect(body.stream(), &child, paths, identifiers);
                    at += 2;
                }
            }
            TokenTree::Group(group) => collect(group.stream(), inside, paths, identifiers),
            _ => {}
        }
        at += 1;
    }
}

/// Follows `::name`, `::super`, `::{…}` from `at`; `so_far` is what stands before it.
fn follow(tokens: &[TokenTree], at: usize, mut so_far: Vec<String>, line: usize, paths: &mut Vec<UsedPath>) {
    if !is_path_separator(tokens, at) {
        paths.push(UsedPath { segments: so_far, line });
        return;
    }
    match tokens.get(at + 2) {
        Some(TokenTree::Ident(word)) if word == "super" => {
            so_far.pop();
            follow(tokens, at + 3, so_far, line, paths);
        }
        Some(TokenTree::Ident(word)) => {
            let line = word.span().start().line;
            so_far.push(word.to_string());
            follow(tokens, at + 3, so_far, line, paths);
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let branches: Vec<TokenTree> = group.stream().into_iter().collect();
            for branch in branches.split(is_comma).filter(|branch| !branch.is_empty()) {
                let mut segments = so_far.clone();
                let line = branch[0].span().start().line;
                match &branch[0] {
                    TokenTree::Ident(word) if word == "self" => {}
                    first => segments.push(first.to_string()),
                }
                follow(branch, 1, segments, line, paths);
            }
        }
        // `*`, or something generic: the path so far is what is used; a star at the root uses everything.
        Some(star) if so_far.is_empty() => paths.push(UsedPath { segments: vec![star.to_string()], line }),
        _ => paths.push(UsedPath { segments: so_far, line }),
    }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(
        (tokens.get(at), tokens.get(at + 1)),
        (Some(TokenTree::Punct(one)), Some(TokenTree::Punct(two)))
            if one.as_char() == ':' && one.spacing() == Spacing::Joint && two.as_char() == ':'
    )
}
