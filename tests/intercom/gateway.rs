//! A gateway with cameras and nothing else, on a free port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, dev::ServerHandle, web};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use trifocal::camera::{CameraConfig, CameraHealth, Cameras, Resolution, State};
use trifocal::clock::{Clock, SystemClock};
use trifocal::pixel::codec::jpeg_encode;
use trifocal::pixel::{Channels, EightBit};
use trifocal::protocol::intercom::{self, Intercom, IntercomConfig};

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) cameras: Arc<Cameras>,
    pub(crate) client: Client,
    server: ServerHandle,
}

impl Gateway {
    pub(crate) fn with(cameras: &[CameraConfig], config: IntercomConfig, clock: Arc<dyn Clock>) -> Self {
        let cameras = Cameras::start(cameras, clock, None).unwrap();
        let intercom = web::Data::new(Intercom::new(cameras.clone(), config));
        let server =
            HttpServer::new(move || App::new().app_data(intercom.clone()).configure(intercom::configure))
                .workers(2)
                .disable_signals()
                .on_connect(|io, data| {
                    if let Some(connection) = io.downcast_ref::<TcpStream>().and_then(intercom::tune) {
                        data.insert(connection);
                    }
                })
                .bind("127.0.0.1:0")
                .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, cameras, client: Client::new(), server: handle }
    }

    /// One test-pattern camera named `dome`.
    pub(crate) fn with_pattern() -> Self {
        let cameras = [CameraConfig::new("dome", "test:?size=640x480&fps=25")];
        Self::with(&cameras, IntercomConfig::default(), SystemClock::start())
    }

    /// One camera named `dome` that is somewhere on the network.
    pub(crate) fn watching(url: &str) -> Self {
        Self::with(&[CameraConfig::new("dome", url)], IntercomConfig::default(), SystemClock::start())
    }

    /// One camera named `dome` that shows the pictures of a folder.
    pub(crate) fn with_folder(folder: &Path, fps: f64, config: IntercomConfig) -> Self {
        let url = format!("file:{}?fps={fps}", folder.display());
        Self::with(&[CameraConfig::new("dome", &url)], config, SystemClock::start())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/api/camera/{path}", self.address)
    }

    /// Any path below `/api`.
    pub(crate) fn api(&self, path: &str) -> String {
        format!("http://{}/api/{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// Code and parameter of the failure this request must give.
    pub(crate) async fn failure(&self, path: &str) -> (i64, String) {
        failure(self.get(path).await).await
    }

    /// Waits until the first camera has done what `is` says.
    pub(crate) async fn until(&self, is: impl Fn(&CameraHealth) -> bool) {
        let wait = async {
            while !is(&self.cameras.health()[0]) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let late = |_| panic!("{:?}", self.cameras.health()[0]);
        tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(late);
    }

    /// Waits until the first camera has failed at least once, and looks at what a client gets of it then.
    pub(crate) async fn shows_a_notice(&self) {
        self.until(|camera| camera.failures > 0 && camera.state == State::Offline).await;
        let notice = self.get("snapshot?width=640&height=480").await;
        assert_eq!(notice.headers()["x-source-state"], "offline");
        assert_eq!(stated_size(&notice.bytes().await.unwrap()).to_string(), "640x480");
    }

    pub(crate) async fn request(&self, method: Method, path: &str) -> Response {
        self.client.request(method, self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.cameras.stop().await;
        self.server.stop(true).await;
    }
}

/// Code and parameter of a failure, after a look at its envelope.
pub(crate) async fn failure(response: Response) -> (i64, String) {
    assert_eq!(response.status(), 200, "failures are answers, too");
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["success"], false, "{body}");
    assert!(body["error"]["description"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    (body["error"]["code"].as_i64().unwrap(), body["error"]["param"].as_str().unwrap_or_default().to_owned())
}

/// A JPEG picture of one colour.
pub(crate) fn jpeg(width: usize, height: usize, colour: [u8; 3]) -> Vec<u8> {
    jpeg_encode(&EightBit::filled(width, height, Channels::Rgb, colour), 90).unwrap()
}

/// The size a JPEG states in its frame header.
pub(crate) fn stated_size(jpeg: &[u8]) -> Resolution {
    let mut at = 2;
    while jpeg[at + 1] != 0xC0 {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    let side = |offset: usize| u32::from(u16::from_be_bytes([jpeg[at + offset], jpeg[at + offset + 1]]));
    Resolution::new(side(7), side(5))
}
