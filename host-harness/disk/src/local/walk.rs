//! Finds its way beneath the root, segment by segment, refusing every symlink.
//!
//! Never resolves a path by the kernel's rules. Invariant: every directory handle here was reached
//! from the root by real directories only, so nothing opened through it lies outside.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustix::io::Errno;

use super::system::{Reached, Status, System};
use super::{failure, owner};
use crate::contract::{Stamp, StoreError};
use crate::overlay::Ground;
use crate::path::RelPath;
use crate::stamp::Node;

/// Handles kept open by one walk.
const HANDLES_MAX: usize = 64;

/// Why a directory could not be reached.
#[derive(Debug, Clone, Copy)]
pub(super) enum Miss {
    /// It, or a directory on the way, is absent or is a file.
    Absent,
    /// A symlink lies on the way.
    Symlink,
    Failed(Errno),
}

impl Miss {
    /// The error for an operation that needed the parent of `path`.
    pub(super) fn error(self, path: RelPath<'_>) -> StoreError {
        match self {
            Self::Absent => path.parent().unwrap_or(path).not_found(),
            Self::Symlink => path.bad(),
            Self::Failed(errno) => failure::from_errno(path.as_str(), errno),
        }
    }
}

/// One call's view of the directories beneath the root; it opens each of them once.
#[derive(Debug)]
pub(super) struct Walk<'s, S: System> {
    system: &'s S,
    open: RefCell<BTreeMap<String, S::Dir>>,
}

impl<'s, S: System> Walk<'s, S> {
    pub(super) fn new(system: &'s S) -> Self {
        Self {
            system,
            open: RefCell::default(),
        }
    }

    pub(super) fn system(&self) -> &'s S {
        self.system
    }

    /// Forgets its handles: somebody may have put another directory where one of them was.
    pub(super) fn forget(&self) {
        self.open.borrow_mut().clear();
    }

    /// The handle of a directory; none for the root.
    pub(super) fn dir(&self, path: Option<RelPath<'_>>) -> Result<S::Dir, Miss> {
        let key = path.map_or("", RelPath::as_str);
        if let Some(handle) = self.open.borrow().get(key) {
            return Ok(handle.clone());
        }
        let handle = match path {
            None => self.system.root().map_err(Miss::Failed)?,
            Some(path) => match self.reach(path) {
                Reached::There(handle) => handle,
                Reached::Absent => return Err(Miss::Absent),
                Reached::Unclear => self.enter(&self.dir(path.parent())?, path.name())?,
            },
        };
        let mut open = self.open.borrow_mut();
        if open.len() >= HANDLES_MAX {
            open.clear();
        }
        open.insert(key.to_owned(), handle.clone());
        Ok(handle)
    }

    /// The handle of a directory below one that is not open yet, if the system has a short way.
    fn reach(&self, path: RelPath<'_>) -> Reached<S::Dir> {
        match path.parent() {
            Some(parent) if !self.open.borrow().contains_key(parent.as_str()) => {
                self.system.reach(path.as_str())
            }
            _ => Reached::Unclear,
        }
    }

    /// The handle of the directory that holds, or would hold, `path`.
    pub(super) fn parent(&self, path: RelPath<'_>) -> Result<S::Dir, StoreError> {
        self.dir(path.parent()).map_err(|miss| miss.error(path))
    }

    /// The stamps of directories, without opening anything on the way.
    ///
    /// Only good for noticing that something changed: symlinks on the way are followed.
    pub(super) fn glances(&self, paths: &[&str]) -> Vec<Option<Stamp>> {
        let of_directory = |status: Option<Status>| match status?.node {
            Node::Directory(stamp) => Some(stamp),
            _ => None,
        };
        let found = self.system.glances(paths);
        found.into_iter().map(of_directory).collect()
    }

    /// What an entry of an open directory is, without following it.
    pub(super) fn look(&self, dir: &S::Dir, name: &str) -> Result<Node, Errno> {
        match self.system.stat(dir, name) {
            Ok(status) => Ok(status.node),
            Err(Errno::NOENT) => Ok(Node::Absent),
            Err(errno) => Err(errno),
        }
    }

    fn enter(&self, parent: &S::Dir, name: &str) -> Result<S::Dir, Miss> {
        self.system
            .open_dir(parent, name)
            .map_err(|errno| match errno {
                Errno::NOENT => Miss::Absent,
                // The two errors do not tell a file from a symlink on every system.
                Errno::NOTDIR | Errno::LOOP | Errno::MLINK => match self.look(parent, name) {
                    Ok(Node::Absent | Node::File(_)) => Miss::Absent,
                    Ok(Node::Directory(_) | Node::Other(_)) => Miss::Symlink,
                    Err(errno) => Miss::Failed(errno),
                },
                other => Miss::Failed(other),
            })
    }
}

impl<S: System> Ground for Walk<'_, S> {
    fn node(&self, path: RelPath<'_>) -> Result<Node, StoreError> {
        let dir = match self.dir(path.parent()) {
            Ok(dir) => dir,
            Err(Miss::Absent) => return Ok(Node::Absent),
            Err(miss) => return Err(miss.error(path)),
        };
        self.look(&dir, path.name())
            .map_err(|errno| failure::broken(path.as_str(), errno.to_string()))
    }

    fn epoch(&self) -> u64 {
        owner::shown_epoch(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::native::Native;

    #[test]
    fn a_walk_keeps_64_directories_open_at_the_most() {
        let root = tempfile::tempdir().unwrap();
        let system = Native::open(root.path()).unwrap();
        let walk = Walk::new(&system);
        let mut most = 0;
        for number in 0..=HANDLES_MAX {
            let name = format!("d{number}");
            std::fs::create_dir(root.path().join(&name)).unwrap();
            walk.dir(RelPath::parse(&name).ok()).unwrap();
            most = most.max(walk.open.borrow().len());
        }
        assert_eq!(most, HANDLES_MAX);
    }
}
