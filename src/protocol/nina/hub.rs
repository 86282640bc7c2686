//! Everybody who listens on the websocket, and what is told to all of them.
//!
//! One ring of messages serves every listener: who reads too slowly loses the oldest messages and delays nobody.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use super::envelope::Envelope;
use super::item::ImageHistoryItem;
use super::json::SocketNumber;
use crate::catalogue::{HistoryEntry, IMAGE_SAVE};

/// A message for every listener.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_statistics: Option<ImageHistoryItem<'a, SocketNumber>>,
}

impl<'a> Message<'a> {
    /// A new frame can be had as `/prepared-image`.
    pub fn image_prepared() -> Self {
        Self { event: "IMAGE-PREPARED", image_statistics: None }
    }

    /// A frame was saved: the history has grown by this entry.
    pub fn image_save(entry: &'a HistoryEntry) -> Self {
        Self { event: IMAGE_SAVE, image_statistics: Some(entry.into()) }
    }
}

/// The listeners.
#[derive(Debug)]
pub struct Hub {
    messages: broadcast::Sender<ByteString>,
    places: Arc<Semaphore>,
    closing: CancellationToken,
}

/// One listener's end: the messages from now on, and its place among the listeners.
#[derive(Debug)]
pub struct Listener {
    /// What is told; a `Lagged` error says how many messages were lost.
    pub messages: broadcast::Receiver<ByteString>,
    /// Says when to hang up.
    pub closing: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Hub {
    /// For up to `listeners`, each at most `queue` messages behind, until `closing`.
    pub fn new(listeners: usize, queue: usize, closing: CancellationToken) -> Self {
        Self {
            messages: broadcast::Sender::new(queue.max(1)),
            places: Arc::new(Semaphore::new(listeners.min(Semaphore::MAX_PERMITS))),
            closing,
        }
    }

    /// A new listener; `None` when there are as many as there may be.
    pub fn join(&self) -> Option<Listener> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Listener { messages: self.messages.subscribe(), closing: self.closing.clone(), _place: place })
    }

    /// Tells everybody.
    pub fn tell(&self, message: &Message<'_>) {
        // Without listeners there is nobody to tell.
        let _ = self.messages.send(Envelope::socket(message).to_json().into());
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::{RecvError, TryRecvError};

    use super::*;

    #[tokio::test]
    async fn a_slow_listener_loses_the_oldest_and_a_fast_one_nothing() {
        let hub = Hub::new(2, 2, CancellationToken::new());
        let (mut slow, mut fast) = (hub.join().unwrap(), hub.join().unwrap());
        assert!(hub.join().is_none(), "two places");
        let prepared = Envelope::socket(Message::image_prepared()).to_json();
        for _ in 0..5 {
            hub.tell(&Message::image_prepared());
            assert_eq!(fast.messages.recv().await.unwrap(), prepared);
        }
        assert_eq!(slow.messages.recv().await, Err(RecvError::Lagged(3)));
        assert_eq!(slow.messages.recv().await.unwrap(), prepared);
        assert_eq!(slow.messages.recv().await.unwrap(), prepared);
        assert_eq!(slow.messages.try_recv(), Err(TryRecvError::Empty));
        drop(slow);
        assert!(hub.join().is_some(), "its place is free again");
    }

    #[test]
    fn messages_have_no_time_and_say_what_happened() {
        assert_eq!(
            Envelope::socket(Message::image_prepared()).to_json(),
            r#"{"Response":{"Event":"IMAGE-PREPARED"},"Error":"","StatusCode":200,"Success":true,"Type":"Socket"}"#
        );
    }
}
