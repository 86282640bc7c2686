//! Cameras that get it wrong: pages and noise for pictures, pictures without end, too big, cut, or of another size every
//! time.

use tokio::io::AsyncWriteExt;
use trifocal::camera::CameraConfig;
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, jpeg, stated_size};
use super::peer::{Peer, STREAM, part};

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_no_pictures_end_in_a_notice() {
    let endless_header = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(400_000));
    for (name, head, body) in [
        ("a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<html>log in</html>".to_vec()),
        ("an error", "HTTP/1.1 500 Oops\r\n\r\n", Vec::new()),
        ("endless headers", endless_header.as_str(), b"y".to_vec()),
        ("no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", Vec::new()),
        ("noise", STREAM, vec![b'<'; 1 << 20]),
        (
            "a still that says it is huge",
            "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 104857600\r\n\r\n",
            vec![7; 1000],
        ),
        (
            "a still that does not end",
            "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",
            vec![7; 12 << 20],
        ),
    ] {
        let peer = Peer::streaming(head, body, 100_000).await;
        let config = CameraConfig { poll_seconds: 0.05, ..CameraConfig::new("dome", &peer.url("/")) };
        let gateway = Gateway::with(&[config], IntercomConfig::default(), SystemClock::start());
        eprintln!("{name}");
        gateway.shows_a_notice().await;
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_pictures_are_counted_and_the_good_ones_between_them_are_shown() {
    let picture = jpeg(640, 480, [30, 90, 200]);
    let half = &picture[..picture.len() / 2];
    let body = [part(half), part(&picture), part(b"\xFF\xD8\xFF\xD9"), part(&picture[..40])].concat();
    let peer = Peer::streaming(STREAM, body, 1460).await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.rejected >= 3 && camera.frames >= 2).await;
    assert!(gateway.get("snapshot?width=640&height=480").await.bytes().await.unwrap() == picture);
    assert_eq!(gateway.cameras.health()[0].failures, 0, "a broken picture is no lost camera");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_changes_its_size_does_not_change_the_clients() {
    let body = [part(&jpeg(640, 480, [200, 0, 0])), part(&jpeg(1280, 720, [0, 200, 0]))].concat();
    let peer = Peer::streaming(STREAM, body, 1 << 20).await;
    let gateway = Gateway::watching(&peer.url("/"));
    let mut seen = 0;
    while seen < 6 {
        let answer = gateway.get("snapshot?width=640&height=480").await;
        assert_eq!(stated_size(&answer.bytes().await.unwrap()).to_string(), "640x480");
        seen += 1;
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_pictures_of_all_kinds_leave_the_camera_alive() {
    let Ok(data) = std::env::var("TRIFOCAL_TEST_DATA") else {
        eprintln!("SKIPPED: TRIFOCAL_TEST_DATA is not set");
        return;
    };
    let good = jpeg(640, 480, [30, 90, 200]);
    let mut body = part(&good);
    let mut hostile = 0;
    for entry in std::fs::read_dir(std::path::Path::new(&data).join("broken")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jpg") {
            body.extend(part(&std::fs::read(path).unwrap()));
            body.extend(part(&good));
            hostile += 1;
        }
    }
    assert!(hostile >= 8, "{hostile} hostile pictures");
    let peer = Peer::streaming(STREAM, body, 8192).await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.frames >= 2 * hostile && camera.rejected >= 4).await;
    for size in ["width=640&height=480", "width=320&height=240", "width=1280&height=960&timestamp=1"] {
        let mut pictures = 0;
        while pictures < 10 {
            let answer = gateway.get(&format!("snapshot?{size}")).await;
            // A picture that passes the gate and cannot be decoded is an error of that request, no more.
            pictures += u32::from(answer.headers()["content-type"] == "image/jpeg");
        }
    }
    assert_eq!(gateway.cameras.health()[0].failures, 0);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_never_ends_ends_the_session_and_takes_no_more_memory_than_a_picture_may() {
    let picture = jpeg(640, 480, [30, 90, 200]);
    // Up to its scan, and then a hundred megabytes of it.
    let scan = picture.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let beginning = [STREAM.as_bytes(), &part(&picture), &picture[..scan + 14]].concat();
    let peer = Peer::with(move |_, mut socket| {
        let beginning = beginning.clone();
        async move {
            let _ = socket.write_all(&beginning).await;
            let endless = vec![7; 1 << 20];
            for _ in 0..100 {
                if socket.write_all(&endless).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.failures > 0 && camera.frames > 0).await;
    assert!(gateway.cameras.health()[0].ring_bytes < 1 << 20);
    gateway.shows_a_notice().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_k_is_passed_on_scaled_and_remembered_smaller() {
    let picture = jpeg(7680, 4320, [30, 90, 200]);
    let peer = Peer::streaming(STREAM, part(&picture), 1 << 20).await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.ring_reach.as_secs() >= 1).await;
    let caps = gateway.get("caps").await.text().await.unwrap();
    assert!(caps.contains(r#"{"width":7680,"height":4320}"#), "{caps}");
    let whole = gateway.get("snapshot?width=7680&height=4320").await.bytes().await.unwrap();
    assert!(whole == picture, "its own size is passed on as it came");
    for (query, size) in
        [("width=640&height=480", "640x480"), ("width=7680&height=4320&time=-0.5", "1280x720")]
    {
        let answer = gateway.get(&format!("snapshot?{query}")).await;
        assert_eq!(answer.headers()["content-type"], "image/jpeg", "{query}");
        assert_eq!(stated_size(&answer.bytes().await.unwrap()).to_string(), size, "{query}");
    }
    let health = &gateway.cameras.health()[0];
    assert!(health.ring_bytes < 30 * 10 * picture.len() / 4, "{} bytes are held", health.ring_bytes);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_claims_to_be_larger_than_any_camera_is_refused() {
    let picture = jpeg(640, 480, [30, 90, 200]);
    let mut huge = picture.clone();
    let header = huge.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    huge[header + 5..header + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    let peer = Peer::streaming(STREAM, [part(&huge), part(&picture)].concat(), 4096).await;
    let gateway = Gateway::watching(&peer.url("/"));
    gateway.until(|camera| camera.rejected >= 3 && camera.frames >= 3).await;
    assert!(gateway.get("snapshot?width=640&height=480").await.bytes().await.unwrap() == picture);
    gateway.stop().await;
}
