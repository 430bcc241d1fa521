//! Which file systems tell of every change.
//!
//! Invariant: on a file system that other machines write to, a watcher is an extra and never the
//! only eye.

use std::path::Path;

/// File systems whose changes may come from elsewhere, by the number that `statfs` gives.
const REMOTE: [(u32, &str); 7] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x517B, "SMB"),
    (0x0102_1997, "9P"),
    (0x6573_5546, "FUSE"),
    (0x00C3_6400, "Ceph"),
];

/// The name of the file system, if it does not tell of every change.
#[cfg(target_os = "linux")]
pub(super) fn remote_name(root: &Path) -> Option<&'static str> {
    let found = rustix::fs::statfs(root).ok()?;
    // The numbers have 32 bits; the field is wider on some machines, and signed on others.
    let number = found.f_type as u32;
    REMOTE
        .iter()
        .find(|(known, _)| *known == number)
        .map(|(_, name)| *name)
}

/// The name of the file system, if it does not tell of every change.
#[cfg(not(target_os = "linux"))]
pub(super) fn remote_name(_root: &Path) -> Option<&'static str> {
    None
}
