//! The store port over the component's one import.

use aof_store::port::{
    Blob, Change, Entry, EntryKind, Listing, Mode, Op, Opening, Owner, Page, Stamp, Store,
    StoreError,
};

use crate::bindings::aof::orchestrator::store as host;

/// The host's store.
#[derive(Debug)]
pub(crate) struct HostStore;

impl Store for HostStore {
    fn open(&mut self, mode: Mode) -> Result<Opening, StoreError> {
        let mode = match mode {
            Mode::Writer => host::Mode::Writer,
            Mode::Reader => host::Mode::Reader,
        };
        let session = host::open(mode).map_err(error)?;
        Ok(Opening {
            epoch: session.epoch,
            boot: session.boot,
        })
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        let page = host::changes(cursor, limit).map_err(error)?;
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
        let listings = host::list(dirs, watch).map_err(error)?;
        let listing = |listing: host::Listing| Listing {
            dir: listing.dir,
            exists: listing.exists,
            entries: listing.entries.into_iter().map(entry).collect(),
            skipped: listing.skipped,
        };
        Ok(listings.into_iter().map(listing).collect())
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let blobs = host::read(paths, bytes_max).map_err(error)?;
        let blob = |blob: host::Blob| match blob {
            host::Blob::Content(content) => Blob::Content {
                bytes: content.bytes,
                stamp: stamp(content.stamp),
            },
            host::Blob::Absent => Blob::Absent,
            host::Blob::Refused(why) => Blob::Refused(why),
            host::Blob::Unreadable(why) => Blob::Unreadable(why),
        };
        Ok(blobs.into_iter().map(blob).collect())
    }

    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        let batch: Vec<host::Op> = batch.into_iter().map(op).collect();
        host::commit(&batch, epoch).map_err(error)
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
        Op::Rename { from, to, expect } => host::Op::Rename(host::RenameOp {
            from,
            to,
            expect: expect.map(expected),
        }),
        Op::Remove(path) => host::Op::Remove(path),
        Op::MakeDir(path) => host::Op::MakeDir(path),
        Op::Append { path, lines } => host::Op::Append(host::AppendOp { path, lines }),
        Op::Journal { path, line } => host::Op::Journal(host::AppendOp {
            path,
            lines: vec![line],
        }),
        Op::Sync => host::Op::Sync,
    }
}

fn error(error: host::StoreError) -> StoreError {
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
        host::StoreError::Unflushed(failure) => StoreError::Unflushed {
            path: failure.path,
            message: failure.message,
        },
    }
}
