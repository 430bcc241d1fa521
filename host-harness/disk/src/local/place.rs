//! Puts entries under their names: renames, removal, directories.
//!
//! Never flushes and never replaces a target unless told to settle a content there. Invariant: each
//! function is at most one visible change.

use rustix::io::Errno;

use super::failure;
use super::system::System;
use super::walk::{Miss, Walk};
use crate::contract::StoreError;
use crate::overlay::Ground;
use crate::path::RelPath;
use crate::stamp::Node;

/// Renames a sibling called `temp` to `to`, replacing what is there.
pub(super) fn settle<S: System>(
    walk: &Walk<'_, S>,
    temp: &str,
    to: RelPath<'_>,
) -> Result<(), StoreError> {
    sibling(walk, temp, to, false)
}

/// Renames a sibling called `temp` to `to`, which must be free.
pub(super) fn publish<S: System>(
    walk: &Walk<'_, S>,
    temp: &str,
    to: RelPath<'_>,
) -> Result<(), StoreError> {
    sibling(walk, temp, to, true)
}

fn sibling<S: System>(
    walk: &Walk<'_, S>,
    temp: &str,
    to: RelPath<'_>,
    exclusive: bool,
) -> Result<(), StoreError> {
    let dir = walk.parent(to)?;
    walk.system()
        .rename((&dir, temp), (&dir, to.name()), exclusive)
        .map_err(|errno| failure::from_errno(to.as_str(), errno))
}

/// Renames a file; the target must be free.
pub(super) fn rename<S: System>(
    walk: &Walk<'_, S>,
    from: RelPath<'_>,
    to: RelPath<'_>,
) -> Result<(), StoreError> {
    let source = walk.parent(from)?;
    let target = walk.parent(to)?;
    walk.system()
        .rename((&source, from.name()), (&target, to.name()), true)
        .map_err(|errno| match errno {
            Errno::NOENT => from.not_found(),
            other => failure::from_errno(to.as_str(), other),
        })
}

/// Removes a file; false if it was absent.
pub(super) fn remove<S: System>(walk: &Walk<'_, S>, path: RelPath<'_>) -> Result<bool, StoreError> {
    unlink(walk, path.parent(), path.name())
}

/// Removes the entry `name` of a directory (none for the root); false if it was absent.
pub(super) fn unlink<S: System>(
    walk: &Walk<'_, S>,
    dir: Option<RelPath<'_>>,
    name: &str,
) -> Result<bool, StoreError> {
    let dir = match walk.dir(dir) {
        Ok(dir) => dir,
        Err(Miss::Absent) => return Ok(false),
        Err(Miss::Symlink) => return Err(StoreError::BadPath(name.to_owned())),
        Err(Miss::Failed(errno)) => return Err(failure::from_errno(name, errno)),
    };
    match walk.system().unlink(&dir, name) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(failure::from_errno(name, errno)),
    }
}

/// Makes one directory whose parent exists; none if it was there already, else its inode.
pub(super) fn make_dir<S: System>(
    walk: &Walk<'_, S>,
    path: RelPath<'_>,
) -> Result<Option<u64>, StoreError> {
    let dir = walk.parent(path)?;
    let made = match walk.system().make_dir(&dir, path.name()) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        // A read-only disk may say so before it says that the directory is there.
        Err(errno) if matches!(walk.look(&dir, path.name()), Ok(Node::Directory(_))) => {
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
