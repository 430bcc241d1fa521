//! A store backend that dies in the middle of a batch, or lets a person in just before it.
//!
//! Does nothing of its own accord. Invariant: what is on the disk after a cut is exactly what the
//! first operations of the batch left there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aof_disk::{MemoryDisk, MemoryStore, StoreBackend};
use aof_host::contract::store::{Blob, IoFailure, Listing, Mode, Op, Page, Session, StoreError};

type Meddling = Box<dyn FnMut(&MemoryDisk) + Send>;

#[derive(Default)]
struct Orders {
    cut_after: Option<usize>,
    is_dead: bool,
    stumble_after: Option<usize>,
    fail_next: Option<StoreError>,
    fail_always: Option<StoreError>,
    meddling: Option<Meddling>,
    unreadable: Option<String>,
    commits: usize,
    last_batch: Vec<String>,
}

/// What the test orders and what the backend counts; clones share it.
#[derive(Clone)]
pub struct Sabotage {
    disk: MemoryDisk,
    orders: Arc<Mutex<Orders>>,
}

impl Sabotage {
    pub fn new(disk: MemoryDisk) -> Self {
        Sabotage {
            disk,
            orders: Arc::default(),
        }
    }

    /// Lets the next batch come as far as its first `ops` operations, then the machine is dead.
    pub fn cut_after(&self, ops: usize) {
        self.lock().cut_after = Some(ops);
    }

    /// Lets the next batch come as far as its first `ops` operations and fail; then all is well.
    pub fn stumble_after(&self, ops: usize) {
        self.lock().stumble_after = Some(ops);
    }

    /// Refuses the next batch whole.
    pub fn fail_next(&self, error: StoreError) {
        self.lock().fail_next = Some(error);
    }

    /// Refuses every batch.
    pub fn fail_from_now_on(&self, error: StoreError) {
        self.lock().fail_always = Some(error);
    }

    /// A person acts before each batch from now on.
    pub fn before_each_commit(&self, meddling: impl FnMut(&MemoryDisk) + Send + 'static) {
        self.lock().meddling = Some(Box::new(meddling));
    }

    pub fn leave_alone(&self) {
        self.lock().meddling = None;
    }

    /// Lets nobody read files whose paths contain this.
    pub fn hide(&self, part: &str) {
        self.lock().unreadable = Some(part.to_owned());
    }

    /// Lets every file be read again.
    pub fn show_all(&self) {
        self.lock().unreadable = None;
    }

    /// Batches that were applied whole.
    pub fn commits(&self) -> usize {
        self.lock().commits
    }

    /// Operations of the last batch that was asked for, by kind and path.
    pub fn last_batch(&self) -> Vec<String> {
        self.lock().last_batch.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store in memory under orders.
pub struct Saboteur {
    inner: MemoryStore,
    sabotage: Sabotage,
    boot: u64,
}

impl Saboteur {
    /// A store on a machine in the given life.
    pub fn new(inner: MemoryStore, sabotage: Sabotage, boot: u64) -> Self {
        Saboteur {
            inner,
            sabotage,
            boot,
        }
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.sabotage.lock().is_dead {
            return Err(dead());
        }
        Ok(())
    }
}

impl StoreBackend for Saboteur {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        self.alive()?;
        let session = self.inner.open(mode)?;
        Ok(Session {
            boot: self.boot,
            ..session
        })
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.alive()?;
        self.inner.changes(cursor, limit)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        self.alive()?;
        self.inner.list(dirs, watch)
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        self.alive()?;
        let mut blobs = self.inner.read(paths, bytes_max)?;
        if let Some(part) = &self.sabotage.lock().unreadable {
            let hidden = paths.iter().zip(&mut blobs);
            for (_, blob) in hidden.filter(|(path, _)| path.contains(part)) {
                *blob = Blob::Unreadable("the disk gives an error".to_owned());
            }
        }
        Ok(blobs)
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        self.alive()?;
        let mut orders = self.sabotage.lock();
        orders.last_batch = batch.iter().map(name).collect();
        if let Some(meddling) = orders.meddling.as_mut() {
            meddling(&self.sabotage.disk);
        }
        if let Some(error) = orders
            .fail_next
            .take()
            .or_else(|| orders.fail_always.clone())
        {
            return Err(error);
        }
        if let Some(ops) = orders.cut_after.take() {
            orders.is_dead = true;
            for op in batch.iter().take(ops) {
                self.inner.commit(std::slice::from_ref(op), epoch)?;
            }
            return Err(dead());
        }
        if let Some(ops) = orders.stumble_after.take() {
            self.inner.commit(&batch[..ops], epoch)?;
            return Err(StoreError::NoSpace(String::new()));
        }
        let cursor = self.inner.commit(batch, epoch)?;
        orders.commits += 1;
        Ok(cursor)
    }
}

fn dead() -> StoreError {
    StoreError::Io(IoFailure {
        path: String::new(),
        message: "the machine is dead".to_owned(),
    })
}

fn name(op: &Op) -> String {
    match op {
        Op::Create(put) => format!("create {}", put.path),
        Op::Replace(put) => format!("replace {}", put.path),
        Op::Rename(rename) => format!("rename {} {}", rename.from, rename.to),
        Op::Remove(path) => format!("remove {path}"),
        Op::MakeDir(path) => format!("make-dir {path}"),
        Op::Append(append) => format!("append {}", append.path),
        Op::Journal(append) => format!("journal {}", append.path),
        Op::Sync => "sync".to_owned(),
    }
}
