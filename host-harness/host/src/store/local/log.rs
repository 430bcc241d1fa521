//! Appends lines to one log file.
//!
//! Never rewrites what is there. Invariant: a line that a crash tore is ended before the next
//! begins, so one torn write costs one line.

use std::fs::File;
use std::io::Write;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::failure;
use super::walk::{Walk, node, stamp};
use crate::contract::store::{Stamp, StoreError};
use crate::store::path::RelPath;
use crate::store::stamp::Node;
use crate::store::step::joined;

const APPEND: OFlags = OFlags::RDWR
    .union(OFlags::APPEND)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// An open log.
#[derive(Debug)]
pub(super) struct Log<'a> {
    path: RelPath<'a>,
    file: File,
}

impl<'a> Log<'a> {
    /// Opens a log; true if the file was made by this.
    pub(super) fn open(walk: &Walk<'_>, path: RelPath<'a>) -> Result<(Self, bool), StoreError> {
        let dir = walk.parent(path)?;
        let open =
            |flags| rustix::fs::openat(&*dir, path.name(), flags, Mode::from_raw_mode(0o666));
        let fresh = APPEND.union(OFlags::CREATE).union(OFlags::EXCL);
        let (file, made) = match open(APPEND) {
            Err(Errno::NOENT) => (open(fresh), true),
            other => (other, false),
        };
        let file = file.map_err(|errno| failure::from_errno(path.as_str(), errno))?;
        let log = Self {
            path,
            file: File::from(file),
        };
        match node(&log.stat()?) {
            Node::File(_) => Ok((log, made)),
            _ => Err(path.bad()),
        }
    }

    pub(super) fn path(&self) -> RelPath<'a> {
        self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Appends lines in one write and returns the stamp of the result.
    pub(super) fn append(&mut self, lines: &[&[String]]) -> Result<Stamp, StoreError> {
        let mut bytes: Vec<u8> = lines.iter().flat_map(|lines| joined(lines)).collect();
        if self.is_torn()? {
            bytes.insert(0, b'\n');
        }
        self.file
            .write_all(&bytes)
            .map_err(|error| failure::from_io(self.path.as_str(), &error))?;
        Ok(stamp(&self.stat()?))
    }

    fn is_torn(&self) -> Result<bool, StoreError> {
        let size = stamp(&self.stat()?).size;
        let Some(last_at) = size.checked_sub(1) else {
            return Ok(false);
        };
        let mut last = [0_u8; 1];
        let read = rustix::io::pread(&self.file, &mut last, last_at)
            .map_err(|errno| failure::from_errno(self.path.as_str(), errno))?;
        Ok(read == 1 && last != [b'\n'])
    }

    fn stat(&self) -> Result<rustix::fs::Stat, StoreError> {
        rustix::fs::fstat(&self.file)
            .map_err(|errno| failure::from_errno(self.path.as_str(), errno))
    }
}
