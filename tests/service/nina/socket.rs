//! The websocket: what happens is told, in order, to whoever listens.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Frame, Gateway, Site};

#[tokio::test]
async fn a_saved_frame_is_told_when_its_pictures_can_be_had() {
    let gateway = Site::new().serve().await;
    let (mut first, mut second) = (gateway.socket().await, gateway.socket().await);
    Frame::gradient().text("FILTER", "Ha").write(&gateway.capture("1.fits"));
    for socket in [&mut first, &mut second] {
        let prepared = socket.text().await.unwrap();
        assert_eq!(
            prepared,
            r#"{"Response":{"Event":"IMAGE-PREPARED"},"Error":"","StatusCode":200,"Success":true,"Type":"Socket"}"#
        );
        let saved = socket.text().await.unwrap();
        assert!(saved.contains(r#""ExposureTime":120.0,"#), "numbers keep their fraction: {saved}");
        let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
        assert_eq!((&saved["Type"], &saved["Response"]["Event"]), (&"Socket".into(), &"IMAGE-SAVE".into()));
        let told = &saved["Response"]["ImageStatistics"];
        let newest = gateway.json("/v2/api/image-history").await.1["Response"][0].clone();
        let keys = |item: &serde_json::Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(told), keys(&newest));
        for key in ["Filter", "Date", "Filename", "Stars"] {
            assert_eq!(told[key], newest[key], "{key}");
        }
        for key in ["Mean", "HFR", "HFRStDev"] {
            assert_eq!(told[key].as_f64(), newest[key].as_f64(), "{key}");
            assert!(told[key].is_f64(), "{key}");
        }
        assert!(saved["Response"].get("Time").is_none());
        gateway.bytes("/v2/api/image/0?stream=true&quality=80").await;
        gateway.bytes("/v2/api/image/thumbnail/0").await;
        gateway.bytes("/v2/api/prepared-image?quality=80").await;
    }
    let events = gateway.json("/v2/api/event-history").await.1["Response"].clone();
    assert_eq!(events.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn thumbnails_are_on_disk_before_the_frame_is_told() {
    let site = Site::new();
    let shelf = site.path().join("work/thumbnails");
    let gateway = site.serve().await;
    let mut socket = gateway.socket().await;
    Frame::gradient().write(&gateway.capture("1.fits"));
    assert_eq!(socket.json().await["Response"]["Event"], "IMAGE-PREPARED");
    assert_eq!(socket.json().await["Response"]["Event"], "IMAGE-SAVE");
    let kept = walkdir::WalkDir::new(shelf).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    assert_eq!(kept.count(), 1);
}

#[tokio::test]
async fn any_text_is_answered_briefly_and_pings_are_returned() {
    let gateway = Site::new().serve().await;
    let mut socket = gateway.socket().await;
    let subscribe = r#"{"action":"subscribe","eventType":"IMAGE-SAVE"}"#;
    for text in [subscribe, "enable-consumer-events", ""] {
        socket.say(Message::text(text)).await;
        let reply = socket.json().await;
        assert_eq!((&reply["Type"], &reply["Success"]), (&"Socket".into(), &true.into()));
    }
    socket.say(Message::Ping("are you there".into())).await;
    while let Some(message) = socket.message().await {
        if let Message::Pong(bytes) = message {
            assert_eq!(&bytes[..], b"are you there");
            return;
        }
    }
    panic!("the ping was not returned");
}

async fn handshake(gateway: &Gateway, more: &str) -> (tokio::net::TcpStream, String) {
    let address = gateway.url("").replace("http://", "");
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET /v2/socket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(answer).unwrap();
    (connection, head.lines().next().unwrap().to_owned())
}

#[tokio::test]
async fn a_sub_protocol_or_no_websocket_at_all_is_refused() {
    let gateway = Site::new().serve().await;
    assert_eq!(gateway.get("/v2/socket").await.status(), 400);
    let offered = "Sec-WebSocket-Protocol: chat\r\n";
    assert_eq!(handshake(&gateway, offered).await.1, "HTTP/1.1 400 Bad Request");
    assert_eq!(handshake(&gateway, "").await.1, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(gateway.get("/v2/tppa").await.status(), 404);
}

#[tokio::test]
async fn a_listener_that_never_reads_gives_up_its_place_and_holds_up_nobody() {
    let gateway = Site::new()
        .with_settings("[nina]\nlisteners = 2\nlistener_queue = 4\nping_seconds = 0.05\n")
        .serve()
        .await;
    let mut socket = gateway.socket().await;
    let (_silent, status) = handshake(&gateway, "").await;
    assert_eq!(status, "HTTP/1.1 101 Switching Protocols");
    // Whoever reads answers pings by that, and stays.
    let listening = tokio::spawn(async move {
        let mut saved = 0;
        while saved < 12 {
            saved += usize::from(socket.json().await["Response"]["Event"] == "IMAGE-SAVE");
        }
    });
    for number in 0..12 {
        Frame::of(8, 8, |_, _| number).write(&gateway.capture(&format!("{number:02}.fits")));
    }
    listening.await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while handshake(&gateway, "").await.1 != "HTTP/1.1 101 Switching Protocols" {
        assert!(std::time::Instant::now() < deadline, "the silent listener kept its place");
    }
}

#[tokio::test]
async fn a_stop_hangs_up_on_listeners() {
    let gateway = Site::new().serve().await;
    let mut socket = gateway.socket().await;
    let stopped = tokio::spawn(gateway.stop());
    assert_eq!(socket.text().await, None);
    stopped.await.unwrap();
}
