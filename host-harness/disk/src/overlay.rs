//! Checks every condition of a batch before its first change.
//!
//! Never changes anything. Invariant: a step is judged against the disk as the steps before it in
//! the same batch would leave it.

use std::collections::BTreeMap;

use crate::contract::{Stamp, StoreError};
use crate::path::RelPath;
use crate::stamp::{Node, same};
use crate::step::{Rename, Step};

/// A disk that can be looked at.
pub(super) trait Ground {
    /// What lies at a path now; absent too if its parent is missing or is a file.
    ///
    /// `bad-path` if the way there crosses a symlink.
    fn node(&self, path: RelPath<'_>) -> Result<Node, StoreError>;

    /// The epoch that the disk shows.
    fn epoch(&self) -> u64;
}

/// Refuses the batch with the first condition that does not hold.
pub(super) fn check<G: Ground>(ground: &G, steps: &[Step<'_>]) -> Result<(), StoreError> {
    let mut overlay = Overlay {
        ground,
        seen: BTreeMap::new(),
    };
    steps.iter().try_for_each(|step| overlay.step(step))
}

#[derive(Clone, Copy)]
enum Seen {
    Absent,
    /// No stamp: written by this batch, so no caller can expect a version of it.
    File(Option<Stamp>),
    Directory,
    Other,
}

struct Overlay<'g, 'a, G> {
    ground: &'g G,
    seen: BTreeMap<RelPath<'a>, Seen>,
}

impl<'a, G: Ground> Overlay<'_, 'a, G> {
    fn step(&mut self, step: &Step<'a>) -> Result<(), StoreError> {
        match step {
            Step::Create { path, .. } => self.create(*path),
            Step::Replace { path, expect, .. } => self.replace(*path, expect.as_ref()),
            Step::Rename(rename) => self.rename(rename),
            Step::Remove(path) => self.remove(*path),
            Step::MakeDir(path) => self.make_dir(*path),
            Step::Append { path, .. } => self.append(*path),
            Step::Journal { path, .. } => self.journal(*path),
            Step::Sync => Ok(()),
        }
    }

    fn create(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        self.demand_free(path)?;
        self.seen.insert(path, Seen::File(None));
        Ok(())
    }

    fn replace(&mut self, path: RelPath<'a>, expect: Option<&Stamp>) -> Result<(), StoreError> {
        self.demand_parent(path)?;
        let present = self.file_or_absent(path)?;
        demand_version(path, present, expect)?;
        self.seen.insert(path, Seen::File(None));
        Ok(())
    }

    fn rename(&mut self, rename: &Rename<'a>) -> Result<(), StoreError> {
        let source = self.file_or_absent(rename.from)?;
        let Some(stamp) = source else {
            return Err(rename.from.not_found());
        };
        demand_version(rename.from, source, rename.expect.as_ref())?;
        self.demand_free(rename.to)?;
        self.seen.insert(rename.from, Seen::Absent);
        self.seen.insert(rename.to, Seen::File(stamp));
        Ok(())
    }

    fn remove(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        self.file_or_absent(path)?;
        self.seen.insert(path, Seen::Absent);
        Ok(())
    }

    fn make_dir(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        for prefix in path.prefixes() {
            match self.look(prefix)? {
                Seen::Absent | Seen::Directory => self.seen.insert(prefix, Seen::Directory),
                Seen::File(_) => return Err(StoreError::Exists(prefix.as_str().to_owned())),
                Seen::Other => return Err(prefix.bad()),
            };
        }
        Ok(())
    }

    fn append(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        self.demand_parent(path)?;
        self.file_or_absent(path)?;
        self.seen.insert(path, Seen::File(None));
        Ok(())
    }

    /// Its lines come before all else of the batch, so only the disk itself can hold the file. Who
    /// finds it taken away is no longer the owner.
    fn journal(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        match self.ground.node(path)? {
            Node::File(_) => {}
            Node::Absent => return Err(StoreError::StaleEpoch(self.ground.epoch())),
            Node::Directory(_) | Node::Other(_) => return Err(path.bad()),
        }
        self.seen.entry(path).or_insert(Seen::File(None));
        Ok(())
    }

    fn look(&mut self, path: RelPath<'a>) -> Result<Seen, StoreError> {
        if let Some(seen) = self.seen.get(&path) {
            return Ok(*seen);
        }
        let seen = match self.ground.node(path)? {
            Node::Absent => Seen::Absent,
            Node::File(stamp) => Seen::File(Some(stamp)),
            Node::Directory(_) => Seen::Directory,
            Node::Other(_) => Seen::Other,
        };
        self.seen.insert(path, seen);
        Ok(seen)
    }

    fn demand_parent(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        let Some(parent) = path.parent() else {
            return Ok(());
        };
        match self.look(parent)? {
            Seen::Directory => Ok(()),
            Seen::Other => Err(path.bad()),
            Seen::Absent | Seen::File(_) => Err(parent.not_found()),
        }
    }

    fn demand_free(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        self.demand_parent(path)?;
        match self.look(path)? {
            Seen::Absent => Ok(()),
            Seen::File(_) | Seen::Directory => Err(StoreError::Exists(path.as_str().to_owned())),
            Seen::Other => Err(path.bad()),
        }
    }

    /// None if absent, else the stamp (none again if this batch wrote it).
    fn file_or_absent(&mut self, path: RelPath<'a>) -> Result<Option<Option<Stamp>>, StoreError> {
        match self.look(path)? {
            Seen::Absent => Ok(None),
            Seen::File(stamp) => Ok(Some(stamp)),
            Seen::Directory | Seen::Other => Err(path.bad()),
        }
    }
}

fn demand_version(
    path: RelPath<'_>,
    present: Option<Option<Stamp>>,
    expect: Option<&Stamp>,
) -> Result<(), StoreError> {
    let held = match (expect, present.flatten()) {
        (None, _) => true,
        (Some(expect), Some(stamp)) => same(expect, &stamp),
        (Some(_), None) => false,
    };
    if held {
        Ok(())
    } else {
        Err(StoreError::Conflict(path.as_str().to_owned()))
    }
}
