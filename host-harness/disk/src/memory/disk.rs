//! The disk: files and directories by path, the writer's lock, and a counter instead of time.
//!
//! Never checks a batch; that is done before. Invariant: every item's parent is a directory here.

use std::collections::BTreeMap;

use crate::contract::{Entry, Owner, Stamp, StoreError};
use crate::limit;
use crate::overlay::Ground;
use crate::path::RelPath;
use crate::stamp::Node;
use crate::step::{Step, joined};

/// What a path names.
#[derive(Debug)]
pub(super) enum Item {
    File { bytes: Vec<u8>, stamp: Stamp },
    Directory { inode: u64 },
}

impl Item {
    fn node(&self) -> Node {
        match self {
            Self::File { stamp, .. } => Node::File(*stamp),
            Self::Directory { inode } => Node::Directory(Stamp {
                mtime_ns: 0,
                size: 0,
                inode: *inode,
            }),
        }
    }
}

/// Everything on the disk.
#[derive(Debug, Default)]
pub(super) struct Disk {
    items: BTreeMap<String, Item>,
    /// Tick of the last change to anything directly in a directory.
    ticks: BTreeMap<String, u64>,
    tick: u64,
    inodes: u64,
    backends: u64,
    epoch: u64,
    owner: Option<(u64, Owner)>,
}

impl Disk {
    pub(super) fn next_backend(&mut self) -> u64 {
        self.backends += 1;
        self.backends
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn is_held_by(&self, backend: u64) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|(holder, _)| *holder == backend)
    }

    pub(super) fn acquire(&mut self, backend: u64, owner: Owner) -> Result<u64, Owner> {
        match &self.owner {
            Some((holder, present)) if *holder != backend => return Err(present.clone()),
            _ => self.owner = Some((backend, owner)),
        }
        self.epoch += 1;
        Ok(self.epoch)
    }

    pub(super) fn release(&mut self, backend: u64) {
        if self.is_held_by(backend) {
            self.owner = None;
        }
    }

    pub(super) fn item(&self, path: RelPath<'_>) -> Option<&Item> {
        self.items.get(path.as_str())
    }

    /// Tick of a directory; none while it is absent.
    pub(super) fn tick_of(&self, dir: RelPath<'_>) -> Option<(u64, u64)> {
        match self.item(dir) {
            Some(Item::Directory { inode }) => {
                Some((*inode, self.ticks.get(dir.as_str()).copied().unwrap_or(0)))
            }
            _ => None,
        }
    }

    /// The entries of a directory in order; none if there is no such directory.
    pub(super) fn list(&self, dir: RelPath<'_>) -> Result<Option<Vec<Entry>>, StoreError> {
        if self.tick_of(dir).is_none() {
            return Ok(None);
        }
        let prefix = format!("{}/", dir.as_str());
        let beneath = self.items.range(prefix.clone()..);
        let mut entries = Vec::new();
        for (path, item) in beneath.take_while(|(path, _)| path.starts_with(&prefix)) {
            let name = path.get(prefix.len()..).unwrap_or_default();
            if !name.contains('/') {
                entries.extend(item.node().entry(name));
            }
            limit::admit_listing(dir, entries.len())?;
        }
        Ok(Some(entries))
    }

    pub(super) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.items.iter().filter_map(|(path, item)| match item {
            Item::File { bytes, .. } => Some((path.clone(), bytes.clone())),
            Item::Directory { .. } => None,
        });
        files.collect()
    }

    /// Applies a checked batch, its journal lines first.
    pub(super) fn apply_batch(&mut self, steps: &[Step<'_>]) -> Result<(), StoreError> {
        let is_journal = |step: &&Step<'_>| matches!(step, Step::Journal { .. });
        let journals = steps.iter().filter(is_journal);
        let others = steps.iter().filter(|step| !is_journal(step));
        journals.chain(others).try_for_each(|step| self.apply(step))
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<(), StoreError> {
        match step {
            Step::Create { path, content } | Step::Replace { path, content, .. } => {
                self.put(*path, content.to_vec(), None);
                Ok(())
            }
            Step::Rename(rename) => self.rename(rename.from, rename.to),
            Step::Remove(path) => {
                self.remove_tree(*path);
                Ok(())
            }
            Step::MakeDir(path) => self.make_dirs(*path),
            Step::Append { path, lines } | Step::Journal { path, lines } => {
                self.append(*path, lines);
                Ok(())
            }
            Step::Sync => Ok(()),
        }
    }

    pub(super) fn put_by_hand(
        &mut self,
        path: RelPath<'_>,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        if let Some(parent) = path.parent() {
            self.make_dirs(parent)?;
        }
        let inode = match self.item(path) {
            Some(Item::Directory { .. }) => {
                return Err(StoreError::Exists(path.as_str().to_owned()));
            }
            Some(Item::File { stamp, .. }) => Some(stamp.inode),
            None => None,
        };
        self.put(path, bytes.to_vec(), inode);
        Ok(())
    }

    pub(super) fn make_dirs(&mut self, path: RelPath<'_>) -> Result<(), StoreError> {
        for prefix in path.prefixes() {
            match self.item(prefix) {
                Some(Item::Directory { .. }) => {}
                Some(Item::File { .. }) => {
                    return Err(StoreError::Exists(prefix.as_str().to_owned()));
                }
                None => {
                    let inode = self.next_inode();
                    self.items
                        .insert(prefix.as_str().to_owned(), Item::Directory { inode });
                    self.touch(prefix);
                }
            }
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, from: RelPath<'_>, to: RelPath<'_>) -> Result<(), StoreError> {
        let target = to
            .parent()
            .is_none_or(|parent| self.tick_of(parent).is_some());
        if !target || matches!(self.item(to), Some(Item::Directory { .. })) {
            return Err(to.not_found());
        }
        if !matches!(self.item(from), Some(Item::File { .. })) {
            return Err(from.not_found());
        }
        let item = self
            .items
            .remove(from.as_str())
            .ok_or_else(|| super::broken(from.as_str()))?;
        self.items.insert(to.as_str().to_owned(), item);
        self.touch(from);
        self.touch(to);
        Ok(())
    }

    pub(super) fn remove_tree(&mut self, path: RelPath<'_>) {
        if self.items.remove(path.as_str()).is_none() {
            return;
        }
        let prefix = format!("{}/", path.as_str());
        let is_beneath = |other: &str| other.starts_with(&prefix);
        self.items.retain(|other, _| !is_beneath(other));
        self.ticks
            .retain(|other, _| !is_beneath(other) && other != path.as_str());
        self.touch(path);
    }

    fn append(&mut self, path: RelPath<'_>, lines: &[String]) {
        let (mut bytes, inode) = match self.items.remove(path.as_str()) {
            Some(Item::File { bytes, stamp }) => (bytes, Some(stamp.inode)),
            _ => (Vec::new(), None),
        };
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        bytes.extend(joined(lines));
        self.put(path, bytes, inode);
    }

    fn put(&mut self, path: RelPath<'_>, bytes: Vec<u8>, inode: Option<u64>) {
        let inode = inode.unwrap_or_else(|| self.next_inode());
        self.touch(path);
        let stamp = Stamp {
            mtime_ns: self.tick,
            size: bytes.len() as u64,
            inode,
        };
        self.items
            .insert(path.as_str().to_owned(), Item::File { bytes, stamp });
    }

    fn touch(&mut self, path: RelPath<'_>) {
        self.tick += 1;
        if let Some(parent) = path.parent() {
            self.ticks.insert(parent.as_str().to_owned(), self.tick);
        }
    }

    fn next_inode(&mut self) -> u64 {
        self.inodes += 1;
        self.inodes
    }
}

impl Ground for Disk {
    fn node(&self, path: RelPath<'_>) -> Result<Node, StoreError> {
        Ok(self.item(path).map_or(Node::Absent, Item::node))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}
