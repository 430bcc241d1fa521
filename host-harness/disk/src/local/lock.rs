//! The writer's lock: the kernel's on `state/lock`, which it releases when the process dies.
//!
//! Never trusts the file's existence for exclusion, and never reads it. Invariant: the locked file
//! is the one that the root shows; a lock on a deleted file is no lock.

use rustix::io::Errno;

use super::system::{OpenHow, System};
use super::walk::Walk;
use super::{failure, owner, place};
use crate::contract::{IoFailure, StoreError};
use crate::flush::{Flush, Flusher};
use crate::path::RelPath;
use crate::stamp::Node;
use crate::step::LOCK_PATH;

/// Tries to take the lock while somebody replaces its file.
const ATTEMPTS_MAX: usize = 8;

/// The held lock.
#[derive(Debug)]
pub(super) struct WriterLock<F> {
    #[expect(dead_code, reason = "the lock lasts as long as its file is open")]
    file: F,
    inode: u64,
}

impl<F> WriterLock<F> {
    /// Takes the lock without waiting.
    pub(super) fn acquire<S: System<File = F>>(
        walk: &Walk<'_, S>,
        flusher: &mut Flusher,
    ) -> Result<Self, StoreError> {
        let path = RelPath::parse(LOCK_PATH)?;
        if let Some(directory) = path.parent()
            && place::make_dir(walk, directory)?.is_some()
        {
            flush_parent(walk, flusher, directory)?;
        }
        for _ in 0..ATTEMPTS_MAX {
            let lock = Self::attempt(walk, path)?;
            if lock.is_current(walk) {
                flush_parent(walk, flusher, path)?;
                return Ok(lock);
            }
            walk.forget();
        }
        let message = "is being replaced again and again by someone".to_owned();
        Err(StoreError::Io(IoFailure {
            path: LOCK_PATH.to_owned(),
            message,
        }))
    }

    fn attempt<S: System<File = F>>(
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
    ) -> Result<Self, StoreError> {
        let failed = |errno| failure::from_errno(LOCK_PATH, errno);
        let system = walk.system();
        let dir = walk.parent(path)?;
        if matches!(
            walk.look(&dir, path.name()),
            Ok(Node::Directory(_) | Node::Other(_))
        ) {
            return Err(path.bad());
        }
        let file = system
            .open(&dir, path.name(), OpenHow::Private)
            .map_err(failed)?;
        match system.lock(&file) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(StoreError::Busy(owner::shown(walk))),
            Err(errno) => return Err(failed(errno)),
        }
        match system.stat_file(&file).map_err(failed)?.node {
            Node::File(stamp) => {
                // SQLite, with which Node locks it, takes any content for a broken database.
                if stamp.size > 0 {
                    system.truncate(&file, 0).map_err(failed)?;
                }
                Ok(Self {
                    file,
                    inode: stamp.inode,
                })
            }
            _ => Err(path.bad()),
        }
    }

    /// True if the root still shows the locked file. Its inode cannot be reused while it is open.
    pub(super) fn is_current<S: System<File = F>>(&self, walk: &Walk<'_, S>) -> bool {
        let shown = RelPath::parse(LOCK_PATH).and_then(|path| {
            let dir = walk.parent(path)?;
            walk.look(&dir, path.name())
                .map_err(|errno| failure::from_errno(LOCK_PATH, errno))
        });
        matches!(shown, Ok(Node::File(stamp)) if stamp.inode == self.inode)
    }
}

/// Flushes the names of the directory that holds `path`.
pub(super) fn flush_parent<S: System>(
    walk: &Walk<'_, S>,
    flusher: &mut Flusher,
    path: RelPath<'_>,
) -> Result<(), StoreError> {
    let dir = walk.parent(path)?;
    flusher.flush(Flush::Opening, path.as_str(), || {
        match walk.system().sync_dir(&dir) {
            // Some file systems cannot flush a directory; they order its changes themselves.
            Err(Errno::INVAL) => Ok(()),
            other => other,
        }
    })
}
