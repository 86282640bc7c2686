//! A gateway of its own for every test: port 0, temporary directories, its own catalogue.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ndarray::Array3;
use reqwest::{Client, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::Message;
use trifocal::clock::SystemClock;
use trifocal::config::Config;
use trifocal::fits::Header;
use trifocal::fits::create::FitsWriter;
use trifocal::pixel::Raster;
use trifocal::server::Service;

/// A running service with the directories it serves.
pub(crate) struct Gateway {
    service: Option<Service>,
    client: Client,
    base: String,
    directory: Arc<TempDir>,
}

/// The directories of a gateway to be.
pub(crate) struct Site {
    directory: Arc<TempDir>,
    settings: String,
}

impl Site {
    /// Empty directories.
    pub(crate) fn new() -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        std::fs::create_dir(directory.path().join("captures")).unwrap();
        Self { directory, settings: String::new() }
    }

    /// The temporary directory everything lies in.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Adds settings, as a settings file would have them.
    pub(crate) fn with_settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self
    }

    /// Saves a frame as the capture program would.
    pub(crate) fn frame(self, name: &str, frame: Frame) -> Self {
        frame.write(&self.path().join("captures").join(name));
        self
    }

    /// The settings of this site, on a port the system chooses.
    pub(crate) fn config(&self) -> Config {
        let root = self.path().display();
        let path = self.path().join("trifocal.toml");
        let nina = if self.settings.contains("[nina]") { "" } else { "[nina]\n" };
        let settings = format!("{}\n{nina}", self.settings)
            .replace("[nina]\n", &format!("[nina]\ndirectories = [\"{root}/captures\"]\n"));
        let ingest =
            if self.settings.contains("[ingest]") { "" } else { "[ingest]\nsettle_seconds = 0.001\n" };
        let toml = format!(
            "{settings}\n[server]\nlisten = \"127.0.0.1:0\"\nworkers = 2\nstop_seconds = 2\n\
             [storage]\ndatabase = \"sqlite://{root}/work/trifocal.db\"\nwork_dir = \"{root}/work\"\n\
             {ingest}"
        );
        std::fs::write(&path, toml).unwrap();
        Config::load(&[path]).unwrap()
    }

    /// The directory itself, to outlive a gateway.
    pub(crate) fn keep(self) -> Arc<TempDir> {
        self.directory
    }

    /// Starts the service and waits until it has seen its directories.
    pub(crate) async fn serve(self) -> Gateway {
        let config = self.config();
        Gateway::start(config, self.directory).await
    }
}

impl Gateway {
    /// A gateway over `config`; `directory` lives as long as it does.
    pub(crate) async fn start(config: Config, directory: Arc<TempDir>) -> Self {
        let service = Service::start(config, SystemClock::start()).await.unwrap();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let gateway =
            Self { base: format!("http://{}", service.address()), service: Some(service), client, directory };
        gateway.service.as_ref().unwrap().ready().await;
        gateway
    }

    /// The address under TLS.
    pub(crate) fn tls_address(&self) -> std::net::SocketAddr {
        self.service.as_ref().and_then(Service::tls_address).unwrap()
    }

    /// The absolute URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A file of the watched directory.
    pub(crate) fn capture(&self, name: &str) -> PathBuf {
        self.directory.path().join("captures").join(name)
    }

    /// A websocket on `/v2/socket`.
    pub(crate) async fn socket(&self) -> Socket {
        let url = self.url("/v2/socket").replace("http://", "ws://");
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Socket(socket)
    }

    /// The address of the companion routes.
    pub(crate) fn companion(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.as_ref().unwrap().companion_address().unwrap())
    }

    /// Asks for a whole history until it `fits`; what is watched is followed in its own time.
    pub(crate) async fn history_until(&self, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let asked = async {
            loop {
                let body = self.json("/v2/api/image-history?all=true").await.1;
                let entries = body["Response"].as_array().unwrap().clone();
                if fits(&entries) {
                    return entries;
                }
            }
        };
        tokio::time::timeout(Duration::from_mins(1), asked).await.expect("the history never fitted")
    }

    /// The HTTP client of this test.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> (u16, Value) {
        let answer = self.get(path).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// Stops the service as SIGTERM would.
    pub(crate) async fn stop(mut self) {
        self.service.take().unwrap().stop().await.unwrap();
    }
}

/// A client of the websocket.
pub(crate) struct Socket(
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
);

impl Socket {
    /// The next text, as it was sent; `None` when the other side hung up.
    pub(crate) async fn text(&mut self) -> Option<String> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return None,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), next).await.expect("nothing was said")
    }

    /// The next text as JSON.
    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await.unwrap()).unwrap()
    }

    /// Says something.
    pub(crate) async fn say(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// The next message of any kind.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        self.0.next().await.transpose().ok().flatten()
    }
}

/// A frame to be saved: 16-bit samples and the cards a capture program writes.
pub(crate) struct Frame {
    samples: Array3<u16>,
    header: Header,
}

impl Frame {
    /// A frame whose samples are `sample(row, column)`.
    pub(crate) fn of(rows: usize, columns: usize, sample: impl Fn(usize, usize) -> u16) -> Self {
        let mut header = Header::new();
        header.set_text("IMAGETYP", "LIGHT", "");
        header.set_real("EXPTIME", 120.0, "");
        Self {
            samples: Array3::from_shape_fn((1, rows, columns), |(_, row, column)| sample(row, column)),
            header,
        }
    }

    /// An even gradient of 64 x 48 pixels.
    pub(crate) fn gradient() -> Self {
        Self::of(48, 64, |row, column| (1000 + 7 * column + 13 * row) as u16)
    }

    pub(crate) fn text(mut self, keyword: &str, value: &str) -> Self {
        self.header.set_text(keyword, value, "");
        self
    }

    pub(crate) fn real(mut self, keyword: &str, value: f64) -> Self {
        self.header.set_real(keyword, value, "");
        self
    }

    /// Writes the FITS file.
    pub(crate) fn write(self, path: &Path) -> PathBuf {
        FitsWriter::new().image(self.header, Raster::U16(self.samples)).write(path).unwrap();
        path.to_owned()
    }
}
