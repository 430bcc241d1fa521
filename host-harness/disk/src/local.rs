//! A store on one local directory, as far as a `System` shows it.
//!
//! Never follows a symlink and never opens anything but regular files and directories. Invariant:
//! while a writer lives it holds the operating system's lock on the very file that the root shows
//! as `state/lock`; a commit that finds another file there is refused.

mod apply;
mod failure;
mod lease;
mod listing;
mod lock;
mod log;
#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(not(target_family = "wasm"))]
mod open;
mod owner;
mod place;
mod read;
mod stage;
mod system;
mod walk;
mod watch;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::backend::StoreBackend;
use crate::contract::{Blob, IoFailure, Listing, Mode, Op, Page, Session, StoreError};
use crate::dirty::DirtySet;
use crate::flush::{Durability, FlushCount, Flusher};
use crate::limit::{self, FILE_BYTES_MAX};
use crate::overlay;
use crate::path::RelPath;
use crate::step::{Step, first_path};
use apply::{Apply, Site};
use lock::WriterLock;
use stage::Stage;
use walk::Walk;
use watch::Watch;

#[cfg(not(target_family = "wasm"))]
pub use native::{Hold, Native};
#[cfg(not(target_family = "wasm"))]
pub use open::{LocalStoreError, is_leased};
pub use system::{OpenHow, RawEntry, Reached, Status, Surveyed, System, Whole};

const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A store backend on one directory of the local file system.
///
/// Dropping it releases the writer's lock.
#[derive(Debug)]
pub struct LocalStore<S: System> {
    system: S,
    flusher: Flusher,
    watch: Watch,
    /// The last epoch this backend knew; it never goes backward.
    epoch: u64,
    writer: Option<WriterLock<S::File>>,
    temps_made: u64,
}

impl<S: System> LocalStore<S> {
    /// Stands on a system, as a reader until `open` says otherwise.
    #[must_use]
    pub fn over(system: S) -> Self {
        Self {
            flusher: Flusher::new(Durability::Full),
            watch: Watch::new(&system, SWEEP_INTERVAL),
            system,
            epoch: 0,
            writer: None,
            temps_made: 0,
        }
    }

    /// Chooses whether commits survive the loss of power; `Full` unless told.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.flusher = Flusher::new(durability);
        self
    }

    /// Chooses how often files are checked for edits in place; a second unless told, zero for
    /// every call of `changes`.
    #[must_use]
    pub fn sweep_interval(mut self, interval: Duration) -> Self {
        self.watch = Watch::new(&self.system, interval);
        self
    }

    /// Looks at once at what a watcher with this dirty set sees, besides looking around.
    #[must_use]
    pub fn dirty_set(mut self, dirty: DirtySet) -> Self {
        self.watch.told_by(dirty);
        self
    }

    /// The counters of this backend's flushes.
    #[must_use]
    pub fn flush_count(&self) -> FlushCount {
        self.flusher.count().clone()
    }

    fn open_writer(&mut self) -> Result<u64, StoreError> {
        let walk = Walk::new(&self.system);
        let lock = match self.writer.take() {
            Some(lock) if lock.is_current(&walk) => lock,
            former => {
                former.map_or(Ok(()), |lock| lock.release(&self.system))?;
                WriterLock::acquire(&walk, &mut self.flusher)?
            }
        };
        match owner::succeed(&walk, &mut self.flusher, &lock, self.epoch) {
            Ok(epoch) => {
                self.writer = Some(lock);
                Ok(epoch)
            }
            Err(error) => lock.release(&self.system).and(Err(error)),
        }
    }

    fn open_reader(&mut self) -> Result<u64, StoreError> {
        if let Some(lock) = self.writer.take() {
            lock.release(&self.system)?;
        }
        Ok(owner::shown_epoch(&Walk::new(&self.system)).max(self.epoch))
    }

    /// Whatever takes long begins with this. Who only reads does not mind if it fails.
    fn keep_lock(&self) {
        let kept = self.writer.as_ref().map(|lock| lock.keep(&self.system));
        if let Some(Err(error)) = kept {
            tracing::debug!(?error, "the lock comes to its end");
        }
    }

    fn admit(&self, batch: &[Op], epoch: u64) -> Result<(), StoreError> {
        let Some(lock) = &self.writer else {
            return Err(StoreError::ReadOnly(first_path(batch)));
        };
        if self.flusher.has_failed() {
            let message = "an earlier flush to disk failed".to_owned();
            return Err(StoreError::Unflushed(IoFailure {
                path: first_path(batch),
                message,
            }));
        }
        if epoch != self.epoch {
            return Err(StoreError::StaleEpoch(self.epoch));
        }
        let walk = Walk::new(&self.system);
        if lock.is_current(&walk) {
            return Ok(());
        }
        Err(StoreError::StaleEpoch(owner::shown_epoch(&walk)))
    }

    fn apply(&mut self, steps: &[Step<'_>]) -> Result<(), StoreError> {
        let Some(lock) = &self.writer else {
            return Err(StoreError::ReadOnly(String::new()));
        };
        let walk = Walk::new(&self.system);
        overlay::check(&walk, steps)?;
        let clean = self.watch.clean_before(&walk, steps);
        let stage = Stage::new(self.epoch, &mut self.temps_made);
        let site = Site { walk: &walk, lock };
        match Apply::new(site, &mut self.flusher, stage).run(steps) {
            Ok(effects) => self.watch.absorb(&walk, &clean, effects),
            Err(error) => {
                self.watch.doubt(steps);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl<S: System> Drop for LocalStore<S> {
    fn drop(&mut self) {
        let released = self.writer.take().map(|lock| lock.release(&self.system));
        if let Some(Err(error)) = released {
            tracing::debug!(?error, "the lock is left to its end");
        }
    }
}

/// Lists one directory, and lets `watch`, if there is one, take note of it.
fn list_one<S: System>(
    walk: &Walk<'_, S>,
    watch: Option<&mut Watch>,
    dir: &str,
    sweep_epoch: Option<u64>,
) -> Result<Listing, StoreError> {
    let path = RelPath::parse(dir)?;
    let found = listing::scan(walk, path, None)?;
    if let Some(watch) = watch {
        watch.listed(path, found.as_ref())?;
    }
    let exists = found.is_some();
    let (mut entries, skipped) =
        found.map_or_else(Default::default, |scan| (scan.entries, scan.skipped));
    if let Some(epoch) = sweep_epoch {
        stage::sweep(walk, path, epoch, &mut entries);
    }
    Ok(Listing {
        dir: dir.to_owned(),
        exists,
        entries,
        skipped,
    })
}

impl<S: System> StoreBackend for LocalStore<S> {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        let mut boot = self.system.boot();
        self.epoch = match mode {
            Mode::Reader => self.open_reader()?,
            Mode::Writer => {
                // What can be read then need not be on the disk: as after a loss of power.
                let has_failed = self.flusher.has_failed();
                let epoch = self.open_writer()?;
                if has_failed {
                    boot = !boot;
                    self.flusher.forgive();
                }
                epoch
            }
        };
        self.watch.reset();
        Ok(Session {
            epoch: self.epoch,
            boot,
        })
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.keep_lock();
        self.watch.changes(&Walk::new(&self.system), cursor, limit)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let walk = Walk::new(&self.system);
        let sweep_epoch = (!watch && self.writer.is_some()).then_some(self.epoch);
        let mut listings = Vec::with_capacity(dirs.len());
        for dir in dirs {
            self.keep_lock();
            let watch = watch.then_some(&mut self.watch);
            listings.push(list_one(&walk, watch, dir, sweep_epoch)?);
        }
        Ok(listings)
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        self.keep_lock();
        let walk = Walk::new(&self.system);
        let mut bytes = 0;
        let mut blobs = Vec::with_capacity(paths.len());
        for text in paths {
            let path = RelPath::parse(text)?;
            let blob = read::blob(&walk, path, bytes_max.min(FILE_BYTES_MAX));
            if let Blob::Content(content) = &blob {
                bytes += content.bytes.len() as u64;
                limit::admit_read(path, bytes)?;
            }
            blobs.push(blob);
        }
        Ok(blobs)
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        self.keep_lock();
        self.admit(batch, epoch)?;
        let steps = Step::parse_batch(batch)?;
        if !steps.is_empty() {
            self.apply(&steps)?;
        }
        Ok(self.watch.delivered())
    }
}
