//! Flushes to stable storage: how many a batch costs, and what a failed one means.
//!
//! Never retries: after a failed flush the system may have dropped the data, so the failure is
//! final until the store is opened again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

use crate::contract::{IoFailure, StoreError};

/// Whether a commit survives the loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// What a commit with a journal line reported is on stable storage.
    #[default]
    Full,
    /// No flushes: it survives the death of the process, not of the machine.
    Relaxed,
}

impl Durability {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Relaxed => "relaxed",
        }
    }

    /// What whoever works like this has to know, if anything.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Full => None,
            Self::Relaxed => {
                Some("durability is relaxed: commits may be lost if the machine loses power")
            }
        }
    }
}

/// Counters of flushes; clones count together.
#[derive(Debug, Clone, Default)]
pub struct FlushCount(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    journals: AtomicU64,
    syncs: AtomicU64,
    total: AtomicU64,
}

impl FlushCount {
    /// Flushes of journals so far.
    #[must_use]
    pub fn journals(&self) -> u64 {
        self.0.journals.load(Ordering::Relaxed)
    }

    /// Flushes of everything so far.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.0.syncs.load(Ordering::Relaxed)
    }

    /// All flushes so far, those of opening included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }
}

/// What is flushed, as far as it is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// The lines of a batch, or their taking back.
    Journal,
    /// Everything.
    Sync,
    /// The identity of the writer.
    Opening,
}

/// Flushes as durably as it was told.
#[derive(Debug, Default)]
pub(super) struct Flusher {
    durability: Durability,
    count: FlushCount,
    failed: bool,
}

impl Flusher {
    pub(super) fn new(durability: Durability) -> Self {
        Self {
            durability,
            ..Self::default()
        }
    }

    pub(super) fn count(&self) -> &FlushCount {
        &self.count
    }

    /// True since a flush failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Counts what could not even be tried as a failed flush.
    pub(super) fn give_up(&mut self) {
        self.failed = true;
    }

    /// Forgives a failure: a writer begins that trusts nothing which was not flushed.
    pub(super) fn forgive(&mut self) {
        self.failed = false;
    }

    /// Runs one flush of `path`, or does not if nothing is to be flushed.
    pub(super) fn flush(
        &mut self,
        what: Flush,
        path: &str,
        run: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        let counters = &self.count.0;
        counters.total.fetch_add(1, Ordering::Relaxed);
        match what {
            Flush::Journal => counters.journals.fetch_add(1, Ordering::Relaxed),
            Flush::Sync => counters.syncs.fetch_add(1, Ordering::Relaxed),
            Flush::Opening => 0,
        };
        run().map_err(|errno| {
            self.failed = true;
            let message = format!("could not be flushed to disk ({errno})");
            StoreError::Unflushed(IoFailure {
                path: path.to_owned(),
                message,
            })
        })
    }
}
