//! The writer's lock: an `flock` on `state/lock`, released by the kernel when the process dies.
//!
//! Never trusts the file's existence or content for exclusion. Invariant: the locked file is the
//! one that the root shows; a lock on a deleted file is no lock.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::walk::{Walk, look, stamp};
use super::{failure, owner, place};
use crate::contract::store::{IoFailure, StoreError};
use crate::store::flush::Flusher;
use crate::store::path::RelPath;
use crate::store::stamp::Node;
use crate::store::step::LOCK_PATH;

/// Replacements of the lock file survived while taking it.
const ATTEMPTS_MAX: usize = 8;

const LOCK: OFlags = OFlags::RDWR
    .union(OFlags::CREATE)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// The held lock.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
    inode: u64,
}

impl WriterLock {
    /// Takes the lock without waiting.
    pub(super) fn acquire(walk: &Walk<'_>, flusher: &mut Flusher) -> Result<Self, StoreError> {
        let path = RelPath::parse(LOCK_PATH)?;
        if let Some(directory) = path.parent()
            && place::make_dir(walk, directory)?.is_some()
        {
            flusher.directory(&*walk.parent(directory)?, "")?;
        }
        for _ in 0..ATTEMPTS_MAX {
            let lock = Self::attempt(walk, path)?;
            if lock.is_current(walk) {
                flusher.directory(&*walk.parent(path)?, "state")?;
                return Ok(lock);
            }
        }
        let message = "is being replaced again and again by someone".to_owned();
        Err(StoreError::Io(IoFailure {
            path: LOCK_PATH.to_owned(),
            message,
        }))
    }

    fn attempt(walk: &Walk<'_>, path: RelPath<'_>) -> Result<Self, StoreError> {
        let failed = |errno| failure::from_errno(LOCK_PATH, errno);
        let dir = walk.parent(path)?;
        if matches!(
            look(&dir, path.name()),
            Ok(Node::Directory(_) | Node::Other(_))
        ) {
            return Err(path.bad());
        }
        // Whoever can open the file can hold its lock: nobody else may.
        let mode = Mode::from_raw_mode(0o600);
        let file = rustix::fs::openat(&*dir, path.name(), LOCK, mode).map_err(failed)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(StoreError::Busy(owner::shown(walk))),
            Err(errno) => return Err(failed(errno)),
        }
        let inode = stamp(&rustix::fs::fstat(&file).map_err(failed)?).inode;
        Ok(Self {
            file: File::from(file),
            inode,
        })
    }

    /// True if the root still shows the locked file. Its inode cannot be reused while it is open.
    pub(super) fn is_current(&self, walk: &Walk<'_>) -> bool {
        let shown = RelPath::parse(LOCK_PATH).and_then(|path| {
            let dir = walk.parent(path)?;
            look(&dir, path.name()).map_err(|errno| failure::from_errno(LOCK_PATH, errno))
        });
        matches!(shown, Ok(Node::File(stamp)) if stamp.inode == self.inode)
    }

    /// Writes the second copy of the epoch, of fixed width so that it is replaced in one write.
    pub(super) fn write_epoch(&self, epoch: u64, flusher: &mut Flusher) -> Result<(), StoreError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(format!("{epoch:020}\n").as_bytes()))
            .map_err(|error| failure::from_io(LOCK_PATH, &error))?;
        flusher.file(file, LOCK_PATH)
    }
}
