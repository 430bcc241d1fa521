//! Flushes to stable storage: how many a batch costs, and what a failed one means.
//!
//! Never retries: after a failed flush the kernel may have dropped the data, so the failure is
//! final until the store is opened again.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

use crate::contract::store::{IoFailure, StoreError};

/// Whether a commit survives the loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// What a commit reported is on stable storage.
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
    files: AtomicU64,
    directories: AtomicU64,
}

impl FlushCount {
    /// Files flushed so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.0.files.load(Ordering::Relaxed)
    }

    /// Directories flushed so far.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.0.directories.load(Ordering::Relaxed)
    }
}

/// What a test lets a person do while a flush runs, and where.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Meanwhile {
    pub(super) act: fn(&std::path::Path),
    pub(super) place: std::path::PathBuf,
}

/// Flushes files and directories as durably as it was told.
#[derive(Debug, Default)]
pub(super) struct Flusher {
    durability: Durability,
    count: FlushCount,
    failed: bool,
    /// Flushes that still succeed.
    #[cfg(test)]
    pub(super) fail_after: Option<u64>,
    /// What a person does at this directory while the next flush runs.
    #[cfg(test)]
    pub(super) meanwhile: Option<Meanwhile>,
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

    /// Forgives a failure: the caller has read the truth from disk again.
    pub(super) fn forgive(&mut self) {
        self.failed = false;
    }

    pub(super) fn file(&mut self, file: &File, path: &str) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        self.count.0.files.fetch_add(1, Ordering::Relaxed);
        let outcome = self.injected().and_then(|()| file.sync_all());
        self.judge(outcome, path)
    }

    pub(super) fn directory(&mut self, dir: impl AsFd, path: &str) -> Result<(), StoreError> {
        if self.durability == Durability::Relaxed {
            return Ok(());
        }
        self.count.0.directories.fetch_add(1, Ordering::Relaxed);
        let outcome = self.injected().and_then(|()| match rustix::fs::fsync(dir) {
            // Some file systems cannot flush a directory; they order its changes themselves.
            Err(Errno::INVAL) => Ok(()),
            other => other.map_err(Into::into),
        });
        self.judge(outcome, path)
    }

    fn judge(&mut self, outcome: std::io::Result<()>, path: &str) -> Result<(), StoreError> {
        outcome.map_err(|error| {
            self.failed = true;
            let message = format!("could not be flushed to disk ({error}); reopen the store");
            StoreError::Io(IoFailure {
                path: path.to_owned(),
                message,
            })
        })
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "tests inject failures here"
    )]
    fn injected(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn injected(&mut self) -> std::io::Result<()> {
        if let Some(meanwhile) = self.meanwhile.take() {
            (meanwhile.act)(&meanwhile.place);
        }
        match &mut self.fail_after {
            Some(0) => Err(Errno::IO.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}
