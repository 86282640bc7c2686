//! What a file holds beside its science image: uncertainties and masks.

use crate::fits::{FitsFile, Hdu, HduIndex};

/// A plane beside the science image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) semantics: &'static str,
    pub(super) local_semantics: &'static str,
    /// Names the extension within the file: its name, or its number if it has none.
    pub(super) fragment: String,
    pub(super) description: &'static str,
}

/// The planes of a file that say of themselves what they are, by `EXTTYPE` or `EXTNAME`.
pub(super) fn beside(file: &FitsFile, science: HduIndex) -> Vec<Plane> {
    file.hdus().iter().filter(|hdu| hdu.index != science && hdu.image.is_some()).filter_map(plane).collect()
}

fn plane(hdu: &Hdu) -> Option<Plane> {
    let kind = hdu.header.text("EXTTYPE").or_else(|| hdu.name())?;
    let (semantics, local_semantics, description) = match kind.trim().to_ascii_uppercase().as_str() {
        "VARIANCE" | "ERR" | "ERROR" | "UNCERT" => ("#error", "variance", "The uncertainty of its pixels"),
        "MASK" | "DQ" => ("#auxiliary", "mask", "The quality of its pixels"),
        _ => return None,
    };
    let plain =
        |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let fragment = hdu.name().filter(plain).unwrap_or_else(|| hdu.index.0.to_string());
    Some(Plane { semantics, local_semantics, fragment, description })
}
