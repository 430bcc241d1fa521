//! Files that nobody but the current user can have written.
//!
//! Invariant: what [`read`] returns came from a regular file of the current user, not through a
//! symlink, closed to group and others for writing, in a directory of which the same is true.

use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

const NO_FOLLOW: i32 = (rustix::fs::OFlags::NOFOLLOW.bits() | NONBLOCK) as i32;
/// A FIFO in the place of a file must not make the open wait.
const NONBLOCK: u32 = rustix::fs::OFlags::NONBLOCK.bits();
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Creates `dir` (0700, with its parents) if it is absent, and refuses one that others may write.
pub(super) fn ensure_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let found = fs::symlink_metadata(dir)?;
    if !found.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            "not a directory",
        ));
    }
    only_ours(&found)
}

/// Reads a file of at most `bytes_max`.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(NO_FOLLOW)
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.len() > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a file of a sane size",
        ));
    }
    only_ours(&found)?;
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes under a name of its own, then renames: a reader sees all or nothing.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = write_draft(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() && draft.exists() {
        fs::remove_file(&draft)?;
    }
    written
}

fn write_draft(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?
        .write_all(bytes)
}

fn only_ours(found: &Metadata) -> io::Result<()> {
    let me = rustix::process::geteuid().as_raw();
    if found.uid() == me && found.mode() & WRITABLE_BY_OTHERS == 0 {
        return Ok(());
    }
    let why = format!(
        "owner {} and mode {:o} let others write",
        found.uid(),
        found.mode() & 0o7777
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    }

    #[test]
    fn a_new_directory_is_private_with_its_parents() {
        let root = tempfile::tempdir().expect("root");
        let dir = root.path().join("a/b");
        ensure_dir(&dir).expect("created");
        for made in [dir.as_path(), &root.path().join("a")] {
            assert_eq!(fs::metadata(made).expect("stat").mode() & 0o777, 0o700);
        }
        ensure_dir(&dir).expect("again");
    }

    #[test]
    fn a_directory_that_others_may_write_is_refused() {
        let root = tempfile::tempdir().expect("root");
        for mode in [0o770, 0o702, 0o1777] {
            set_mode(root.path(), mode);
            assert!(ensure_dir(root.path()).is_err(), "{mode:o}");
        }
    }

    #[test]
    fn a_symlink_is_neither_a_private_directory_nor_a_private_file() {
        let root = tempfile::tempdir().expect("root");
        let (dir, file) = (root.path().join("dir"), root.path().join("file"));
        ensure_dir(&dir).expect("dir");
        write(&file, b"x").expect("file");
        symlink(&dir, root.path().join("dir-link")).expect("link");
        symlink(&file, root.path().join("file-link")).expect("link");
        assert!(ensure_dir(&root.path().join("dir-link")).is_err());
        assert!(read(&root.path().join("file-link"), 10).is_err());
    }

    #[test]
    fn a_file_that_others_may_write_or_that_is_too_large_is_not_read() {
        let root = tempfile::tempdir().expect("root");
        let file = root.path().join("file");
        write(&file, b"content").expect("file");
        assert_eq!(read(&file, 7).expect("read"), b"content");
        assert!(read(&file, 6).is_err());
        set_mode(&file, 0o620);
        assert!(read(&file, 7).is_err());
    }

    #[test]
    fn a_write_leaves_no_draft_and_replaces_what_was_there() {
        let root = tempfile::tempdir().expect("root");
        let file = root.path().join("file.cwasm");
        write(&file, b"one").expect("one");
        write(&file, b"two").expect("two");
        assert_eq!(read(&file, 10).expect("read"), b"two");
        assert_eq!(fs::read_dir(root.path()).expect("list").count(), 1);
        assert!(write(&root.path().join("absent/file"), b"x").is_err());
    }
}
