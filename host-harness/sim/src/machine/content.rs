//! The bytes of one file: as everybody sees them, and as the disk would show them after the power
//! was cut.
//!
//! Never knows names. Invariant: the visible bytes are the flushed ones with every edit since.

use std::sync::Arc;

use super::fate::Survival;

/// One change of the bytes.
#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Arc<[u8]> },
    Cut { to: usize },
}

/// What is known about a change reaching the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The next flush brings it there.
    Pending,
    /// It is there, but a lost one before it keeps it from being merged.
    Flushed,
    /// A flush of it failed: no later one will try again.
    Lost,
}

#[derive(Debug, Clone)]
struct Edit {
    change: Change,
    reach: Reach,
}

/// Bytes of a file with their history since the last flush.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    visible: Arc<Vec<u8>>,
    flushed: Arc<Vec<u8>>,
    edits: Vec<Edit>,
}

impl Content {
    /// Bytes that were on the disk from the start.
    pub(super) fn flushed(bytes: Vec<u8>) -> Self {
        let flushed = Arc::new(bytes);
        Self {
            visible: flushed.clone(),
            flushed,
            edits: Vec::new(),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.visible
    }

    /// The bytes as they are now, shared: a later change leaves them as they are.
    pub(super) fn share(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.visible)
    }

    pub(super) fn size(&self) -> usize {
        self.visible.len()
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        put(Arc::make_mut(&mut self.visible), at, bytes);
        self.note(Change::Write {
            at,
            bytes: Arc::from(bytes),
        });
    }

    /// Cuts or, with zeros, extends.
    pub(super) fn cut(&mut self, to: usize) {
        Arc::make_mut(&mut self.visible).resize(to, 0);
        self.note(Change::Cut { to });
    }

    fn note(&mut self, change: Change) {
        self.edits.push(Edit {
            change,
            reach: Reach::Pending,
        });
    }

    pub(super) fn flush(&mut self) {
        if self.edits.iter().all(|edit| edit.reach != Reach::Lost) {
            self.flushed = self.visible.clone();
            self.edits.clear();
            return;
        }
        self.mark(Reach::Flushed);
    }

    /// What a failed flush leaves: visible, and never flushed by a later one.
    pub(super) fn lose(&mut self) {
        self.mark(Reach::Lost);
    }

    fn mark(&mut self, reach: Reach) {
        for edit in &mut self.edits {
            if edit.reach == Reach::Pending {
                edit.reach = reach;
            }
        }
    }

    /// How many edits may or may not survive the loss of power.
    pub(super) fn open_edits(&self) -> usize {
        let open = self.edits.iter();
        open.filter(|edit| edit.reach != Reach::Flushed).count()
    }

    /// The bytes after the loss of power, one fate for each open edit in order.
    pub(super) fn survivors(&self, fates: &mut impl Iterator<Item = Survival>) -> Vec<u8> {
        let mut bytes = self.flushed.as_ref().clone();
        for edit in &self.edits {
            let fate = match edit.reach {
                Reach::Flushed => Survival::Whole,
                Reach::Pending | Reach::Lost => fates.next().unwrap_or(Survival::Nothing),
            };
            edit.change.survive(&mut bytes, fate);
        }
        bytes
    }
}

impl Change {
    fn survive(&self, disk: &mut Vec<u8>, fate: Survival) {
        match (self, fate) {
            (_, Survival::Nothing) => {}
            (Self::Write { at, bytes }, Survival::Whole) => put(disk, *at, bytes),
            (Self::Write { at, bytes }, Survival::Zeros) => {
                let end = at.saturating_add(bytes.len());
                if end > disk.len() {
                    disk.resize(end, 0);
                }
            }
            (Self::Write { at, bytes }, Survival::Torn { block_bytes, seed }) => {
                tear(disk, (*at, bytes), (block_bytes, seed));
            }
            (Self::Cut { to }, Survival::Torn { block_bytes, .. }) if *to < disk.len() => {
                let kept = to.next_multiple_of(block_bytes).min(disk.len());
                disk.truncate(kept);
            }
            (Self::Cut { to }, _) => disk.resize(*to, 0),
        }
    }
}

/// Writes some blocks of a write and not others; the size ends anywhere between old and new.
fn tear(disk: &mut Vec<u8>, (at, bytes): (usize, &[u8]), (block_bytes, seed): (usize, u64)) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let end = at.saturating_add(bytes.len());
    let mut rest = bytes;
    let mut from = at;
    while !rest.is_empty() {
        let boundary = (from / block_bytes + 1) * block_bytes;
        let (block, later) = rest.split_at(rest.len().min(boundary - from));
        if dice.bool() {
            put(disk, from, block);
        }
        from += block.len();
        rest = later;
    }
    if dice.bool() && end > disk.len() {
        disk.resize(end, 0);
    }
}

fn put(disk: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at.saturating_add(bytes.len());
    if disk.len() < end {
        disk.resize(end, 0);
    }
    if let Some(place) = disk.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}
