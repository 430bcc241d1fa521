//! A file that people save anew while hosts work: which of its editions may be in force.
//!
//! Never reads a disk. Invariant: whatever a host may still go by is among the usable ones.

use std::sync::Arc;

/// Editions that may be in force, the newest last, and the text that was read last.
#[derive(Debug)]
pub(super) struct Editions<T> {
    text: Arc<Vec<u8>>,
    is_whole: bool,
    usable: Vec<T>,
}

impl<T> Default for Editions<T> {
    fn default() -> Self {
        Self {
            text: Arc::default(),
            is_whole: false,
            usable: Vec::new(),
        }
    }
}

impl<T> Editions<T> {
    /// Takes in what is saved now.
    pub(super) fn take(&mut self, text: &Arc<Vec<u8>>, read: impl Fn(&[u8]) -> Option<T>) {
        if self.text != *text {
            self.text = Arc::clone(text);
            let edition = read(text);
            self.is_whole = edition.is_some();
            self.usable.extend(edition);
        }
    }

    /// A host has looked: the newest one is in force, unless it saw something broken in its place.
    pub(super) fn settle(&mut self) {
        if self.is_whole {
            let former = self.usable.len().saturating_sub(1);
            self.usable.drain(..former);
        }
    }

    /// A host has begun: what cannot be used now is as good as `nothing`.
    pub(super) fn begin(&mut self, nothing: T) {
        if !self.is_whole {
            self.usable = vec![nothing];
        }
        self.settle();
    }

    /// What was read last can be used.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// All of them.
    pub(super) fn all(&self) -> &[T] {
        &self.usable
    }

    /// The newest.
    pub(super) fn last(&self) -> Option<&T> {
        self.usable.last()
    }

    /// The largest of what they allow; none if one of them sets no limit.
    pub(super) fn most(&self, limit: impl Fn(&T) -> Option<u32>) -> Option<u32> {
        let limits: Option<Vec<u32>> = self.usable.iter().map(limit).collect();
        limits?.into_iter().max()
    }

    /// The shortest of what they ask for.
    pub(super) fn least(&self, pause: impl Fn(&T) -> Option<u64>) -> u64 {
        let pauses = self.usable.iter().map(|it| pause(it).unwrap_or_default());
        pauses.min().unwrap_or_default()
    }
}
