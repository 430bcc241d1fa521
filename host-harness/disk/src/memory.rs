//! A store in memory, for tests and benches: the same answers as a directory, without a disk.
//!
//! Never persists anything. Invariant: backends over one disk exclude each other as processes do,
//! and the disk outlives them as a disk does.

mod disk;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::StoreBackend;
use crate::contract::{
    Blob, Content, IoFailure, Listing, Mode, Op, Owner, Page, Session, StoreError,
};
use crate::limit::{self, FILE_BYTES_MAX};
use crate::overlay;
use crate::path::RelPath;
use crate::step::{Step, first_path};
use disk::{Disk, Item};
use watch::Watch;

/// A disk in memory never survives its machine.
const BOOT: u64 = 1;

/// A handle on a disk in memory; clones share it.
///
/// What its methods do "by hand" is what a person would do with an editor and `mv`, behind the back
/// of every backend.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

impl MemoryDisk {
    /// Makes an empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Attaches another backend, as another process would be.
    #[must_use]
    pub fn store(&self) -> MemoryStore {
        let id = self.lock().next_backend();
        MemoryStore {
            disk: self.clone(),
            id,
            epoch: 0,
            watch: Watch::default(),
        }
    }

    /// Writes a file, making its directories; an existing file is edited in place.
    ///
    /// # Errors
    /// `bad-path`, or `exists` if a directory is in the way.
    pub fn put_by_hand(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.lock().put_by_hand(RelPath::parse(path)?, bytes)
    }

    /// Makes a directory with its parents.
    ///
    /// # Errors
    /// `bad-path`, or `exists` if a file is in the way.
    pub fn make_dir_by_hand(&self, path: &str) -> Result<(), StoreError> {
        self.lock().make_dirs(RelPath::parse(path)?).map(drop)
    }

    /// Renames a file over whatever file has the new name.
    ///
    /// # Errors
    /// `bad-path`, or `not-found` if there is no such file or target directory.
    pub fn move_by_hand(&self, from: &str, to: &str) -> Result<(), StoreError> {
        self.lock()
            .rename(RelPath::parse(from)?, RelPath::parse(to)?)
            .map(drop)
    }

    /// Removes a file, or a directory with all that is in it; absent is fine.
    ///
    /// # Errors
    /// `bad-path`.
    pub fn remove_by_hand(&self, path: &str) -> Result<(), StoreError> {
        self.lock().remove_tree(RelPath::parse(path)?);
        Ok(())
    }

    /// Every file with its content, sorted by path.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.lock().files()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        // A test that panicked elsewhere must not hide its own message behind this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store backend on a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryStore {
    disk: MemoryDisk,
    id: u64,
    epoch: u64,
    watch: Watch,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.disk.lock().release(self.id);
    }
}

impl MemoryStore {
    /// Makes a backend on an empty disk of its own.
    #[must_use]
    pub fn new() -> Self {
        MemoryDisk::new().store()
    }

    /// The disk, which outlives this backend.
    #[must_use]
    pub fn handle(&self) -> MemoryDisk {
        self.disk.clone()
    }
}

impl StoreBackend for MemoryStore {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        let mut disk = self.disk.lock();
        self.epoch = match mode {
            Mode::Writer => disk
                .acquire(self.id, owner(self.id))
                .map_err(StoreError::Busy)?,
            Mode::Reader => {
                disk.release(self.id);
                disk.epoch()
            }
        };
        self.watch.reset();
        Ok(Session {
            epoch: self.epoch,
            boot: BOOT,
        })
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.watch.changes(&self.disk.lock(), cursor, limit)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let disk = self.disk.lock();
        let mut listings = Vec::with_capacity(dirs.len());
        for dir in dirs {
            let path = RelPath::parse(dir)?;
            let found = disk.list(path)?;
            if watch {
                self.watch.listed(&disk, path, found.as_deref())?;
            }
            let exists = found.is_some();
            let entries = found.unwrap_or_default();
            listings.push(Listing {
                dir: dir.clone(),
                exists,
                entries,
                skipped: 0,
            });
        }
        Ok(listings)
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let disk = self.disk.lock();
        let mut bytes = 0;
        let mut blobs = Vec::with_capacity(paths.len());
        for text in paths {
            let path = RelPath::parse(text)?;
            let blob = blob(disk.item(path), bytes_max.min(FILE_BYTES_MAX));
            if let Blob::Content(content) = &blob {
                bytes += content.bytes.len() as u64;
                limit::admit_read(path, bytes)?;
            }
            blobs.push(blob);
        }
        Ok(blobs)
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        let mut disk = self.disk.lock();
        if !disk.is_held_by(self.id) {
            return Err(StoreError::ReadOnly(first_path(batch)));
        }
        if epoch != disk.epoch() {
            return Err(StoreError::StaleEpoch(disk.epoch()));
        }
        let steps = Step::parse_batch(batch)?;
        overlay::check(&*disk, &steps)?;
        let clean = self.watch.clean_before(&disk, &steps);
        let outcome = disk.apply_batch(&steps);
        self.watch.absorb(&disk, &clean, &steps);
        outcome?;
        Ok(self.watch.delivered())
    }
}

fn owner(id: u64) -> Owner {
    Owner {
        pid: std::process::id(),
        host: format!("memory-{id}"),
        since: 0,
    }
}

fn blob(item: Option<&Item>, bytes_max: u64) -> Blob {
    match item {
        None => Blob::Absent,
        Some(Item::Directory { .. }) => Blob::Refused("is a directory".to_owned()),
        Some(Item::File { stamp, .. }) if stamp.size > bytes_max => {
            let text = format!("has {} bytes, over the limit of {bytes_max}", stamp.size);
            Blob::Refused(text)
        }
        Some(Item::File { bytes, stamp }) => Blob::Content(Content {
            bytes: bytes.clone(),
            stamp: *stamp,
        }),
    }
}

/// The error for a state that the checks before a batch exclude.
fn broken(path: &str) -> StoreError {
    let message = "the batch passed its checks but could not be applied".to_owned();
    StoreError::Io(IoFailure {
        path: path.to_owned(),
        message,
    })
}
