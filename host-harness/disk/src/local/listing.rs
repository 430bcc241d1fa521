//! Lists one directory with the stamps of its entries.
//!
//! Never lists through a symlink: what is not a real directory counts as absent, and its parent's
//! listing shows it as `other`. Invariant: the mark is taken before the names, so a change during
//! the scan makes the mark stale.

use rustix::io::Errno;

use super::failure;
use super::system::{RawEntry, Surveyed, System};
use super::walk::{Miss, Walk};
use crate::contract::{Entry, EntryKind, Stamp, StoreError};
use crate::limit;
use crate::news::KnownEntries;
use crate::path::RelPath;
use crate::stamp::Node;

/// A directory changed this shortly before it was scanned may change again under the same time.
const RACY_NS: u64 = 25_000_000;

/// Identity of one state of a directory's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) inode: u64,
    pub(super) mtime_ns: u64,
}

impl Mark {
    pub(super) fn of(stamp: &Stamp) -> Self {
        Self {
            inode: stamp.inode,
            mtime_ns: stamp.mtime_ns,
        }
    }

    /// True if a later change could hide behind the same time.
    pub(super) fn is_racy(self, now_ns: u64) -> bool {
        self.mtime_ns.saturating_add(RACY_NS) > now_ns
    }
}

/// One scanned directory, entries sorted by name.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) mark: Mark,
    pub(super) racy: bool,
    pub(super) entries: Vec<Entry>,
    pub(super) skipped: u32,
}

/// Scans a directory; none if there is no such directory.
///
/// Files that `trusted` knows under the same inode are not looked at again.
pub(super) fn scan<S: System>(
    walk: &Walk<'_, S>,
    path: RelPath<'_>,
    trusted: Option<&KnownEntries>,
) -> Result<Option<Scan>, StoreError> {
    let dir = match walk.dir(Some(path)) {
        Ok(dir) => dir,
        Err(Miss::Absent | Miss::Symlink) => return Ok(None),
        Err(Miss::Failed(errno)) => return Err(broken(path, errno)),
    };
    let system = walk.system();
    let status = system.stat_dir(&dir);
    let mark = match status.map_err(|errno| broken(path, errno))?.node {
        Node::Directory(stamp) => Mark::of(&stamp),
        _ => return Ok(None),
    };
    let is_young = mark.is_racy(system.now_ns());
    let Found {
        mut entries,
        skipped,
        vanished,
    } = entries(walk, &dir, path, trusted)?;
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(Scan {
        mark,
        // A name without a file was taken away just now, or the system was wrong once: on a
        // network it may be, and the directory's time would not tell.
        racy: is_young || vanished,
        entries,
        skipped,
    }))
}

/// What a directory named.
#[derive(Debug, Default)]
struct Found {
    entries: Vec<Entry>,
    skipped: u32,
    /// Some name had no file any more.
    vanished: bool,
}

fn entries<S: System>(
    walk: &Walk<'_, S>,
    dir: &S::Dir,
    path: RelPath<'_>,
    trusted: Option<&KnownEntries>,
) -> Result<Found, StoreError> {
    if let Some(surveyed) = walk.system().survey(dir) {
        return surveyed_entries(path, surveyed.map_err(|errno| broken(path, errno))?);
    }
    let mut found = Found::default();
    let items = walk.system().entries(dir);
    for item in items.map_err(|errno| broken(path, errno))? {
        let Some(name) = spelled(&item.name) else {
            found.skipped = found.skipped.saturating_add(1);
            continue;
        };
        let entry = match remembered(trusted, name, &item) {
            Some(entry) => Some(entry),
            None => walk
                .look(dir, name)
                .map_err(|errno| broken(path, errno))?
                .entry(name),
        };
        found.vanished |= entry.is_none();
        found.entries.extend(entry);
        limit::admit_listing(path, found.entries.len())?;
    }
    Ok(found)
}

/// The same of a system that looked at everything already.
fn surveyed_entries(path: RelPath<'_>, surveyed: Vec<Surveyed>) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for (name, status) in surveyed {
        let Some(name) = spelled(&name) else {
            found.skipped = found.skipped.saturating_add(1);
            continue;
        };
        let entry = status.and_then(|status| status.node.entry(name));
        found.vanished |= entry.is_none();
        found.entries.extend(entry);
        limit::admit_listing(path, found.entries.len())?;
    }
    Ok(found)
}

/// A name as text; none for one that no path can spell, as it cannot be asked for either.
fn spelled(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    RelPath::parse(name).is_ok().then_some(name)
}

fn remembered(trusted: Option<&KnownEntries>, name: &str, item: &RawEntry) -> Option<Entry> {
    let known = trusted?.get(name)?;
    let same = known.kind == EntryKind::File && known.stamp.inode == item.inode;
    same.then(|| Entry {
        name: name.to_owned(),
        kind: known.kind,
        stamp: known.stamp,
    })
}

fn broken(path: RelPath<'_>, errno: Errno) -> StoreError {
    failure::broken(path.as_str(), format!("cannot be listed: {errno}"))
}
