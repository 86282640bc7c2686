//! The settings file, typed, layered and validated.
//!
//! Layers, later ones win: built-in defaults, each `--config` file in order, environment variables such as
//! `TRIFOCAL__SERVER__LISTEN`. A key nobody knows, a wrong type or an impossible value stops the start with one
//! sentence naming the key; nothing is silently replaced by a default. `config/trifocal.toml` documents every key.

mod error;
mod sections;
mod validation;

use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use serde::Deserialize;

pub use self::error::Error;
pub use self::sections::{ServerConfig, StorageConfig, TlsConfig};
use crate::access::{AccessConfig, Service};
use crate::camera::CameraConfig;
use crate::ingest::{ArchiveConfig, IngestConfig};
use crate::jobs::JobsConfig;
use crate::protocol::intercom::IntercomConfig;
use crate::protocol::nina::NinaConfig;
use crate::protocol::vo::VoConfig;
use crate::render::{CacheConfig, LimitsConfig};

/// Keys whose values are lists of words, which an environment variable separates by commas.
const LISTS: [&str; 5] = [
    "server.trusted_proxies",
    "nina.directories",
    "access.anonymous",
    "access.disabled",
    "access.require_tls",
];

/// Everything the service is told at start.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the service listens.
    pub server: ServerConfig,
    /// Where the service keeps its own files.
    pub storage: StorageConfig,
    /// Bytes held in memory for speed.
    pub cache: CacheConfig,
    /// What one request may cost.
    pub limits: LimitsConfig,
    /// How directories are watched.
    pub ingest: IngestConfig,
    /// The N.I.N.A. dialect.
    pub nina: NinaConfig,
    /// The Virtual Observatory dialect.
    pub vo: VoConfig,
    /// What jobs of clients may cost.
    pub jobs: JobsConfig,
    /// FITS archives of the Virtual Observatory dialect.
    pub archives: Vec<ArchiveConfig>,
    /// Cameras of the intercom dialect; the first is `internal`, the second `external`.
    pub cameras: Vec<CameraConfig>,
    /// How the intercom dialect answers.
    pub intercom: IntercomConfig,
    /// Who may do what.
    pub access: AccessConfig,
}

impl Config {
    /// Reads and validates the layers.
    ///
    /// # Errors
    /// One sentence naming the key, and the file where that is known.
    pub fn load(files: &[PathBuf]) -> Result<Self, Error> {
        let mut builder = config::Config::builder();
        for path in files {
            builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml).required(true));
        }
        let environment = Environment::with_prefix("TRIFOCAL")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",");
        let environment = LISTS.into_iter().fold(environment, Environment::with_list_parse_key);
        let unreadable = |problem: String| Error::Unreadable { files: in_brackets(files), problem };
        let layers =
            builder.add_source(environment).build().map_err(|problem| unreadable(problem.to_string()))?;
        let config: Self =
            layers.clone().try_deserialize().map_err(|problem| unreadable(in_words(layers, &problem)))?;
        config.validated()
    }

    /// Where uploaded frames go.
    pub fn uploads(&self) -> PathBuf {
        self.storage.work_dir.join("uploads")
    }

    /// The directories of captures: those of the settings, the one stills are kept in and, once anybody may or could
    /// upload, that of uploads.
    pub fn captures(&self) -> Vec<PathBuf> {
        let mut directories = self.nina.directories.clone();
        let stills = &self.intercom.keep_directory;
        let is_within = directories.iter().any(|directory| stills.starts_with(directory));
        if !stills.as_os_str().is_empty() && !is_within {
            directories.push(stills.clone());
        }
        let uploads = self.uploads();
        if self.access.offers(Service::Upload) || uploads.is_dir() {
            directories.push(uploads);
        }
        directories
    }

    /// Every directory frames come from, with the key that names it.
    pub fn directories(&self) -> Vec<(String, &Path)> {
        let nina = self.nina.directories.iter().map(|path| ("nina.directories".to_owned(), path.as_path()));
        let archives = self.archives.iter().flat_map(|archive| {
            archive.datasets.iter().map(move |dataset| {
                (format!("archives.{}.{}.directory", archive.id, dataset.name), dataset.directory.as_path())
            })
        });
        nina.chain(archives).collect()
    }
}

/// What is wrong with the layers: the key and what would be right, where the library tells of one of them only.
fn in_words(layers: config::Config, problem: &config::ConfigError) -> String {
    let named = |value: serde_json::Value| serde_path_to_error::deserialize::<_, Config>(value).err();
    match layers.try_deserialize().ok().and_then(named) {
        Some(error) if error.path().iter().len() > 0 => format!("{}: {}", error.path(), error.inner()),
        Some(error) => error.inner().to_string(),
        None => problem.to_string(),
    }
}

fn in_brackets(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::camera::Cameras;
    use crate::clock::SystemClock;

    fn load(text: &str) -> Result<Config, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trifocal.toml");
        fs::write(&path, text).unwrap();
        Config::load(&[path])
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = load("").unwrap();
        assert_eq!(config.server.listen.port(), 1888);
        assert!(config.archives.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let message = load("[server]\nlisten_on = \"127.0.0.1:1\"\n").unwrap_err().to_string();
        assert!(message.contains("listen_on") && message.contains("trifocal.toml"), "{message}");
    }

    #[test]
    fn a_wrong_type_names_key_and_file() {
        let message = load("[cache]\nframes_mib = \"many\"\n").unwrap_err().to_string();
        assert!(message.contains("frames_mib") && message.contains("trifocal.toml"), "{message}");
    }

    #[test]
    fn a_word_nobody_knows_names_the_key_and_the_words_there_are() {
        let message = load("[access]\nanonymous = [\"all\"]\n").unwrap_err().to_string();
        assert!(message.contains("access.anonymous[0]") && message.contains("`nina`"), "{message}");
    }

    #[test]
    fn a_key_that_is_missing_is_named_with_its_place() {
        let message = load("[[cameras]]\nname = \"dome\"\n").unwrap_err().to_string();
        assert!(message.contains("cameras[0]: missing field `url`"), "{message}");
    }

    #[test]
    fn an_impossible_value_names_its_key() {
        for (key, value) in [
            ("nina.stretch_factor", "2.0"),
            ("nina.black_clipping", "nan"),
            ("nina.ping_seconds", "1e300"),
            ("nina.listener_queue", "0"),
            ("nina.companion_listen", "\"5000\""),
            ("ingest.settle_seconds", "0"),
            ("ingest.poll_seconds", "-1"),
            ("server.workers", "513"),
            ("server.public_url", "\"httpd\""),
            ("cache.frames_mib", "9223372036854775807"),
            ("jobs.queued", "0"),
            ("jobs.attempts", "0"),
            ("jobs.most_keep_days", "4000000000"),
            ("storage.database", "\"postgres://x\""),
            ("vo.cutout_square_degrees", "0"),
            ("vo.usual_rows", "1000000"),
            ("limits.cutout_pixels", "0"),
        ] {
            let (section, name) = key.split_once('.').unwrap();
            let refused = load(&format!("[{section}]\n{name} = {value}\n"));
            assert!(
                matches!(&refused, Err(Error::Impossible { key: named, .. }) if named == key),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let config = load("[server]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\", \"::1\"]\n").unwrap();
        assert!(config.server.trusted_proxies.trusts("10.1.2.3".parse().unwrap()));
        assert!(!Config::default().server.trusted_proxies.trusts("127.0.0.1".parse().unwrap()));
        let message = load("[server]\ntrusted_proxies = [\"nginx\"]\n").unwrap_err().to_string();
        assert!(message.contains("server.trusted_proxies: 'nginx' is neither an address"), "{message}");
    }

    #[test]
    fn a_later_file_wins() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("a.toml"), directory.path().join("b.toml"));
        fs::write(&first, "[cache]\nframes_mib = 1\nrenditions_mib = 2\n").unwrap();
        fs::write(&second, "[cache]\nframes_mib = 3\n").unwrap();
        let config = Config::load(&[first, second]).unwrap();
        assert_eq!((config.cache.frames_mib, config.cache.renditions_mib), (3, 2));
    }

    #[test]
    fn the_containers_settings_can_be_used() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/trifocal.toml");
        let config = Config::load(&[path]).unwrap();
        for camera in &config.cameras {
            Cameras::check(camera, SystemClock::start()).unwrap();
        }
    }

    #[test]
    fn the_documented_file_is_valid_and_says_the_defaults() {
        let documented =
            Config::load(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("config/trifocal.toml")]).unwrap();
        assert_eq!(documented.server.listen, ServerConfig::default().listen);
        assert_eq!(documented.cache.open_files, CacheConfig::default().open_files);
        assert_eq!(documented.limits.cutout_pixels, LimitsConfig::default().cutout_pixels);
    }
}
