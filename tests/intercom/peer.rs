//! Cameras as peers of the gateway: small servers that say, byte for byte, what a test wants said.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use md5::{Digest, Md5};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The head of an answer that is a stream of parts.
pub(crate) const STREAM: &str =
    "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";

/// A picture as a part of such a stream.
pub(crate) fn part(jpeg: &[u8]) -> Vec<u8> {
    [b"--b\r\nContent-Type: image/jpeg\r\n\r\n", jpeg, b"\r\n"].concat()
}

/// A request as a camera sees it.
pub(crate) struct Heard {
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
}

type Answer = Arc<dyn Fn(Heard, TcpStream) -> BoxFuture<'static, ()> + Send + Sync>;

/// An HTTP server on a free port; every request gets what its answer writes.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<AtomicUsize>,
    /// Set, the peer takes no connections.
    pub(crate) unplugged: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Peer {
    pub(crate) async fn with<F>(answer: impl Fn(Heard, TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, unplugged) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answer: Answer = Arc::new(move |heard, socket| Box::pin(answer(heard, socket)));
        let (counted, closed, noted) = (requests.clone(), unplugged.clone(), heard.clone());
        let serving = tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { return };
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                let (answer, counted, noted) = (answer.clone(), counted.clone(), noted.clone());
                tokio::spawn(async move {
                    let mut reader = BufReader::new(socket);
                    let Some(heard) = hear(&mut reader).await else { return };
                    counted.fetch_add(1, Ordering::SeqCst);
                    noted.lock().unwrap().push(heard.target.clone());
                    answer(heard, reader.into_inner()).await;
                });
            }
        });
        Self { address, requests, unplugged, heard, serving }
    }

    /// A camera that streams these bytes, whatever they are, in pieces of `piece` bytes.
    pub(crate) async fn streaming(head: &str, body: Vec<u8>, piece: usize) -> Self {
        let head = head.to_owned();
        Self::with(move |_, mut socket| {
            let (head, body) = (head.clone(), body.clone());
            async move {
                let _ = socket.write_all(head.as_bytes()).await;
                loop {
                    for piece in body.chunks(piece) {
                        if socket.write_all(piece).await.is_err() {
                            return;
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(40)).await;
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The targets asked for so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hear(reader: &mut BufReader<TcpStream>) -> Option<Heard> {
    let mut line = String::new();
    reader.read_line(&mut line).await.ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut authorization = None;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).await.ok()? == 0 {
            return None;
        }
        if header == "\r\n" {
            return Some(Heard { target, authorization });
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            authorization = Some(value.trim().to_owned());
        }
    }
}

pub(crate) fn md5(text: &str) -> String {
    format!("{:x}", Md5::digest(text.as_bytes()))
}

/// Whether an `Authorization: Digest` header is right for this target (RFC 7616 section 3.4.1, MD5, qop=auth).
pub(crate) fn digest_is_right(header: &str, target: &str, user: &str, realm: &str, password: &str) -> bool {
    let value = |name: &str| {
        let fields = header.trim_start_matches("Digest ").split(", ").flat_map(|part| part.split(','));
        fields
            .filter_map(|field| field.trim().split_once('='))
            .find_map(|(known, value)| (known == name).then(|| value.trim_matches('"').to_owned()))
            .unwrap_or_default()
    };
    let secret = md5(&format!("{user}:{realm}:{password}"));
    let asked = md5(&format!("GET:{target}"));
    let (nonce, count, own) = (value("nonce"), value("nc"), value("cnonce"));
    let expected = md5(&format!("{secret}:{nonce}:{count}:{own}:auth:{asked}"));
    value("uri") == target && value("response") == expected
}
