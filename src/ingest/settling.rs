//! Files someone may still be writing: each is looked at until its size and time have rested.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::fits::FileStamp;

/// How a file looked, and since when. A file that is gone has no stamp.
#[derive(Clone, Copy, Debug)]
struct Look {
    stamp: Option<FileStamp>,
    since: Instant,
}

/// Files that wait for rest.
#[derive(Debug)]
pub(super) struct Settling {
    rest: Duration,
    files: HashMap<PathBuf, Option<Look>>,
}

impl Settling {
    /// Files rest for `rest` before they are read.
    pub(super) fn new(rest: Duration) -> Self {
        Self { rest, files: HashMap::new() }
    }

    /// Something happened to a file.
    pub(super) fn touch(&mut self, path: PathBuf) {
        self.files.entry(path).or_default();
    }

    /// How many files wait.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Forgets them all: a scan is about to look at everything.
    pub(super) fn clear(&mut self) {
        self.files.clear();
    }

    /// The files to look at.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files.keys().cloned().collect()
    }

    /// Takes in how the files look now, and gives back those that have rested long enough.
    pub(super) fn look(&mut self, now: Instant, looks: Vec<(PathBuf, Option<FileStamp>)>) -> Vec<PathBuf> {
        let mut rested = Vec::new();
        for (path, stamp) in looks {
            let Some(last) = self.files.get_mut(&path) else { continue };
            match last {
                Some(look) if look.stamp == stamp => {
                    if now.duration_since(look.since) >= self.rest {
                        self.files.remove(&path);
                        rested.push(path);
                    }
                }
                _ => *last = Some(Look { stamp, since: now }),
            }
        }
        rested.sort_unstable();
        rested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_grows_for_a_minute_is_given_back_once_and_whole() {
        let mut settling = Settling::new(Duration::from_secs(1));
        let (path, start) = (PathBuf::from("/a.fits"), Instant::now());
        settling.touch(path.clone());
        let mut given = Vec::new();
        for half_second in 0..130 {
            let stamp =
                FileStamp { bytes: 1000 * half_second.min(120), modified_ns: half_second.min(120) as i64 };
            let now = start + Duration::from_millis(500 * half_second);
            given.extend(
                settling.look(now, vec![(path.clone(), Some(stamp))]).into_iter().map(|_| half_second),
            );
        }
        assert_eq!(given, [122], "a second after its last byte");
    }

    #[test]
    fn file_is_given_back_once_it_has_rested() {
        let mut settling = Settling::new(Duration::from_secs(10));
        let path = PathBuf::from("/a.fits");
        let start = Instant::now();
        let stamp = |bytes| Some(FileStamp { bytes, modified_ns: 1 });
        let mut look =
            |seconds, stamp| settling.look(start + Duration::from_secs(seconds), vec![(path.clone(), stamp)]);
        assert!(look(0, stamp(1)).is_empty(), "nobody asked for it");
        settling.touch(path.clone());
        let mut look =
            |seconds, stamp| settling.look(start + Duration::from_secs(seconds), vec![(path.clone(), stamp)]);
        assert!(look(0, stamp(1)).is_empty());
        assert!(look(9, stamp(1)).is_empty());
        assert!(look(10, stamp(2)).is_empty(), "it grew");
        assert!(look(19, stamp(2)).is_empty());
        assert!(look(19, None).is_empty(), "it is gone");
        assert_eq!(look(29, None), std::slice::from_ref(&path), "and stays gone");
        assert_eq!(settling.len(), 0);
    }
}
