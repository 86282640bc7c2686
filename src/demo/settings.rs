//! The demo's settings file: what a newcomer's own would look like.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use super::DemoSite;

impl DemoSite {
    /// Settings that serve this site at `listen`, with the service's own files in `directory`.
    pub fn settings(&self, directory: &Path, listen: SocketAddr) -> String {
        let mut toml = format!(
            "[server]\nlisten = \"{listen}\"\n\n\
             [storage]\ndatabase = {database}\nwork_dir = {work_dir}\n\n\
             [nina]\ndirectories = [{captures}]\n\n\
             [[archives]]\nid = {id}\nauthority = {authority}\n",
            database = quoted(&format!("sqlite://{}", directory.join("trifocal.db").display())),
            work_dir = quoted(&directory.to_string_lossy()),
            captures = quoted(&self.captures.to_string_lossy()),
            id = quoted(self.archive_id),
            authority = quoted(self.authority),
        );
        for dataset in &self.datasets {
            // Writing to a string cannot fail.
            let _ = write!(
                toml,
                "\n[[archives.datasets]]\nname = {}\ndirectory = {}\nscience_id = {}\n",
                quoted(dataset.name),
                quoted(&dataset.directory.to_string_lossy()),
                quoted(dataset.science_id)
            );
        }
        toml.push_str("\n[[cameras]]\nname = \"dome\"\nurl = \"test:\"\n");
        toml
    }
}

/// A TOML string; those of JSON are the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
