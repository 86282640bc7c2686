//! Uses run one way: of the modules of one folder, none needs a sibling that, directly or roundabout, needs it.
//!
//! What stands in a folder belongs to its module, and a module may use its own parts as they use it. A `mod.rs` that
//! hands a name on (`use`, `pub use`) is looked through to the file that defines it. Tests may look wherever they like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source::{Contents, Kind, SourceFile, UsedPath, source_files};

#[test]
fn no_siblings_need_each_other() {
    let circles = House::new(source_files()).circles();
    assert!(circles.is_empty(), "\n\n{}\n", circles.join("\n"));
}

#[test]
fn a_circle_is_reported_with_both_its_ends() {
    let house = House::new(vec![
        SourceFile::sample(&["sky"], "mod wcs; mod region; pub use region::Region;"),
        SourceFile::sample(&["sky", "wcs"], "use super::Region; pub struct Wcs(Region);"),
        SourceFile::sample(&["sky", "region"], "pub struct Region; fn f() -> super::wcs::Wcs { todo!() }"),
    ]);
    assert_eq!(
        house.circles(),
        [
            "src/sky/region.rs:1: `sky::wcs::Wcs` is of `wcs`, which needs `region`",
            "src/sky/wcs.rs:1: `sky::Region` is of `region`, which needs `wcs`",
        ]
    );
}

#[test]
fn no_way_of_writing_a_circle_escapes() {
    for (wcs, region) in [
        ("use crate::sky::region::Region;", "use super::wcs::Wcs;"),
        ("use super::region; struct Wcs(region::Region);", "struct Region(crate::sky::wcs::Wcs);"),
        ("use super::{Region as Area};", "use crate::{sky::{wcs::Wcs}};"),
        ("use crate::sky; struct Wcs(sky::Region);", "mod inner { use super::super::wcs::Wcs; }"),
        ("use super::bounds::Bounds;", "use super::wcs::Wcs;"),
    ] {
        let house = House::new(vec![
            SourceFile::sample(&["sky"], "mod wcs; mod region; mod bounds; pub use region::Region;"),
            SourceFile::sample(&["sky", "wcs"], wcs),
            SourceFile::sample(&["sky", "region"], region),
            SourceFile::sample(&["sky", "bounds"], "use super::region::Region;"),
        ]);
        assert!(house.circles().len() >= 2, "{wcs} {region}: {:?}", house.circles());
    }
}

#[test]
fn uses_that_run_one_way_are_left_in_peace() {
    for (parent, wcs, region) in [
        ("pub use wcs::Wcs;", "use super::region::Region;", "struct Region;"),
        ("", "use super::region::Region;", "#[cfg(test)] mod tests { use super::super::wcs::Wcs; }"),
        ("pub struct Sky(wcs::Wcs);", "use super::Sky;", "use super::Sky;"),
    ] {
        let house = House::new(vec![
            SourceFile::sample(&["sky"], &format!("mod wcs; mod region; {parent}")),
            SourceFile::sample(&["sky", "wcs"], wcs),
            SourceFile::sample(&["sky", "region"], region),
        ]);
        assert_eq!(house.circles(), [""; 0], "{parent} {wcs} {region}");
    }
}

/// All files by their module, without what only tests compile.
struct House {
    files: BTreeMap<Vec<String>, (SourceFile, Contents)>,
}

/// What one module of a folder takes from another.
struct Need<'a> {
    folder: &'a [String],
    module: &'a str,
    of: &'a str,
    file: &'a Path,
    line: usize,
    path: String,
}

impl House {
    fn new(files: Vec<SourceFile>) -> Self {
        let files = files.into_iter().filter(|file| file.module != ["main"]);
        let mut files: BTreeMap<_, _> = files
            .map(|file| {
                let contents = file.contents_without_tests();
                (file.inside().to_vec(), (file, contents))
            })
            .collect();
        let tests: Vec<Vec<String>> = files
            .iter()
            .flat_map(|(module, (_, contents))| {
                contents
                    .test_modules
                    .iter()
                    .map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
            })
            .collect();
        files.retain(|module, _| {
            !tests.contains(module) && module.last().is_none_or(|name| !name.ends_with("_tests"))
        });
        Self { files }
    }

    /// Every use that is part of a circle: of each file and each sibling the first.
    fn circles(&self) -> Vec<String> {
        let needs: Vec<Need<'_>> = self.files.keys().flat_map(|module| self.needs(module)).collect();
        let mut arrows: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for need in &needs {
            arrows.entry((need.folder, need.module)).or_default().insert(need.of);
        }
        let mut told = BTreeSet::new();
        needs
            .iter()
            .filter(|need| leads_to(&arrows, need) && told.insert((need.file, need.of)))
            .map(|Need { module, of, file, line, path, .. }| {
                format!("{}:{line}: `{path}` is of `{of}`, which needs `{module}`", file.display())
            })
            .collect()
    }

    /// What the file of `module` needs of its siblings and of those of its ancestors.
    fn needs<'a>(&'a self, module: &'a [String]) -> Vec<Need<'a>> {
        let (file, contents) = &self.files[module];
        let mut needs = Vec::new();
        for path in &contents.paths {
            let Some(segments) = self.absolute(module, path) else { continue };
            // A name handed on is needed only where it is used; a module by what is used of it.
            let used =
                contents.words.iter().filter(|(word, _)| Some(word.as_str()) == path.name()).count() > 1;
            if path.kind == Kind::Export && !used
                || path.kind != Kind::InPlace && self.files.contains_key(&segments)
            {
                continue;
            }
            let Some(home) = self.home(&segments, 8) else { continue };
            let shared = module.iter().zip(home).take_while(|(one, other)| one == other).count();
            if let (Some(own), Some(of)) = (module.get(shared), home.get(shared)) {
                let folder = &module[..shared];
                needs.push(Need {
                    folder,
                    module: own,
                    of,
                    file: &file.path,
                    line: path.line,
                    path: segments.join("::"),
                });
            }
        }
        needs
    }

    /// The path from the root, if it leads into the house at all.
    fn absolute(&self, module: &[String], path: &UsedPath) -> Option<Vec<String>> {
        if !path.relative {
            return Some(path.segments.clone());
        }
        let (first, rest) = path.segments.split_first()?;
        let child = [module, std::slice::from_ref(first)].concat();
        if self.files.contains_key(&child) {
            return Some([child.as_slice(), rest].concat());
        }
        let import = self.import(module, first).filter(|import| *import != path && !import.relative)?;
        Some([import.segments.as_slice(), rest].concat())
    }

    /// What brings `name` into the file of `module`.
    fn import(&self, module: &[String], name: &str) -> Option<&UsedPath> {
        let (_, contents) = self.files.get(module)?;
        contents.paths.iter().find(|path| path.kind != Kind::InPlace && path.name() == Some(name))
    }

    /// The module in whose file the thing at `segments` is defined.
    fn home(&self, segments: &[String], depth: usize) -> Option<&[String]> {
        let length =
            (0..=segments.len()).rev().find(|length| self.files.contains_key(&segments[..*length]))?;
        let (module, _) = self.files.get_key_value(&segments[..length])?;
        let Some(name) = segments.get(length) else { return Some(module) };
        let handed_on = self.import(module, name).and_then(|import| self.absolute(module, import));
        match handed_on {
            Some(further) if depth > 0 && further != segments => self.home(&further, depth - 1),
            _ => Some(module),
        }
    }
}

/// Whether the sibling that is needed needs, directly or roundabout, the one that needs it.
fn leads_to(arrows: &BTreeMap<(&[String], &str), BTreeSet<&str>>, need: &Need<'_>) -> bool {
    let mut seen = BTreeSet::from([need.of]);
    let mut waiting = vec![need.of];
    while let Some(module) = waiting.pop() {
        if module == need.module {
            return true;
        }
        waiting.extend(arrows.get(&(need.folder, module)).into_iter().flatten().filter(|of| seen.insert(of)));
    }
    false
}
