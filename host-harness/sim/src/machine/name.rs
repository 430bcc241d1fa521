//! Names in directories: as everybody sees them, and what of them the disk is sure of.
//!
//! Never knows what is in a file. Invariant: an operation is one thing, whichever directories it
//! touches: after the loss of power it happened or it did not.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of a file, directory or other node; never used twice.
pub(super) type Ino = u64;

/// Names of a directory.
pub(super) type Names = BTreeMap<Vec<u8>, Ino>;

/// One name set, or taken away.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) dir: Ino,
    pub(super) name: Vec<u8>,
    pub(super) to: Option<Ino>,
}

/// One name operation and the directories whose flush it still waits for: those where it sets a
/// name, because flushing a directory makes every name in it last (`fsync(2)`); the name that a
/// rename takes away goes with it. Only an operation that sets no name waits for where it removes.
#[derive(Debug, Clone)]
struct NameOp {
    sets: Arc<[Set]>,
    waiting: Vec<Ino>,
}

/// All names of a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct NameTable {
    visible: BTreeMap<Ino, Arc<Names>>,
    flushed: BTreeMap<Ino, Arc<Names>>,
    /// In the order of their making. An operation that is flushed waits here for those before it,
    /// because what they set may be what it takes away.
    open: Vec<NameOp>,
}

impl NameTable {
    /// A table that is all on the disk.
    fn settled(names: BTreeMap<Ino, Arc<Names>>) -> Self {
        Self {
            visible: names.clone(),
            flushed: names,
            open: Vec::new(),
        }
    }

    pub(super) fn of(&self, dir: Ino) -> Option<&Names> {
        self.visible.get(&dir).map(AsRef::as_ref)
    }

    pub(super) fn find(&self, dir: Ino, name: &[u8]) -> Option<Ino> {
        self.of(dir)?.get(name).copied()
    }

    /// True if a name leads to the node.
    pub(super) fn is_named(&self, node: Ino) -> bool {
        let mut all = self.visible.values().flat_map(|names| names.values());
        all.any(|named| *named == node)
    }

    /// Makes one operation of these sets.
    pub(super) fn make(&mut self, sets: Vec<Set>) {
        let sets_name = sets.iter().any(|set| set.to.is_some());
        let waits = |set: &&Set| set.to.is_some() == sets_name;
        let mut waiting: Vec<Ino> = sets.iter().filter(waits).map(|set| set.dir).collect();
        waiting.sort_unstable();
        waiting.dedup();
        apply(&mut self.visible, &sets);
        self.open.push(NameOp {
            sets: sets.into(),
            waiting,
        });
    }

    pub(super) fn flush_dir(&mut self, dir: Ino) {
        for op in &mut self.open {
            op.waiting.retain(|other| *other != dir);
        }
        self.merge();
    }

    pub(super) fn flush_all(&mut self) {
        self.open.clear();
        self.flushed = self.visible.clone();
    }

    fn merge(&mut self) {
        let sure = self.open.iter().take_while(|op| op.waiting.is_empty());
        let count = sure.count();
        for op in self.open.drain(..count) {
            apply(&mut self.flushed, &op.sets);
        }
    }

    /// For each open operation whether it is sure to survive.
    pub(super) fn sure(&self) -> Vec<bool> {
        let open = self.open.iter();
        open.map(|op| op.waiting.is_empty()).collect()
    }

    /// The names after the loss of power.
    pub(super) fn survivors(&self, fates: &[bool]) -> Self {
        let mut names = self.flushed.clone();
        for (op, survives) in self.open.iter().zip(fates) {
            if *survives {
                apply(&mut names, &op.sets);
            }
        }
        Self::settled(names)
    }

    /// Every node that a name leads to, now or after the loss of power.
    pub(super) fn reachable(&self) -> Vec<Ino> {
        let now = self.visible.values().flat_map(|names| names.values());
        let then = self.flushed.values().flat_map(|names| names.values());
        let open = self.open.iter().flat_map(|op| op.sets.iter());
        let open = open.filter_map(|set| set.to);
        now.chain(then).copied().chain(open).collect()
    }

    pub(super) fn forget(&mut self, dir: Ino) {
        self.visible.remove(&dir);
        self.flushed.remove(&dir);
    }
}

fn apply(names: &mut BTreeMap<Ino, Arc<Names>>, sets: &[Set]) {
    for set in sets {
        let dir = Arc::make_mut(names.entry(set.dir).or_default());
        match set.to {
            Some(node) => dir.insert(set.name.clone(), node),
            None => dir.remove(&set.name),
        };
    }
}
