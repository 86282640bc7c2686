//! What is to be done with the files of a source, from how they look and what is known of them.

use std::path::PathBuf;

use crate::catalogue::{FrameId, KnownFile, KnownState};
use crate::fits::FileStamp;

/// A file to be read.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) stamp: FileStamp,
    pub(super) is_new: bool,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) read: Vec<Candidate>,
    pub(super) gone: Vec<(PathBuf, FrameId)>,
    pub(super) returned: Vec<(PathBuf, FrameId)>,
}

/// How a file stands against what is known of it.
pub(super) enum Standing {
    Planned,
    Unchanged,
    Rejected(PathBuf),
}

impl Plan {
    pub(super) fn add(
        &mut self,
        path: PathBuf,
        stamp: FileStamp,
        known: Option<KnownFile>,
        reread: bool,
    ) -> Standing {
        let Some(known) = known else {
            self.read.push(Candidate { path, stamp, is_new: true });
            return Standing::Planned;
        };
        if reread || known.retry || known.stamp != stamp {
            let is_new = known.state == KnownState::Rejected;
            self.read.push(Candidate { path, stamp, is_new });
            return Standing::Planned;
        }
        match known.state {
            KnownState::Ok => Standing::Unchanged,
            KnownState::Rejected => Standing::Rejected(path),
            KnownState::Missing => {
                self.returned.push((path, known.frame));
                Standing::Planned
            }
        }
    }
}
