//! What a connection needs so that its client sees the present: no waiting for full segments, little unsent
//! data in the kernel, an end for clients that are gone.

use std::net::Shutdown;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use socket2::{SockRef, Socket};

/// Time after which the kernel gives up on data that nobody acknowledges.
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// Unsent bytes above which a streaming connection takes no more.
const UNSENT_BYTES: u32 = 64 << 10;

/// A hold on a client's connection. The server keeps one per connection, for streams to find.
#[derive(Debug)]
pub struct Connection(Socket);

/// Prepares an accepted connection. Called in the server's `on_connect`, which keeps the result as connection
/// data. A refused option costs comfort, not the connection; it is logged.
pub fn tune(stream: &TcpStream) -> Option<Connection> {
    let socket = SockRef::from(stream);
    let outcome = socket.set_tcp_nodelay(true);
    #[cfg(target_os = "linux")]
    let outcome = outcome.and_then(|()| socket.set_tcp_user_timeout(Some(USER_TIMEOUT)));
    match outcome.and_then(|()| socket.try_clone()) {
        Ok(socket) => Some(Connection(socket)),
        Err(error) => {
            tracing::debug!(%error, "connection not tuned");
            None
        }
    }
}

impl Connection {
    /// Another hold on the same connection, prepared for a stream: the kernel keeps little unsent, so that a
    /// slow client gets the newest picture and not a backlog.
    pub(super) fn for_stream(&self) -> Option<Self> {
        #[cfg(target_os = "linux")]
        if let Err(error) = self.0.set_tcp_notsent_lowat(UNSENT_BYTES) {
            tracing::debug!(%error, "stream connection not tuned");
        }
        self.0.try_clone().ok().map(Self)
    }

    /// Ends the connection, whatever is still to be sent.
    pub(super) fn cut(&self) {
        if let Err(error) = self.0.shutdown(Shutdown::Both) {
            tracing::debug!(%error, "connection was gone already");
        }
    }
}
