//! Puts entries under their names: exclusive and settling renames, removal, directories.
//!
//! Never flushes and never replaces a target unless told to settle. Invariant: each function is at
//! most one visible change.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, RenameFlags};
use rustix::io::Errno;

use super::failure;
use super::walk::{Miss, Walk, look};
use crate::contract::store::StoreError;
use crate::store::overlay::Ground;
use crate::store::path::RelPath;
use crate::store::stamp::Node;

/// Renames a sibling called `temp` to `to`, replacing what is there.
pub(super) fn settle(walk: &Walk<'_>, temp: &str, to: RelPath<'_>) -> Result<(), StoreError> {
    let dir = walk.parent(to)?;
    rustix::fs::renameat(&*dir, temp, &*dir, to.name())
        .map_err(|errno| failure::from_errno(to.as_str(), errno))
}

/// Renames a sibling called `temp` to `to`, which must be free.
pub(super) fn publish(walk: &Walk<'_>, temp: &str, to: RelPath<'_>) -> Result<(), StoreError> {
    let dir = walk.parent(to)?;
    exclusive((&dir, temp), (&dir, to.name()))
        .map_err(|errno| failure::from_errno(to.as_str(), errno))
}

/// Renames a file; `replace` says whether the target may be taken.
pub(super) fn rename(
    walk: &Walk<'_>,
    from: RelPath<'_>,
    to: RelPath<'_>,
    replace: bool,
) -> Result<(), StoreError> {
    let source = walk.parent(from)?;
    let target = walk.parent(to)?;
    let outcome = if replace {
        rustix::fs::renameat(&*source, from.name(), &*target, to.name())
    } else {
        exclusive((&source, from.name()), (&target, to.name()))
    };
    outcome.map_err(|errno| match errno {
        Errno::NOENT => from.not_found(),
        other => failure::from_errno(to.as_str(), other),
    })
}

/// Removes a file; false if it was absent.
pub(super) fn remove(walk: &Walk<'_>, path: RelPath<'_>) -> Result<bool, StoreError> {
    unlink(walk, path.parent(), path.name())
}

/// Removes the entry `name` of a directory (none for the root); false if it was absent.
pub(super) fn unlink(
    walk: &Walk<'_>,
    dir: Option<RelPath<'_>>,
    name: &str,
) -> Result<bool, StoreError> {
    let dir = match walk.dir(dir) {
        Ok(dir) => dir,
        Err(Miss::Absent) => return Ok(false),
        Err(Miss::Symlink) => return Err(StoreError::BadPath(name.to_owned())),
        Err(Miss::Failed(errno)) => return Err(failure::from_errno(name, errno)),
    };
    match rustix::fs::unlinkat(&*dir, name, AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(failure::from_errno(name, errno)),
    }
}

/// Makes one directory whose parent exists; none if it was there already, else its inode.
pub(super) fn make_dir(walk: &Walk<'_>, path: RelPath<'_>) -> Result<Option<u64>, StoreError> {
    let dir = walk.parent(path)?;
    let made = match rustix::fs::mkdirat(&*dir, path.name(), Mode::from_raw_mode(0o777)) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        // A read-only disk may say so before it says that the directory is there.
        Err(errno) if matches!(look(&dir, path.name()), Ok(Node::Directory(_))) => {
            tracing::debug!(path = path.as_str(), %errno, "directory exists already");
            false
        }
        Err(errno) => return Err(failure::from_errno(path.as_str(), errno)),
    };
    match walk.node(path)? {
        Node::Directory(stamp) => Ok(made.then_some(stamp.inode)),
        Node::Other(_) => Err(path.bad()),
        Node::File(_) => Err(StoreError::Exists(path.as_str().to_owned())),
        Node::Absent => Err(path.not_found()),
    }
}

type At<'a> = (&'a OwnedFd, &'a str);

fn exclusive(from: At<'_>, to: At<'_>) -> Result<(), Errno> {
    match rustix::fs::renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => checked(from, to),
        other => other,
    }
}

/// For file systems without exclusive renames: the writer's lock is what keeps the target free.
fn checked(from: At<'_>, to: At<'_>) -> Result<(), Errno> {
    match look(to.0, to.1)? {
        Node::Absent => rustix::fs::renameat(from.0, from.1, to.0, to.1),
        _ => Err(Errno::EXIST),
    }
}
