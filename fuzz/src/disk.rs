//! A store in memory, with a person who works on it by hand.
//!
//! Slow and simple on purpose: the smallest thing that keeps the promises of the port. Never fails
//! by itself. Invariant: a batch is applied whole or not at all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aof_store::port::{
    Blob, Change, Entry, EntryKind, Listing, Mode, Op, Opening, Page, Stamp, Store, StoreError,
};

/// Every file, by its path.
pub type Tree = BTreeMap<String, Vec<u8>>;

#[derive(Debug, Clone, Default)]
struct Inside {
    files: BTreeMap<String, (Vec<u8>, Stamp)>,
    dirs: BTreeSet<String>,
    news: Vec<Change>,
    ticks: u64,
    epoch: u64,
}

/// The disk; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Disk(Rc<RefCell<Inside>>);

impl Disk {
    /// Writes a file as a person does. A path that leads through a file, or names a directory, is
    /// passed over.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        let mut inside = self.0.borrow_mut();
        let through_file = parents(path).any(|dir| inside.files.contains_key(dir));
        if is_path(path) && !through_file && !inside.dirs.contains(path) {
            inside.write(path, bytes.to_vec());
            let entry = inside.entry(path);
            let path = path.to_owned();
            inside.news.push(Change { path, entry });
        }
    }

    /// Deletes a file as a person does.
    pub fn remove(&self, path: &str) {
        let mut inside = self.0.borrow_mut();
        if inside.files.remove(path).is_some() {
            let path = path.to_owned();
            inside.news.push(Change { path, entry: None });
        }
    }

    /// Every file.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let inside = self.0.borrow();
        let files = inside.files.iter();
        files
            .map(|(path, (bytes, _))| (path.clone(), bytes.clone()))
            .collect()
    }
}

impl Inside {
    fn write(&mut self, path: &str, bytes: Vec<u8>) {
        self.ticks += 1;
        let stamp = Stamp {
            mtime_ns: self.ticks,
            size: bytes.len() as u64,
            inode: self.ticks,
        };
        self.dirs.extend(parents(path).map(str::to_owned));
        self.files.insert(path.to_owned(), (bytes, stamp));
    }

    fn entry(&self, path: &str) -> Option<Entry> {
        let name = path.rsplit('/').next()?.to_owned();
        let (_, stamp) = self.files.get(path)?;
        Some(Entry {
            name,
            kind: EntryKind::File,
            stamp: *stamp,
        })
    }

    fn listing(&self, dir: &str) -> Listing {
        let mut entries = Vec::new();
        let name_in = |path: &str| {
            let name = path.strip_prefix(dir)?.strip_prefix('/')?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        for (path, (_, stamp)) in &self.files {
            entries.extend(name_in(path).map(|name| Entry {
                name,
                kind: EntryKind::File,
                stamp: *stamp,
            }));
        }
        for path in &self.dirs {
            let stamp = Stamp {
                mtime_ns: 0,
                size: 0,
                inode: 0,
            };
            entries.extend(name_in(path).map(|name| Entry {
                name,
                kind: EntryKind::Directory,
                stamp,
            }));
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Listing {
            dir: dir.to_owned(),
            exists: self.dirs.contains(dir),
            entries,
            skipped: 0,
        }
    }

    fn expect(&self, path: &str, expected: Option<Stamp>) -> Result<(), StoreError> {
        let Some(expected) = expected else {
            return Ok(());
        };
        match self.files.get(path) {
            None => Err(StoreError::NotFound(path.to_owned())),
            Some((_, stamp)) if *stamp == expected => Ok(()),
            Some(_) => Err(StoreError::Conflict(path.to_owned())),
        }
    }

    fn admit(&self, path: &str) -> Result<(), StoreError> {
        let parent = path.rsplit_once('/').map(|(parent, _)| parent);
        if !is_path(path) {
            return Err(StoreError::BadPath(path.to_owned()));
        }
        if parent.is_some_and(|parent| !self.dirs.contains(parent)) {
            return Err(StoreError::NotFound(path.to_owned()));
        }
        if self.dirs.contains(path) {
            return Err(StoreError::Exists(path.to_owned()));
        }
        Ok(())
    }

    fn apply(&mut self, op: Op) -> Result<(), StoreError> {
        match op {
            Op::Create { path, content } => {
                self.admit(&path)?;
                if self.files.contains_key(&path) {
                    return Err(StoreError::Exists(path));
                }
                self.write(&path, content);
            }
            Op::Replace {
                path,
                content,
                expect,
            } => {
                self.admit(&path)?;
                self.expect(&path, expect)?;
                self.write(&path, content);
            }
            Op::Rename { from, to, expect } => {
                self.admit(&to)?;
                self.expect(&from, expect)?;
                if self.files.contains_key(&to) {
                    return Err(StoreError::Exists(to));
                }
                let moved = self.files.remove(&from);
                let moved = moved.ok_or(StoreError::NotFound(from))?;
                self.files.insert(to, moved);
            }
            Op::Remove(path) => {
                self.files.remove(&path);
            }
            Op::MakeDir(path) => {
                let is_file = |dir: &str| self.files.contains_key(dir);
                if !is_path(&path) || is_file(&path) || parents(&path).any(is_file) {
                    return Err(StoreError::BadPath(path));
                }
                self.dirs.extend(parents(&path).map(str::to_owned));
                self.dirs.insert(path);
            }
            Op::Append { path, lines } => {
                self.admit(&path)?;
                let held = self.files.get(&path);
                let mut bytes = held.map(|(bytes, _)| bytes.clone()).unwrap_or_default();
                if bytes.last().is_some_and(|last| *last != b'\n') {
                    bytes.push(b'\n');
                }
                for line in lines {
                    assert!(!line.contains('\n'), "a line of a log has one line");
                    bytes.extend(line.into_bytes());
                    bytes.push(b'\n');
                }
                self.write(&path, bytes);
            }
            Op::Journal { path, line } => {
                let Some((held, _)) = self.files.get(&path) else {
                    return Err(StoreError::StaleEpoch(self.epoch));
                };
                let bytes = [held.as_slice(), line.as_bytes(), b"\n"].concat();
                self.write(&path, bytes);
            }
            Op::Sync => {}
        }
        Ok(())
    }
}

impl Store for Disk {
    fn open(&mut self, _mode: Mode) -> Result<Opening, StoreError> {
        let mut inside = self.0.borrow_mut();
        inside.epoch += 1;
        Ok(Opening {
            epoch: inside.epoch,
            boot: 1,
        })
    }

    fn changes(&mut self, _cursor: u64, _limit: u32) -> Result<Page, StoreError> {
        let mut inside = self.0.borrow_mut();
        let mut last = BTreeMap::new();
        for change in std::mem::take(&mut inside.news) {
            last.insert(change.path.clone(), change);
        }
        Ok(Page {
            changes: last.into_values().collect(),
            cursor: 0,
            more: false,
        })
    }

    fn list(&mut self, dirs: &[String], _watch: bool) -> Result<Vec<Listing>, StoreError> {
        let inside = self.0.borrow();
        Ok(dirs.iter().map(|dir| inside.listing(dir)).collect())
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let inside = self.0.borrow();
        let blob = |path: &String| match inside.files.get(path) {
            None if inside.dirs.contains(path) => Blob::Refused("is a directory".to_owned()),
            None => Blob::Absent,
            Some((_, stamp)) if stamp.size > bytes_max => Blob::Refused("is too large".to_owned()),
            Some((bytes, stamp)) => Blob::Content {
                bytes: bytes.clone(),
                stamp: *stamp,
            },
        };
        Ok(paths.iter().map(blob).collect())
    }

    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        let mut inside = self.0.borrow_mut();
        if epoch != inside.epoch {
            return Err(StoreError::StaleEpoch(inside.epoch));
        }
        let mut next = inside.clone();
        for op in batch {
            next.apply(op)?;
        }
        *inside = next;
        Ok(0)
    }
}

fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

/// Whether the path is one that a host would take: no empty, hidden-in-plain-sight or upward part.
fn is_path(path: &str) -> bool {
    path.len() <= 1_024
        && !path.contains(['\0', '\\'])
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && part.len() <= 255)
}
