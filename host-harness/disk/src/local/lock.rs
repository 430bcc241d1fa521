//! The writer's lock: the kernel's on `state/lock`, which it releases when the process dies; where
//! the system has no locks, a lease beside it.
//!
//! Never trusts that file's existence for exclusion, and never reads it. Invariant: the locked file
//! is the one that the root shows; a lock on a deleted file is no lock.

use rustix::io::Errno;

use super::lease::{self, Lease};
use super::system::{OpenHow, System};
use super::walk::Walk;
use super::{failure, owner, place};
use crate::contract::{IoFailure, StoreError};
use crate::flush::{Flush, Flusher};
use crate::path::RelPath;
use crate::stamp::Node;
use crate::step::LOCK_PATH;

/// Tries to take the lock while somebody replaces its file, or its lease.
pub(super) const ATTEMPTS_MAX: usize = 8;

/// The held lock.
#[derive(Debug)]
pub(super) struct WriterLock<F> {
    #[expect(dead_code, reason = "the lock lasts as long as its file is open")]
    file: F,
    inode: u64,
    /// Where the system has no locks.
    lease: Option<Lease<F>>,
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
                return match flush_parent(walk, flusher, path) {
                    Ok(()) => Ok(lock),
                    Err(error) => lock.release(walk.system()).and(Err(error)),
                };
            }
            lock.release(walk.system())?;
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
        let file = open(walk, path)?;
        match walk.system().lock(&file) {
            // Whoever cannot see a lock of the system has left word.
            Ok(()) => match lease::state(walk)? {
                lease::State::Free => Self::of(walk, path, file),
                lease::State::Held => Err(busy(walk)),
                lease::State::Over => {
                    // Its holder may live, and finds that it is gone.
                    lease::remove(walk)?;
                    Self::of(walk, path, file)
                }
            },
            Err(Errno::WOULDBLOCK) => Err(busy(walk)),
            Err(Errno::NOTSUP | Errno::NOSYS) => Self::leased(walk, path),
            Err(errno) => Err(failure::from_errno(LOCK_PATH, errno)),
        }
    }

    fn leased<S: System<File = F>>(
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
    ) -> Result<Self, StoreError> {
        let Some(lease) = Lease::claim(walk)? else {
            return Err(busy(walk));
        };
        // Another file, so that former writers see that it is not theirs.
        let made = place::remove(walk, path)
            .and_then(|_| open(walk, path))
            .and_then(|file| Self::of(walk, path, file));
        match made {
            Ok(lock) => Ok(Self {
                lease: Some(lease),
                ..lock
            }),
            Err(error) => lease.release(walk.system()).and(Err(error)),
        }
    }

    fn of<S: System<File = F>>(
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
        file: F,
    ) -> Result<Self, StoreError> {
        let failed = |errno| failure::from_errno(LOCK_PATH, errno);
        let system = walk.system();
        match system.stat_file(&file).map_err(failed)?.node {
            Node::File(stamp) => {
                // SQLite, with which Node locks it, takes any content for a broken database.
                if stamp.size > 0 {
                    system.truncate(&file, 0).map_err(failed)?;
                }
                Ok(Self {
                    file,
                    inode: stamp.inode,
                    lease: None,
                })
            }
            _ => Err(path.bad()),
        }
    }

    /// Does what has to be done from time to time to keep it.
    pub(super) fn keep<S: System<File = F>>(&self, system: &S) -> Result<(), StoreError> {
        match &self.lease {
            Some(lease) => lease.renew(system),
            None => Ok(()),
        }
    }

    /// Gives it back; the system's goes with the file.
    pub(super) fn release<S: System<File = F>>(self, system: &S) -> Result<(), StoreError> {
        match &self.lease {
            Some(lease) => lease.release(system),
            None => Ok(()),
        }
    }

    /// True if the root still shows the locked file, and a lease counts still. Its inode cannot be
    /// reused while it is open.
    pub(super) fn is_current<S: System<File = F>>(&self, walk: &Walk<'_, S>) -> bool {
        let shown = RelPath::parse(LOCK_PATH).and_then(|path| {
            let dir = walk.parent(path)?;
            walk.look(&dir, path.name())
                .map_err(|errno| failure::from_errno(LOCK_PATH, errno))
        });
        let is_shown = matches!(shown, Ok(Node::File(stamp)) if stamp.inode == self.inode);
        is_shown && self.lease.as_ref().is_none_or(|lease| lease.counts(walk))
    }
}

/// Opens a file that fences writers, made if it is absent.
pub(super) fn open<S: System>(
    walk: &Walk<'_, S>,
    path: RelPath<'_>,
) -> Result<S::File, StoreError> {
    let dir = walk.parent(path)?;
    if matches!(
        walk.look(&dir, path.name()),
        Ok(Node::Directory(_) | Node::Other(_))
    ) {
        return Err(path.bad());
    }
    walk.system()
        .open(&dir, path.name(), OpenHow::Private)
        .map_err(|errno| failure::from_errno(path.as_str(), errno))
}

fn busy<S: System>(walk: &Walk<'_, S>) -> StoreError {
    StoreError::Busy(owner::shown(walk))
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
