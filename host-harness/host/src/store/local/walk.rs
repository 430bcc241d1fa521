//! Finds its way beneath the root, segment by segment, refusing every symlink.
//!
//! Never resolves a path by the kernel's rules. Invariant: every directory handle here was reached
//! from the root by real directories only, so nothing opened through it lies outside.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::failure;
use crate::contract::store::{Stamp, StoreError};
use crate::store::overlay::Ground;
use crate::store::path::RelPath;
use crate::store::stamp::Node;

/// Handles kept open by one walk.
const HANDLES_MAX: usize = 64;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

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
pub(super) struct Walk<'r> {
    root: &'r Dir,
    open: RefCell<BTreeMap<String, Rc<OwnedFd>>>,
}

impl<'r> Walk<'r> {
    pub(super) fn new(root: &'r Dir) -> Self {
        Self {
            root,
            open: RefCell::default(),
        }
    }

    /// The handle of a directory; none for the root.
    pub(super) fn dir(&self, path: Option<RelPath<'_>>) -> Result<Rc<OwnedFd>, Miss> {
        let key = path.map_or("", RelPath::as_str);
        if let Some(handle) = self.open.borrow().get(key) {
            return Ok(Rc::clone(handle));
        }
        let handle = Rc::new(match path {
            None => rustix::fs::openat(self.root, ".", DIRECTORY, Mode::empty())
                .map_err(Miss::Failed)?,
            Some(path) => enter(&*self.dir(path.parent())?, path.name())?,
        });
        let mut open = self.open.borrow_mut();
        if open.len() >= HANDLES_MAX {
            open.clear();
        }
        open.insert(key.to_owned(), Rc::clone(&handle));
        Ok(handle)
    }

    /// The handle of the directory that holds, or would hold, `path`.
    pub(super) fn parent(&self, path: RelPath<'_>) -> Result<Rc<OwnedFd>, StoreError> {
        self.dir(path.parent()).map_err(|miss| miss.error(path))
    }

    /// Stats a path without opening anything on the way.
    ///
    /// Only good for noticing that something changed: symlinks on the way are followed.
    pub(super) fn glance(&self, path: RelPath<'_>) -> Option<Stat> {
        let stat = rustix::fs::statat(self.root, path.as_str(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        FileType::from_raw_mode(stat.st_mode)
            .is_dir()
            .then_some(stat)
    }
}

impl Ground for Walk<'_> {
    fn node(&self, path: RelPath<'_>) -> Result<Node, StoreError> {
        let dir = match self.dir(path.parent()) {
            Ok(dir) => dir,
            Err(Miss::Absent) => return Ok(Node::Absent),
            Err(miss) => return Err(miss.error(path)),
        };
        look(&dir, path.name()).map_err(|errno| failure::broken(path.as_str(), errno.to_string()))
    }
}

fn enter(parent: &OwnedFd, name: &str) -> Result<OwnedFd, Miss> {
    rustix::fs::openat(parent, name, DIRECTORY, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => Miss::Absent,
        // The two errors do not tell a file from a symlink on every system.
        Errno::NOTDIR | Errno::LOOP | Errno::MLINK => match look(parent, name) {
            Ok(Node::Absent | Node::File(_)) => Miss::Absent,
            Ok(Node::Directory(_) | Node::Other(_)) => Miss::Symlink,
            Err(errno) => Miss::Failed(errno),
        },
        other => Miss::Failed(other),
    })
}

/// What an entry of an open directory is, without following it.
pub(super) fn look(dir: &OwnedFd, name: &str) -> Result<Node, Errno> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(node(&stat)),
        Err(Errno::NOENT) => Ok(Node::Absent),
        Err(errno) => Err(errno),
    }
}

/// The node that a stat describes.
pub(super) fn node(stat: &Stat) -> Node {
    let stamp = stamp(stat);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Node::File(stamp),
        FileType::Directory => Node::Directory(stamp),
        _ => Node::Other(stamp),
    }
}

/// The contract's stamp; times before 1970 count as 1970.
pub(super) fn stamp(stat: &Stat) -> Stamp {
    let seconds = positive(stat.st_mtime);
    let nanos = positive(stat.st_mtime_nsec);
    Stamp {
        mtime_ns: seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
        size: positive(stat.st_size),
        inode: stat.st_ino,
    }
}

/// The fields of a stat differ in type from system to system.
fn positive(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}
