//! The history as requests meet it: its order, and the entries asked for lately, both remembered until something
//! is committed.

use std::sync::Arc;

use tokio::sync::watch;

use super::frames::FrameId;
use super::history::{FrameType, HistoryEntry};
use super::remembered::Remembered;
use super::revision::Revision;
use super::{Catalogue, Result};

/// Memory for whole entries.
const ENTRY_BYTES: u64 = 16 << 20;

/// What an entry takes, generously.
const BYTES_OF_AN_ENTRY: usize = 1536;

/// The order of the history at one moment: frames overall and by type, oldest first. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HistoryOrder {
    version: u64,
    frames: Arc<Frames>,
}

#[derive(Debug, Default)]
struct Frames {
    all: Vec<FrameId>,
    by_type: [Vec<FrameId>; FrameType::ALL.len()],
}

impl HistoryOrder {
    fn new(version: u64, entries: Vec<(FrameId, FrameType)>) -> Self {
        let mut frames = Frames::default();
        for (frame, image_type) in entries {
            frames.all.push(frame);
            frames.by_type[image_type as usize].push(frame);
        }
        Self { version, frames: Arc::new(frames) }
    }

    /// Equal versions of one run of the service list the same entries.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The frames of all entries, or of those of the type spelled exactly like `image_type`.
    pub fn frames(&self, image_type: Option<&str>) -> &[FrameId] {
        let Some(name) = image_type else { return &self.frames.all };
        let place = FrameType::ALL.into_iter().position(|known| known.as_str() == name);
        place.map_or(&[], |place| &self.frames.by_type[place])
    }
}

/// What is remembered of the history.
#[derive(Debug)]
pub(super) struct RememberedHistory {
    order: Remembered<(), HistoryOrder>,
    entries: Remembered<FrameId, Option<Arc<HistoryEntry>>>,
}

impl RememberedHistory {
    pub(super) fn new(revision: &Revision) -> Self {
        Self {
            // One answer, which takes 16 bytes for each entry of the history.
            order: Remembered::new(u64::MAX, revision.clone(), |_| 1),
            entries: Remembered::new(ENTRY_BYTES, revision.clone(), |_| BYTES_OF_AN_ENTRY),
        }
    }
}

impl Catalogue {
    /// The order of the history now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history_order(&self) -> Result<HistoryOrder> {
        let read = async {
            let version = self.revision.current();
            Ok(HistoryOrder::new(version, self.read_history_order().await?))
        };
        self.history.order.answer((), read).await
    }

    /// The history entry of a frame, if it has one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history_entry(&self, frame: FrameId) -> Result<Option<Arc<HistoryEntry>>> {
        let read = async { Ok(self.read_history_entry(frame).await?.map(Arc::new)) };
        self.history.entries.answer(frame, read).await
    }

    /// Tells of everything committed from now on, by this process at once, by others within a moment.
    pub fn commits(&self) -> watch::Receiver<()> {
        self.revision.commits()
    }

    /// How many entries there are, of all types or of the type spelled exactly like `image_type`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history_count(&self, image_type: Option<&str>) -> Result<u64> {
        Ok(self.history_order().await?.frames(image_type).len() as u64)
    }

    /// The entry at `index` among all entries, or among those of one type.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history_nth(
        &self,
        image_type: Option<&str>,
        index: u64,
    ) -> Result<Option<Arc<HistoryEntry>>> {
        let order = self.history_order().await?;
        let frame = usize::try_from(index).ok().and_then(|index| order.frames(image_type).get(index));
        match frame {
            Some(frame) => self.history_entry(*frame).await,
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::history_tests::save;
    use crate::catalogue::tests::{clock, empty, url};
    use crate::catalogue::{Catalogue, Role};

    #[tokio::test]
    async fn what_another_process_adds_is_told_and_served() {
        let (folder, service) = empty().await;
        save(&service, 1, FrameType::Light).await;
        assert_eq!(service.history_count(None).await.unwrap(), 1);
        let command = Catalogue::open(&url(&folder), Role::Command, clock()).await.unwrap();
        let mut commits = service.commits();
        save(&command, 2, FrameType::Light).await;
        while service.history_count(None).await.unwrap() < 2 {
            commits.changed().await.unwrap();
        }
    }

    #[tokio::test]
    async fn entries_are_read_once_until_something_is_committed() {
        let (_folder, catalogue) = empty().await;
        let frame = save(&catalogue, 1, FrameType::Light).await;
        let first = catalogue.history_entry(frame).await.unwrap().unwrap();
        let again = catalogue.history_entry(frame).await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        save(&catalogue, 2, FrameType::Light).await;
        assert!(!Arc::ptr_eq(&first, &catalogue.history_entry(frame).await.unwrap().unwrap()));
    }
}
