//! Cameras behind the program ffmpeg, with scripts in its place: one that hangs, one that dies, none at all. And what
//! it is called with, and what of it reaches the log.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use trifocal::pixel::codec::jpeg_encode;
use trifocal::pixel::{Channels, EightBit};

use super::process::Process;
use super::support::Site;

const USB: &str = "[[cameras]]\nname = \"usb\"\nurl = \"v4l2:/dev/video0?size=640x480&fps=5&format=mjpeg\"\n";
const SNAPSHOT: &str = "/api/camera/snapshot?width=640&height=480";

/// A directory with an `ffmpeg` that is this shell script. `$0.pids` gets the number of each process.
fn in_place_of_ffmpeg(site: &Site, script: &str) -> PathBuf {
    let directory = site.path().join("programs");
    fs::create_dir_all(&directory).unwrap();
    let program = directory.join("ffmpeg");
    fs::write(&program, format!("#!/bin/sh\necho $$ >> \"$0.pids\"\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// The service with no programs but those of `directory`.
fn start(site: &Site, directory: &Path) -> Process {
    site.config();
    Process::start_with(&site.path().join("trifocal.toml"), |command| {
        command.env("PATH", directory);
    })
}

/// The numbers of the processes that were started so far.
fn processes(directory: &Path) -> Vec<u32> {
    let text = fs::read_to_string(directory.join("ffmpeg.pids")).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn is_alive(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

async fn until(what: &str, process: &Process, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let late = |_| panic!("{what} never came; the log: {}", process.log());
    tokio::time::timeout(Duration::from_mins(1), wait).await.unwrap_or_else(late);
}

/// Waits for a picture of a camera in this state; gives it.
async fn picture(process: &Process, source: &str, state: &str) -> Vec<u8> {
    let asked = async {
        loop {
            let answer = process.get(&format!("{SNAPSHOT}&source={source}")).await;
            if answer.headers()["x-source-state"] == state {
                return answer.bytes().await.unwrap().to_vec();
            }
        }
    };
    let late = |_| panic!("{source} was never {state}; the log: {}", process.log());
    tokio::time::timeout(Duration::from_mins(1), asked).await.unwrap_or_else(late)
}

fn jpeg() -> Vec<u8> {
    jpeg_encode(&EightBit::filled(640, 480, Channels::Rgb, [30, 90, 200]), 90).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_and_ignores_signals_is_killed_and_another_is_tried() {
    let site = Site::new().with_settings(USB);
    let programs =
        in_place_of_ffmpeg(&site, "trap '' TERM INT HUP QUIT PIPE\nwhile :; do /bin/sleep 1; done");
    let process = start(&site, &programs);
    let notice = picture(&process, "usb", "offline").await;
    assert!(notice.starts_with(&[0xFF, 0xD8]), "a notice meanwhile");
    until("a second try", &process, || processes(&programs).len() >= 2).await;
    let first = processes(&programs)[0];
    until("the end of the first", &process, || !is_alive(first)).await;
    assert!(process.log().contains("it is connected and sends no picture"), "{}", process.log());
    assert!(process.log().contains("retry_s"), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_dies_is_started_again_and_its_last_words_are_told() {
    let site = Site::new().with_settings(USB);
    let good = site.path().join("good.jpg");
    fs::write(&good, jpeg()).unwrap();
    // Two pictures and the beginning of a third; the first time not even that.
    let script = format!(
        "if [ \"$(/usr/bin/wc -l < \"$0.pids\")\" -gt 1 ]; then /bin/cat {good} {good}; /usr/bin/head -c 999 {good}; fi\n\
         echo '[video4linux2] /dev/video0: Input/output error' >&2\nexit 5",
        good = good.display()
    );
    let programs = in_place_of_ffmpeg(&site, &script);
    let process = start(&site, &programs);
    until("a fourth end", &process, || process.log().matches("\"retry_s\":").count() >= 4).await;
    let log = process.log();
    assert!(log.contains("ffmpeg ended: [video4linux2] /dev/video0: Input/output error"), "{log}");
    let waits: Vec<f64> = log
        .lines()
        .filter_map(|line| line.split_once("\"retry_s\":")?.1.split([',', '}']).next()?.parse().ok())
        .collect();
    assert!(waits.is_sorted_by(|a, b| a < b), "later and later: {waits:?}");
    let metrics = process.get("/metrics").await.text().await.unwrap();
    let frames = metrics.lines().find(|line| line.starts_with("trifocal_camera_frames_total")).unwrap();
    let frames: u64 = frames.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(frames >= 4 && frames.is_multiple_of(2), "half pictures are none: {frames}");
}

#[tokio::test(flavor = "multi_thread")]
async fn none_at_all_is_named_and_the_other_cameras_work() {
    let film = Site::new();
    fs::write(film.path().join("film.mp4"), b"no matter").unwrap();
    let settings = format!(
        "{USB}[[cameras]]\nname = \"film\"\nurl = \"file:{}/film.mp4\"\n\
         [[cameras]]\nname = \"pattern\"\nurl = \"test:?size=640x480\"\n",
        film.path().display()
    );
    let site = Site::new().with_settings(&settings);
    let nothing = site.path().join("nothing");
    fs::create_dir(&nothing).unwrap();
    let process = start(&site, &nothing);
    for source in ["usb", "film"] {
        assert!(picture(&process, source, "offline").await.starts_with(&[0xFF, 0xD8]));
    }
    picture(&process, "pattern", "live").await;
    let log = process.log();
    assert!(log.contains("the program ffmpeg is needed for this, and is not installed"), "{log}");
    let check = Command::new(env!("CARGO_BIN_EXE_trifocal"))
        .args(["check", "--config"])
        .arg(site.path().join("trifocal.toml"))
        .env("PATH", &nothing)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(!check.status.success(), "{said}");
    assert_eq!(said.matches("needs the program ffmpeg, which is not installed").count(), 2, "{said}");
    let clip = process.get("/api/camera/clip?source=pattern&from=-30").await;
    assert_eq!(clip.headers()["content-type"], "application/json", "no film, but an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gets_its_arguments_one_by_one_and_no_shell_reads_them() {
    let videos = Site::new();
    let tricky = videos.path().join("-i concat:a|b $(touch pwned); -y.mp4");
    fs::write(&tricky, b"no matter").unwrap();
    let settings = format!(
        "{USB}[[cameras]]\nname = \"yuyv\"\nurl = \"v4l2:/dev/video1?format=yuyv422\"\n\
         [[cameras]]\nname = \"free\"\nurl = \"ffmpeg:copy\"\narguments = [\"-f\", \"mjpeg\", \"-i\", \"a b; touch pwned $HOME\"]\n\
         [[cameras]]\nname = \"film\"\nurl = \"file:{}\"\n",
        tricky.display()
    );
    let site = Site::new().with_settings(&settings);
    let picture_file = site.path().join("good.jpg");
    fs::write(&picture_file, jpeg()).unwrap();
    let script = format!(
        "printf '%s\\n' \"$@\" > \"$0.$$\"\nwhile /bin/cat {}; do /bin/sleep 0.1; done",
        picture_file.display()
    );
    let programs = in_place_of_ffmpeg(&site, &script);
    let process = start(&site, &programs);
    for source in ["usb", "yuyv", "free", "film"] {
        assert_eq!(picture(&process, source, "live").await, jpeg(), "{source}");
    }
    let mut called: Vec<Vec<String>> = processes(&programs)
        .iter()
        .filter_map(|process| fs::read_to_string(programs.join(format!("ffmpeg.{process}"))).ok())
        .map(|text| text.lines().map(str::to_owned).collect())
        .collect();
    called.sort();
    let always = ["-hide_banner", "-nostdin", "-loglevel", "error"];
    let copied = ["-an", "-c:v", "copy", "-f", "mjpeg", "pipe:1"];
    let encoded = ["-an", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f", "mjpeg", "pipe:1"];
    let usb = [
        "-f",
        "v4l2",
        "-video_size",
        "640x480",
        "-framerate",
        "5",
        "-input_format",
        "mjpeg",
        "-i",
        "/dev/video0",
    ];
    let yuyv = ["-f", "v4l2", "-input_format", "yuyv422", "-i", "/dev/video1"];
    let free = ["-f", "mjpeg", "-i", "a b; touch pwned $HOME"];
    let video = format!("file:{}", tricky.display());
    let film = ["-re", "-stream_loop", "-1", "-protocol_whitelist", "file,crypto,data", "-i", &video];
    let mut expected = [
        [&always[..], &usb, &copied].concat(),
        [&always[..], &yuyv, &encoded].concat(),
        [&always[..], &free, &copied].concat(),
        [&always[..], &film, &encoded].concat(),
    ];
    expected.sort();
    assert_eq!(called, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_logged_or_told() {
    let settings = "[[cameras]]\nname = \"a\"\nurl = \"http://ann:hush1@127.0.0.1:9/video?token=hush2\"\n\
         [[cameras]]\nname = \"b\"\nurl = \"rtsp://ann:hush3@127.0.0.1:9/live\"\n\
         [[cameras]]\nname = \"c\"\nurl = \"http://127.0.0.1:9/still\"\nusername = \"ann\"\npassword = \"hush4\"\n\
         [[cameras]]\nname = \"d\"\nurl = \"ffmpeg:\"\narguments = [\"-i\", \"rtsp://ann:hush5@127.0.0.1:9/live\"]\n";
    let site = Site::new().with_settings(settings);
    let programs = in_place_of_ffmpeg(&site, "echo \"$6: Connection refused\" >&2\nexit 1");
    site.config();
    let process = Process::start_with(&site.path().join("trifocal.toml"), |command| {
        command.env("PATH", &programs).env("RUST_LOG", "trace");
    });
    let mut told = String::new();
    for source in ["a", "b", "c", "d"] {
        picture(&process, source, "offline").await;
    }
    for path in
        ["/metrics", "/readyz", "/openapi.json", "/api/camera/caps", "/api/system/info", "/api/nothing"]
    {
        let answer = process.get(path).await;
        writeln!(told, "{:?}", answer.headers()).unwrap();
        told.push_str(&answer.text().await.unwrap());
    }
    told.push_str(&process.log());
    assert!(told.contains("rtsp://127.0.0.1:9/live: Connection refused"), "{told}");
    let hushed: Vec<_> = told.lines().filter(|line| line.contains("hush")).collect();
    assert!(hushed.is_empty(), "{hushed:?}");
}
