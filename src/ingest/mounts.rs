//! Which directories tell when something in them changes: those on a local file system do, network mounts do not.

use std::path::{Path, PathBuf};

/// File systems whose files change on another machine, unseen by this kernel.
const REMOTE: [&str; 16] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "virtiofs",
    "vboxsf",
    "prl_fs",
    "ceph",
    "glusterfs",
    "lustre",
    "gpfs",
    "beegfs",
    "davfs",
];

/// Whether changes below `directory` are announced by the kernel.
pub(super) fn announces_changes(directory: &Path) -> bool {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return true };
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let kind = file_system(&mounts, &directory);
    !kind.is_some_and(|kind| REMOTE.contains(&kind) || kind.starts_with("fuse"))
}

/// The type of the file system a directory is on, by the table of `proc_pid_mountinfo(5)`.
fn file_system<'a>(mounts: &'a str, directory: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let (place, kind) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(place.split(' ').nth(4)?));
        directory.starts_with(&point).then_some((point.components().count(), kind.split(' ').next()?))
    };
    // Of two mounts over one another the later line is what one sees.
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// Blanks and the like are written as `\040`.
fn unescaped(point: &str) -> String {
    ["\\040", "\\011", "\\012", "\\134"]
        .into_iter()
        .zip([" ", "\t", "\n", "\\"])
        .fold(point.to_owned(), |point, (code, letter)| point.replace(code, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
        30 21 0:44 / /captures/of\\040tonight rw,relatime shared:9 - cifs //nas/captures rw\n\
        31 21 0:45 / /captures/of\\040tonight/local rw - xfs /dev/sdb rw\n\
        32 21 0:46 / /archive rw - ext4 /dev/sdc rw\n\
        33 32 0:47 / /archive rw - nfs4 nas:/archive rw\n\
        34 21 0:48 / /mac rw - fuse.grpcfuse grpcfuse rw\n";

    #[test]
    fn deepest_and_last_mount_decides() {
        for (directory, kind) in [
            ("/home/me", "ext4"),
            ("/captures/of tonight/LIGHT", "cifs"),
            ("/captures/of tonight/local/x", "xfs"),
            ("/captures/of", "ext4"),
            ("/archive/calexp", "nfs4"),
            ("/mac", "fuse.grpcfuse"),
        ] {
            assert_eq!(file_system(MOUNTS, Path::new(directory)), Some(kind), "{directory}");
        }
    }

    #[test]
    fn temporary_directory_is_local() {
        assert!(announces_changes(&std::env::temp_dir()));
    }
}
