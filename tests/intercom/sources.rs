//! Cameras on the network: how they are asked, and what a client sees of what they send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use trifocal::camera::{CameraConfig, OfflinePolicy, State};
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, jpeg, stated_size};
use super::peer::{Peer, STREAM, digest_is_right, part};

const PICTURE: &str = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_pictures_reaches_the_client_byte_for_byte() {
    let picture = jpeg(640, 480, [30, 90, 200]);
    let peer = Peer::streaming(STREAM, part(&picture), 999).await;
    let gateway = Gateway::watching(&peer.url("/video?x=1"));
    let answer = gateway.get("snapshot?width=640&height=480").await;
    assert_eq!(answer.headers()["x-source-state"], "live");
    assert!(answer.bytes().await.unwrap() == picture);
    assert_eq!(peer.heard(), ["/video?x=1"]);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_of_single_pictures_is_polled_at_its_pace() {
    let picture = jpeg(320, 240, [30, 90, 200]);
    let answer =
        [format!("{PICTURE}Content-Length: {}\r\n\r\n", picture.len()).as_bytes(), &picture].concat();
    let peer = Peer::with(move |_, mut socket| {
        let answer = answer.clone();
        async move {
            let _ = socket.write_all(&answer).await;
        }
    })
    .await;
    let config = CameraConfig { poll_seconds: 0.1, ..CameraConfig::new("dome", &peer.url("/still.jpg")) };
    let gateway = Gateway::with(&[config], IntercomConfig::default(), SystemClock::start());
    gateway.until(|camera| camera.frames >= 5).await;
    let age = gateway.cameras.health()[0].frame_age.unwrap();
    assert!(age < Duration::from_secs(2), "{age:?}");
    assert!(gateway.get("snapshot?width=320&height=240").await.bytes().await.unwrap() == picture);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_and_digest_cameras_are_shown_their_credentials() {
    let picture = jpeg(320, 240, [30, 90, 200]);
    for digest in [false, true] {
        let body = [STREAM.as_bytes(), &part(&picture)].concat();
        let peer = Peer::with(move |heard, mut socket| {
            let body = body.clone();
            async move {
                let is_right = |header: &String| {
                    if digest {
                        digest_is_right(header, &heard.target, "viewer", "cam", "s:cret")
                    } else {
                        header == "Basic dmlld2VyOnM6Y3JldA=="
                    }
                };
                let answer = if heard.authorization.as_ref().is_some_and(is_right) {
                    body
                } else if digest {
                    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"cam\", nonce=\"77\", qop=\"auth\"\r\n\
                      Content-Length: 0\r\nConnection: close\r\n\r\n"
                        .to_vec()
                } else {
                    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"cam\"\r\nContent-Length: 0\r\n\
                      Connection: close\r\n\r\n"
                        .to_vec()
                };
                let _ = socket.write_all(&answer).await;
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
        })
        .await;
        // What the camera is asked for and what the credentials are for must be the same text.
        let target = "/a//b%20c/%64;e/?z=1&y=%2F%2f&y&x=";
        let url = peer.url(target).replacen("//", "//viewer:s%3Acret@", 1);
        let gateway = Gateway::watching(&url);
        let answer = gateway.get("snapshot?width=320&height=240").await;
        assert!(answer.bytes().await.unwrap() == picture, "digest: {digest}");
        assert_eq!(peer.heard(), [target, target], "asked without and with credentials");
        gateway.stop().await;

        let gateway = Gateway::watching(&url.replace("s%3Acret", "wrong"));
        gateway.shows_a_notice().await;
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_may_redirect_to_itself_but_to_nobody_else() {
    let picture = jpeg(320, 240, [30, 90, 200]);
    let body = [STREAM.as_bytes(), &part(&picture)].concat();
    let peer = Peer::with(move |heard, mut socket| {
        let body = body.clone();
        async move {
            let answer = match heard.target.as_str() {
                "/old" => b"HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
                "/away" => {
                    b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        .to_vec()
                }
                "/file" => b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .to_vec(),
                "/round" => b"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
                _ => body,
            };
            let _ = socket.write_all(&answer).await;
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
    })
    .await;
    let gateway = Gateway::watching(&peer.url("/old"));
    assert!(gateway.get("snapshot?width=320&height=240").await.bytes().await.unwrap() == picture);
    gateway.stop().await;
    let behind = peer.url("/picture");
    let next_door = Peer::with(move |_, mut socket| {
        let to_the_camera = format!("HTTP/1.1 302 Found\r\nLocation: {behind}\r\nContent-Length: 0\r\n\r\n");
        async move {
            let _ = socket.write_all(to_the_camera.as_bytes()).await;
        }
    })
    .await;
    let heard_before = peer.heard().len();
    let gateway = Gateway::watching(&next_door.url("/"));
    gateway.shows_a_notice().await;
    gateway.stop().await;
    assert_eq!(peer.heard().len(), heard_before, "another port of the same host was not asked");
    for path in ["/away", "/file", "/round"] {
        let gateway = Gateway::watching(&peer.url(path));
        gateway.shows_a_notice().await;
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_unplugged_and_plugged_in_again_comes_back_by_itself() {
    let picture = jpeg(640, 480, [30, 90, 200]);
    let body = part(&picture);
    let sessions = Arc::new(AtomicUsize::new(0));
    let counted = sessions.clone();
    // Every session ends after three pictures.
    let peer = Peer::with(move |_, mut socket| {
        counted.fetch_add(1, Ordering::SeqCst);
        let body = body.clone();
        async move {
            let _ = socket.write_all(STREAM.as_bytes()).await;
            for _ in 0..3 {
                let _ = socket.write_all(&body).await;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
    })
    .await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.frames >= 3 && camera.state == State::Offline).await;
    peer.unplugged.store(true, Ordering::SeqCst);
    gateway.until(|camera| camera.failures >= 2).await;
    peer.unplugged.store(false, Ordering::SeqCst);
    gateway.until(|camera| camera.frames >= 6).await;
    assert!(sessions.load(Ordering::SeqCst) >= 2);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_on_demand_camera_is_left_alone_until_somebody_asks() {
    use trifocal::camera::Connect;
    let picture = jpeg(640, 480, [30, 90, 200]);
    let peer = Peer::streaming(STREAM, part(&picture), 4096).await;
    let config = CameraConfig {
        connect: Connect::OnDemand,
        linger_seconds: 1,
        offline: OfflinePolicy::Error,
        ..CameraConfig::new("dome", &peer.url("/"))
    };
    let gateway = Gateway::with(&[config], IntercomConfig::default(), SystemClock::start());
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.requests.load(Ordering::SeqCst), 0);
    assert!(gateway.get("snapshot?width=640&height=480").await.bytes().await.unwrap() == picture);
    assert_eq!(peer.requests.load(Ordering::SeqCst), 1);
    assert_eq!(gateway.cameras.health()[0].failures, 0);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_may_carry_the_cameras_name_and_time() {
    let gateway = Gateway::with_pattern();
    let plain = gateway.get("snapshot?width=640&height=480").await.bytes().await.unwrap();
    let stamped = gateway.get("snapshot?width=640&height=480&timestamp=1").await.bytes().await.unwrap();
    assert_eq!(stated_size(&stamped), stated_size(&plain));
    assert_ne!(stamped, plain);
    assert_eq!(
        gateway.failure("snapshot?width=640&height=480&timestamp=yes").await,
        (12, "timestamp".to_owned())
    );
    gateway.stop().await;
}
