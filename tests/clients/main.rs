//! Real clients against the real service: every Python script of this folder is run with the base URL of a gateway
//! over the demo's files, in the environment that `tools/setup test` makes. What a script prints on failure is what
//! the test says; `TRIFOCAL_DEMO` names the directory of the files the gateway serves,
//! `TRIFOCAL_COMPANION` the base URL of the companion routes of Touch-N-Stars.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a client says belongs to the test's output"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use trifocal::clock::SystemClock;
use trifocal::config::Config;
use trifocal::demo;
use trifocal::server::Service;

/// One test for each script.
macro_rules! clients {
    ($($script:ident)*) => {
        /// The scripts that have a test.
        const SCRIPTS: &[&str] = &[$(stringify!($script)),*];

        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $script() {
            run(stringify!($script)).await;
        })*
    };
}

clients! {
    intercom_browser
    intercom_rtsp
    intercom_setup
    intercom_streams
    nina_stars
    touch_n_stars
    vo_conformance
    vo_cutouts
    vo_documents
    vo_pyvo
    vo_real_files
}

/// `tools/run-tests` sets it: without the environment tests fail then, and are skipped otherwise.
const REQUIRED: &str = "TRIFOCAL_CLIENTS_REQUIRED";

/// The interpreter with the clients' packages.
fn python() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("clients/bin/python");
    python.exists().then_some(python)
}

async fn run(script: &str) {
    let Some(python) = python() else {
        assert!(
            std::env::var_os(REQUIRED).is_none(),
            "the environment of the real clients is missing: run `tools/setup test`"
        );
        eprintln!("SKIPPED {script}: no real client was run. `tools/setup test` makes their environment.");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let service = start(directory.path()).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut client = Command::new(python);
    client
        .arg(folder.join(script).with_extension("py"))
        .arg(format!("http://{}", service.address()))
        .env("TRIFOCAL_DEMO", directory.path())
        .env("TRIFOCAL_PROGRAM", env!("CARGO_BIN_EXE_trifocal"))
        .env("TRIFOCAL_COMPANION", format!("http://{}", service.companion_address().unwrap()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(directory.path());
    let output = tokio::task::spawn_blocking(move || client.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{script}: {}\n{}", output.status, text(&output.stderr));
    service.stop().await.unwrap();
}

/// A gateway over the small demo that has seen all its files.
async fn start(directory: &Path) -> Service {
    let site = demo::write_scaled(directory, demo::Scale::Small, |_| ()).unwrap();
    let settings = directory.join("trifocal.toml");
    let listen = "127.0.0.1:0".parse().unwrap();
    let toml = format!(
        "{}\n{}\n[ingest]\nsettle_seconds = 0.001\n",
        site.settings(directory, listen),
        real_files(directory)
    );
    std::fs::write(&settings, toml).unwrap();
    let mut config = Config::load(&[settings]).unwrap();
    config.nina.companion_listen = String::from("127.0.0.1:0");
    let service = Service::start(config, SystemClock::start()).await.unwrap();
    service.ready().await;
    service
}

/// The settings of an archive over the real files of the shared data folder, where there is one. Numbers are made of
/// file names, so that scripts can tell them.
fn real_files(directory: &Path) -> String {
    let Some(folder) = std::env::var_os("TRIFOCAL_TEST_DATA") else { return String::new() };
    let link = directory.join("real");
    std::os::unix::fs::symlink(Path::new(&folder).join("fits"), &link).unwrap();
    format!(
        "[[archives]]\nid = \"real\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"fits\"\n\
         directory = \"{}/\"\nscience_id = \"sequence\"\nfile_name = '^(?<sequence>[0-9]+)-never$'\n",
        link.display()
    )
}

#[test]
fn every_script_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut scripts: Vec<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), "checks" | "crops" | "gateways"))
        .collect();
    scripts.sort();
    assert_eq!(scripts, SCRIPTS);
}
