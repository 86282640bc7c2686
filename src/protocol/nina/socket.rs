//! The websocket `/v2/socket`: what happens is told as it happens.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session};
use bytes::Bytes;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::hub::Listener;

/// The largest message a client may send, in one frame or several; what clients say is a line of text.
const LARGEST_MESSAGE: usize = 16 << 10;

/// Pings a client may leave unanswered before it is taken for gone.
const PINGS_UNANSWERED: u32 = 3;

/// Takes up the websocket.
///
/// # Errors
/// 400 when the request is no websocket handshake or offers a sub-protocol; 503 when too many listen.
pub async fn socket(request: HttpRequest, body: Payload, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    if request.headers().contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Err(Failure::bad_request("No sub-protocol is spoken here"));
    }
    let (response, session, messages) = actix_ws::handle(&request, body)
        .map_err(|_| Failure::bad_request("This is a websocket: connect with Upgrade: websocket"))?;
    let listener = nina.hub.join().ok_or_else(Failure::busy)?;
    let messages = messages
        .max_frame_size(LARGEST_MESSAGE)
        .aggregate_continuations()
        .max_continuation_size(LARGEST_MESSAGE);
    let ping_every = nina.settings.ping_interval();
    actix_web::rt::spawn(
        Conversation { session, messages, listener, sending: None, owed: Owed::default(), ping_every }.hold(),
    );
    Ok(response)
}

/// A message on its way to a client that may take its time.
type Sending = Pin<Box<dyn Future<Output = Result<(), Closed>>>>;

/// One client.
struct Conversation {
    session: Session,
    messages: AggregatedMessageStream,
    listener: Listener,
    /// At most one message is on its way; those behind it wait in the ring, where the oldest are lost first.
    sending: Option<Sending>,
    owed: Owed,
    ping_every: Duration,
}

/// What the client waits for, to be sent before anything is told.
#[derive(Debug, Default)]
struct Owed {
    /// An answer to its text; several texts in a row get one.
    reply: bool,
    /// The content of its last ping.
    pong: Option<Bytes>,
    /// Our own ping is due.
    ping: bool,
}

impl Conversation {
    /// Talks until either side hangs up or the client is gone.
    async fn hold(mut self) {
        let reason = self.talk().await;
        // A client that went away need not hear goodbye.
        let _ = self.session.close(reason).await;
    }

    async fn talk(&mut self) -> Option<CloseReason> {
        let mut ticks = interval_at(Instant::now() + self.ping_every, self.ping_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = Instant::now();
        let closing = self.listener.closing.clone();
        loop {
            self.pay();
            let is_idle = self.sending.is_none();
            let sending = self.sending.as_mut();
            let sent = async {
                match sending {
                    Some(sending) => sending.await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = closing.cancelled() => return Some(CloseReason::from(CloseCode::Away)),
                heard = self.messages.recv() => {
                    heard_at = Instant::now();
                    match heard {
                        None | Some(Err(_)) => return None,
                        Some(Ok(AggregatedMessage::Close(reason))) => return reason,
                        Some(Ok(message)) => self.hear(message),
                    }
                }
                outcome = sent => {
                    self.sending = None;
                    if outcome.is_err() {
                        return None;
                    }
                }
                told = self.listener.messages.recv(), if is_idle => match told {
                    Ok(text) => self.send(|mut session| Box::pin(async move { session.text(text).await })),
                    Err(RecvError::Lagged(lost)) => tracing::debug!(lost, "a slow listener lost messages"),
                    Err(RecvError::Closed) => return Some(CloseReason::from(CloseCode::Away)),
                },
                _ = ticks.tick() => {
                    if heard_at.elapsed() > self.ping_every * PINGS_UNANSWERED {
                        return None;
                    }
                    self.owed.ping = true;
                }
            }
        }
    }

    /// A small answer to every text keeps clients calm that probe a silent connection.
    fn hear(&mut self, message: AggregatedMessage) {
        match message {
            AggregatedMessage::Text(_) => self.owed.reply = true,
            AggregatedMessage::Ping(bytes) => self.owed.pong = Some(bytes),
            AggregatedMessage::Binary(_) | AggregatedMessage::Pong(_) | AggregatedMessage::Close(_) => {}
        }
    }

    /// Sends one thing that is owed, unless something is still on its way.
    fn pay(&mut self) {
        if self.sending.is_some() {
            return;
        }
        if let Some(bytes) = self.owed.pong.take() {
            self.send(|mut session| Box::pin(async move { session.pong(&bytes).await }));
        } else if std::mem::take(&mut self.owed.reply) {
            let reply = Envelope::socket("Received").to_json();
            self.send(|mut session| Box::pin(async move { session.text(reply).await }));
        } else if std::mem::take(&mut self.owed.ping) {
            self.send(|mut session| Box::pin(async move { session.ping(b"").await }));
        }
    }

    fn send(&mut self, message: impl FnOnce(Session) -> Sending) {
        self.sending = Some(message(self.session.clone()));
    }
}
