//! The local store behind the port of the plugin rooms.
//!
//! Invariant: every conversion here is one of field by field.

use aof_front::port::{
    Blob, Change, Entry, EntryKind, Listing, Mode, Op, Owner, Page, Stamp, Store, StoreError,
};
use aof_host::contract::store as host;
use aof_host::store::{LocalStore, StoreBackend};

/// A data directory on this machine.
pub struct LocalPort(LocalStore);

impl LocalPort {
    /// Puts the port before a store.
    pub fn new(store: LocalStore) -> Self {
        LocalPort(store)
    }
}

impl Store for LocalPort {
    fn open(&mut self, mode: Mode) -> Result<u64, StoreError> {
        let mode = match mode {
            Mode::Writer => host::Mode::Writer,
            Mode::Reader => host::Mode::Reader,
        };
        self.0
            .open(mode)
            .map(|session| session.epoch)
            .map_err(of_error)
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        let page = self.0.changes(cursor, limit).map_err(of_error)?;
        let change = |change: host::Change| Change {
            path: change.path,
            entry: change.entry.map(entry),
        };
        Ok(Page {
            changes: page.changes.into_iter().map(change).collect(),
            cursor: page.cursor,
            more: page.more,
        })
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let listings = self.0.list(dirs, watch).map_err(of_error)?;
        let listing = |listing: host::Listing| Listing {
            dir: listing.dir,
            exists: listing.exists,
            entries: listing.entries.into_iter().map(entry).collect(),
            skipped: listing.skipped,
        };
        Ok(listings.into_iter().map(listing).collect())
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let blobs = self.0.read(paths, bytes_max).map_err(of_error)?;
        let blob = |blob: host::Blob| match blob {
            host::Blob::Content(content) => Blob::Content {
                bytes: content.bytes,
                stamp: stamp(content.stamp),
            },
            host::Blob::Absent => Blob::Absent,
            host::Blob::Refused(why) => Blob::Refused(why),
        };
        Ok(blobs.into_iter().map(blob).collect())
    }

    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        let batch: Vec<_> = batch.into_iter().map(op).collect();
        self.0.commit(&batch, epoch).map_err(of_error)
    }
}

fn op(op: Op) -> host::Op {
    match op {
        Op::Create { path, content } => host::Op::Create(host::PutOp { path, content }),
        Op::Replace {
            path,
            content,
            expect,
        } => host::Op::Replace(host::ReplaceOp {
            path,
            content,
            expect: expect.map(expected),
        }),
        Op::Rename {
            from,
            to,
            expect,
            settle,
        } => host::Op::Rename(host::RenameOp {
            from,
            to,
            expect: expect.map(expected),
            settle,
        }),
        Op::Remove(path) => host::Op::Remove(path),
        Op::MakeDir(path) => host::Op::MakeDir(path),
        Op::Append { path, lines } => host::Op::Append(host::AppendOp { path, lines }),
    }
}

fn of_error(error: host::StoreError) -> StoreError {
    match error {
        host::StoreError::Busy(owner) => StoreError::Busy(Owner {
            pid: owner.pid,
            host: owner.host,
            since_ms: owner.since,
        }),
        host::StoreError::StaleEpoch(epoch) => StoreError::StaleEpoch(epoch),
        host::StoreError::Conflict(path) => StoreError::Conflict(path),
        host::StoreError::Exists(path) => StoreError::Exists(path),
        host::StoreError::NotFound(path) => StoreError::NotFound(path),
        host::StoreError::ReadOnly(path) => StoreError::ReadOnly(path),
        host::StoreError::NoSpace(path) => StoreError::NoSpace(path),
        host::StoreError::BadPath(path) => StoreError::BadPath(path),
        host::StoreError::TooLarge(what) => StoreError::TooLarge(what),
        host::StoreError::Io(failure) => StoreError::Io {
            path: failure.path,
            message: failure.message,
        },
    }
}

fn entry(entry: host::Entry) -> Entry {
    let kind = match entry.kind {
        host::EntryKind::File => EntryKind::File,
        host::EntryKind::Directory => EntryKind::Directory,
        host::EntryKind::Other => EntryKind::Other,
    };
    Entry {
        name: entry.name,
        kind,
        stamp: stamp(entry.stamp),
    }
}

fn stamp(stamp: host::Stamp) -> Stamp {
    Stamp {
        mtime_ns: stamp.mtime_ns,
        size: stamp.size,
        inode: stamp.inode,
    }
}

fn expected(stamp: Stamp) -> host::Stamp {
    host::Stamp {
        mtime_ns: stamp.mtime_ns,
        size: stamp.size,
        inode: stamp.inode,
    }
}
