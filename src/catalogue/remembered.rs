//! Answers of the database kept in memory for as long as nothing is committed.
//!
//! A statement costs two changes of thread, many times what an answer from memory does; requests for cutouts and
//! renditions come in swarms around the same images.

use std::fmt;
use std::hash::Hash;

use moka::future::Cache;

use super::Result;
use super::revision::Revision;

/// Answers by question, bounded in bytes; the least recently asked go first.
pub(super) struct Remembered<Q, A> {
    answers: Cache<Q, (u64, A)>,
    revision: Revision,
}

impl<Q, A> Remembered<Q, A>
where
    Q: Hash + Eq + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    /// Remembers up to `bytes` of answers that weigh what `weigh` says, each in the state `revision` counts.
    pub(super) fn new(bytes: u64, revision: Revision, weigh: fn(&A) -> usize) -> Self {
        let weigher = move |_: &Q, (_, answer): &(u64, A)| u32::try_from(weigh(answer)).unwrap_or(u32::MAX);
        Self { answers: Cache::builder().max_capacity(bytes).weigher(weigher).build(), revision }
    }

    /// The answer to `question`: remembered, or read now and remembered.
    ///
    /// # Errors
    /// Those of `read`; they are not remembered.
    pub(super) async fn answer(&self, question: Q, read: impl Future<Output = Result<A>>) -> Result<A> {
        // Taken before reading: an answer that misses a commit made meanwhile counts as old at once.
        let current = self.revision.current();
        if let Some((_, answer)) =
            self.answers.get(&question).await.filter(|(read_at, _)| *read_at == current)
        {
            return Ok(answer);
        }
        let answer = read.await?;
        self.answers.insert(question, (current, answer.clone())).await;
        Ok(answer)
    }
}

impl<Q, A> fmt::Debug for Remembered<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("revision", &self.revision).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answer_is_read_once_until_something_is_committed() {
        let revision = Revision::default();
        let remembered = Remembered::new(1 << 20, revision.clone(), |_| 1);
        assert_eq!(remembered.answer("how many", async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(remembered.answer("how many", async { Ok(2) }).await.unwrap(), 1);
        revision.advance();
        assert_eq!(remembered.answer("how many", async { Ok(2) }).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn answer_read_during_a_commit_is_not_believed_afterwards() {
        let revision = Revision::default();
        let remembered = Remembered::new(1 << 20, revision.clone(), |_| 1);
        let read = async {
            revision.advance();
            Ok(1)
        };
        assert_eq!(remembered.answer("how many", read).await.unwrap(), 1);
        assert_eq!(remembered.answer("how many", async { Ok(2) }).await.unwrap(), 2);
    }
}
