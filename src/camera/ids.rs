//! The ids cameras answer to in requests: their names and aliases.

use std::collections::HashSet;

use super::config::CameraConfig;
use super::error::CameraError;

/// Checks all cameras together and gives each its ids: the first is the one it is listed under.
pub(super) fn ids(cameras: &[CameraConfig]) -> Result<Vec<Vec<String>>, CameraError> {
    let taken: HashSet<&String> =
        cameras.iter().flat_map(|c| c.aliases.iter().flatten().chain([&c.name])).collect();
    let mut seen = HashSet::new();
    let mut all = Vec::with_capacity(cameras.len());
    for (index, camera) in cameras.iter().enumerate() {
        if !is_id(&camera.name) || !camera.aliases.iter().flatten().all(|alias| is_id(alias)) {
            return Err(camera.fault(
                "a name or alias has 1 to 64 letters, digits, '-', '_' or '.' and does not look like a size",
            ));
        }
        camera.check()?;
        let mut ids = match &camera.aliases {
            Some(aliases) => aliases.clone(),
            None => ["internal", "external"]
                .get(index)
                .filter(|alias| !taken.contains(&(**alias).to_owned()))
                .map(|alias| vec![(*alias).to_owned()])
                .unwrap_or_default(),
        };
        if !ids.contains(&camera.name) {
            ids.push(camera.name.clone());
        }
        for id in &ids {
            if !seen.insert(id.clone()) {
                return Err(CameraError::Config(format!("\"{id}\" names two cameras")));
            }
        }
        all.push(ids);
    }
    if cameras.iter().filter(|camera| camera.default).count() > 1 {
        return Err(CameraError::Config("only one camera can be the default".to_owned()));
    }
    Ok(all)
}

/// Ids travel in URLs and in lists where clients look for sizes (`\d+x\d+`), so they must not contain one.
fn is_id(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let bytes = text.as_bytes();
    let has_size = bytes.windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b'x' && w[2].is_ascii_digit());
    (1..=64).contains(&text.len()) && text.chars().all(allowed) && !has_size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<CameraConfig> {
        names.iter().map(|name| CameraConfig::new(name, "test:")).collect()
    }

    #[test]
    fn the_first_two_cameras_are_also_internal_and_external() {
        let ids = ids(&named(&["dome", "yard", "gate"])).unwrap();
        assert_eq!(ids, [vec!["internal", "dome"], vec!["external", "yard"], vec!["gate"]]);
    }

    #[test]
    fn a_camera_named_internal_is_listed_once() {
        assert_eq!(ids(&named(&["internal"])).unwrap(), [vec!["internal"]]);
        assert_eq!(ids(&named(&["dome", "internal"])).unwrap(), [vec!["dome"], vec!["external", "internal"]]);
    }

    #[test]
    fn own_aliases_replace_the_usual_ones() {
        let mut cameras = named(&["dome", "yard"]);
        cameras[0].aliases = Some(vec![]);
        cameras[1].aliases = Some(vec!["internal".to_owned()]);
        assert_eq!(ids(&cameras).unwrap(), [vec!["dome"], vec!["internal", "yard"]]);
    }

    #[test]
    fn two_cameras_of_one_name_are_refused() {
        assert_eq!(ids(&named(&["a", "a"])).unwrap_err().to_string(), "cameras: \"a\" names two cameras");
    }

    #[test]
    fn names_that_break_clients_are_refused() {
        for name in ["", "a b", "k\u{fc}che", "cam640x480", "a/b", &"x".repeat(65)] {
            assert!(ids(&named(&[name])).is_err(), "{name:?}");
        }
        assert!(ids(&named(&["axis-2_north.1x"])).is_ok());
    }
}
