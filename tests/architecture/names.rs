//! A file is named after what is inside.

use crate::source::source_files;

/// Names that say nothing about what is inside.
const NO_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];

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
