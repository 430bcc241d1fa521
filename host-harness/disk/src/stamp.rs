//! What lies at a path, and when two looks at it saw the same thing.
//!
//! Never reads a clock. Invariant: a file is compared by its whole stamp, a directory only by its
//! identity, because its times change with every entry in it.

use crate::contract::{Entry, EntryKind, Stamp};

/// What one look at a path found.
#[derive(Debug, Clone, Copy)]
pub enum Node {
    /// Nothing.
    Absent,
    /// A regular file.
    File(Stamp),
    /// A directory.
    Directory(Stamp),
    /// A symlink, FIFO, socket or device: never followed, opened or replaced.
    Other(Stamp),
}

impl Node {
    pub(super) fn entry(self, name: &str) -> Option<Entry> {
        let (kind, stamp) = match self {
            Self::Absent => return None,
            Self::File(stamp) => (EntryKind::File, stamp),
            Self::Directory(stamp) => (EntryKind::Directory, stamp),
            Self::Other(stamp) => (EntryKind::Other, stamp),
        };
        Some(Entry {
            name: name.to_owned(),
            kind,
            stamp,
        })
    }
}

/// True if both are the same version of the same file.
pub(super) fn same(a: &Stamp, b: &Stamp) -> bool {
    (a.mtime_ns, a.size, a.inode) == (b.mtime_ns, b.size, b.inode)
}

/// What a session knows about one entry of a watched directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) kind: EntryKind,
    pub(super) stamp: Stamp,
}

impl Known {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            kind: entry.kind,
            stamp: entry.stamp,
        }
    }

    /// True if the entry looks as it did.
    pub(super) fn matches(&self, entry: &Entry) -> bool {
        match (self.kind, entry.kind) {
            (EntryKind::File, EntryKind::File) => same(&self.stamp, &entry.stamp),
            (a, b) => a == b && self.stamp.inode == entry.stamp.inode,
        }
    }
}

/// True for names that are listed but never reported as changes.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}
