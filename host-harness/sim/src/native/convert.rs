//! Words of the contract to words of the engine's port and back.

use aof_host::contract::store as host;
use aof_store::port::{
    Blob, Change, Entry, EntryKind, Listing, Mode, Op, Opening, Owner, Page, Stamp, StoreError,
};

pub(super) fn mode(mode: Mode) -> host::Mode {
    match mode {
        Mode::Writer => host::Mode::Writer,
        Mode::Reader => host::Mode::Reader,
    }
}

pub(super) fn opening(session: host::Session) -> Opening {
    Opening {
        epoch: session.epoch,
        boot: session.boot,
    }
}

pub(super) fn page(page: host::Page) -> Page {
    let change = |change: host::Change| Change {
        path: change.path,
        entry: change.entry.map(entry),
    };
    Page {
        changes: page.changes.into_iter().map(change).collect(),
        cursor: page.cursor,
        more: page.more,
    }
}

pub(super) fn listing(listing: host::Listing) -> Listing {
    Listing {
        dir: listing.dir,
        exists: listing.exists,
        entries: listing.entries.into_iter().map(entry).collect(),
        skipped: listing.skipped,
    }
}

pub(super) fn blob(blob: host::Blob) -> Blob {
    match blob {
        host::Blob::Content(content) => Blob::Content {
            bytes: content.bytes,
            stamp: stamp(content.stamp),
        },
        host::Blob::Absent => Blob::Absent,
        host::Blob::Refused(why) => Blob::Refused(why),
        host::Blob::Unreadable(why) => Blob::Unreadable(why),
    }
}

pub(super) fn op(op: Op) -> host::Op {
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
        Op::Journal { path, line } => {
            let lines = vec![line];
            host::Op::Journal(host::AppendOp { path, lines })
        }
        Op::Sync => host::Op::Sync,
    }
}

pub(super) fn error(error: host::StoreError) -> StoreError {
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
