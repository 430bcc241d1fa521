//! Appends lines to one log file.
//!
//! Never rewrites what is there, except to take back what was appended last. Invariant: a line
//! that a crash tore is ended before the next begins, so one torn write costs one line.

use rustix::io::Errno;

use super::failure;
use super::system::{OpenHow, System};
use super::walk::Walk;
use crate::contract::{Stamp, StoreError};
use crate::path::RelPath;
use crate::stamp::Node;
use crate::step::joined;

/// An open log.
#[derive(Debug)]
pub(super) struct Log<'a, 's, S: System> {
    path: RelPath<'a>,
    system: &'s S,
    file: S::File,
    /// Its length before anything was appended through this.
    former_bytes: u64,
}

impl<'a, 's, S: System> Log<'a, 's, S> {
    /// Opens a log that exists; none if it does not.
    pub(super) fn open(walk: &Walk<'s, S>, path: RelPath<'a>) -> Result<Option<Self>, StoreError> {
        let dir = walk.parent(path)?;
        let file = match walk.system().open(&dir, path.name(), OpenHow::Append) {
            Err(Errno::NOENT) => return Ok(None),
            other => other,
        };
        Self::of(walk, path, file).map(Some)
    }

    /// Opens a log, making it if it does not exist.
    pub(super) fn open_or_make(walk: &Walk<'s, S>, path: RelPath<'a>) -> Result<Self, StoreError> {
        if let Some(log) = Self::open(walk, path)? {
            return Ok(log);
        }
        let dir = walk.parent(path)?;
        let file = walk.system().open(&dir, path.name(), OpenHow::AppendNew);
        Self::of(walk, path, file)
    }

    fn of(
        walk: &Walk<'s, S>,
        path: RelPath<'a>,
        file: Result<S::File, Errno>,
    ) -> Result<Self, StoreError> {
        let file = file.map_err(|errno| failure::from_errno(path.as_str(), errno))?;
        let mut log = Self {
            path,
            system: walk.system(),
            file,
            former_bytes: 0,
        };
        log.former_bytes = log.stamp()?.size;
        Ok(log)
    }

    pub(super) fn path(&self) -> RelPath<'a> {
        self.path
    }

    /// Appends lines in one write and returns the stamp of the result.
    pub(super) fn append(&self, lines: &[&[String]]) -> Result<Stamp, StoreError> {
        let mut bytes: Vec<u8> = lines.iter().flat_map(|lines| joined(lines)).collect();
        if self.is_torn()? {
            bytes.insert(0, b'\n');
        }
        self.system
            .write(&self.file, &bytes)
            .map_err(|errno| self.failed(errno))?;
        self.stamp()
    }

    /// Flushes what was appended.
    pub(super) fn flush(&self) -> Result<(), Errno> {
        self.system.sync_file(&self.file)
    }

    /// Cuts the log to the length that it had when it was opened.
    pub(super) fn take_back(&self) -> Result<(), StoreError> {
        self.system
            .truncate(&self.file, self.former_bytes)
            .map_err(|errno| self.failed(errno))
    }

    fn is_torn(&self) -> Result<bool, StoreError> {
        let Some(last_at) = self.stamp()?.size.checked_sub(1) else {
            return Ok(false);
        };
        let last = self
            .system
            .read(&self.file, last_at, 1)
            .map_err(|errno| self.failed(errno))?;
        Ok(last.first().is_some_and(|last| *last != b'\n'))
    }

    fn stamp(&self) -> Result<Stamp, StoreError> {
        let status = self.system.stat_file(&self.file);
        match status.map_err(|errno| self.failed(errno))?.node {
            Node::File(stamp) => Ok(stamp),
            _ => Err(self.path.bad()),
        }
    }

    fn failed(&self, errno: Errno) -> StoreError {
        failure::from_errno(self.path.as_str(), errno)
    }
}
