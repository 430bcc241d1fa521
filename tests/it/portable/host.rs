//! A host of WASI: one directory, clocks, dice, an environment.
//!
//! Invariant: an instance that died is never called again.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use wasmtime::component::{Component, Instance, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};

const FILESYSTEM: &str = "wasi:filesystem/types@0.2.12";

/// What a call unwinds with if its host dies.
#[derive(Debug)]
pub struct Died;

/// The host's side of one instance.
pub struct Host {
    wasi: WasiCtx,
    table: ResourceTable,
    strings: Strings,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        if self.strings.counts.load(Ordering::Relaxed) && self.strings.is_last() {
            std::panic::resume_unwind(Box::new(Died));
        }
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// A clock that goes on only when it is told to.
struct Clock(Arc<AtomicU64>);

impl wasmtime_wasi::HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Every directory, and every file with its content.
type Picture = BTreeMap<PathBuf, Option<Vec<u8>>>;

struct Watch {
    root: PathBuf,
    calls: u64,
    seen: Option<Picture>,
    changes: Vec<u64>,
}

impl Watch {
    fn look(&mut self) {
        self.calls += 1;
        let mut found = Picture::new();
        picture(&self.root, &mut found);
        if self.seen.as_ref() != Some(&found) {
            self.changes.push(self.calls);
            self.seen = Some(found);
        }
    }
}

fn picture(dir: &Path, found: &mut Picture) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            picture(&path, found);
            found.insert(path, None);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, Some(bytes));
        }
    }
}

/// After how many calls somebody does what.
type Meddler = (u64, Box<dyn FnOnce() + Send>);

/// What the test has in its hand of a host; clones share it.
#[derive(Clone)]
pub struct Strings {
    /// Calls of WASI that it still answers where it counts them; then it dies.
    left: Arc<AtomicU64>,
    counts: Arc<AtomicBool>,
    watch: Arc<Mutex<Option<Watch>>>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    flushed: Arc<Mutex<Vec<PathBuf>>>,
    /// So many flushes succeed, and the next fails.
    flushes_left: Arc<AtomicU64>,
    now_ns: Arc<AtomicU64>,
}

impl Strings {
    /// From now on calls count, or do not.
    pub fn count(&self, counts: bool) {
        self.counts.store(counts, Ordering::Relaxed);
    }

    /// Lets it die after so many more calls that count.
    pub fn die_after(&self, calls: u64) {
        self.left.store(calls, Ordering::Relaxed);
    }

    /// From now on notes before which calls that count the directory is not as it was before.
    pub fn watch(&self, root: &Path) {
        *self.watch.lock().unwrap() = Some(Watch {
            root: root.to_owned(),
            calls: 0,
            seen: None,
            changes: Vec::new(),
        });
    }

    /// What was noted, counted from 1.
    pub fn changes(&self) -> Vec<u64> {
        let watch = self.watch.lock().unwrap().take();
        watch.map(|watch| watch.changes).unwrap_or_default()
    }

    /// Lets somebody act before so many more calls that count, counted from 1.
    pub fn meddle_at(&self, point: u64, act: impl FnOnce() + Send + 'static) {
        *self.meddler.lock().unwrap() = Some((point, Box::new(act)));
    }

    /// Whether they have acted.
    pub fn has_meddled(&self) -> bool {
        self.meddler.lock().unwrap().is_none()
    }

    /// What was flushed since the last look, by its present path.
    pub fn flushed(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.flushed.lock().unwrap())
    }

    /// Lets one flush fail after so many.
    pub fn fail_flush_after(&self, flushes: u64) {
        self.flushes_left.store(flushes, Ordering::Relaxed);
    }

    /// Whether it has failed.
    pub fn has_failed_a_flush(&self) -> bool {
        self.flushes_left.load(Ordering::Relaxed) > u64::MAX / 2
    }

    fn is_last(&self) -> bool {
        if let Some(watch) = &mut *self.watch.lock().unwrap() {
            watch.look();
        }
        let mut meddler = self.meddler.lock().unwrap();
        if let Some((point, act)) = meddler.take() {
            match point {
                1 => act(),
                _ => *meddler = Some((point - 1, act)),
            }
        }
        self.left.fetch_sub(1, Ordering::Relaxed) == 0
    }

    /// Lets a second go by.
    pub fn tick(&self) {
        self.now_ns.fetch_add(1_000_000_000, Ordering::Relaxed);
    }
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(Engine::default)
}

/// Puts a flush that the test sees in place of the host's.
fn flush_by_hand(linker: &mut Linker<Host>) {
    linker.allow_shadowing(true);
    let mut types = linker.instance(FILESYSTEM).unwrap();
    let flush = |mut caller: StoreContextMut<'_, Host>, (it,): (Resource<Descriptor>,)| {
        let view = caller.data_mut().ctx();
        let fd = match view.table.get(&it).unwrap() {
            Descriptor::File(file) => file.file.as_raw_fd(),
            Descriptor::Dir(dir) => dir.dir.as_raw_fd(),
        };
        let path = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        let strings = &caller.data().strings;
        if strings.flushes_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Ok((Err(ErrorCode::Io),));
        }
        strings.flushed.lock().unwrap().push(path);
        Ok((Ok(()),))
    };
    types
        .func_wrap("[method]descriptor.sync-data", flush)
        .unwrap();
}

/// Who flushes files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flushes {
    OfTheHost,
    /// The test looks on.
    ByHand,
}

/// One instance of a component over a directory, if there is one.
pub fn instance(
    component: &Component,
    (root, flushes): (Option<&Path>, Flushes),
    env: &[(&str, &str)],
) -> (Store<Host>, Instance, Strings) {
    let mut linker = Linker::new(engine());
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    if flushes == Flushes::ByHand {
        flush_by_hand(&mut linker);
    }
    let strings = Strings {
        left: Arc::new(AtomicU64::new(u64::MAX)),
        counts: Arc::default(),
        watch: Arc::default(),
        meddler: Arc::default(),
        flushed: Arc::default(),
        flushes_left: Arc::new(AtomicU64::new(u64::MAX)),
        now_ns: Arc::default(),
    };
    let mut wasi = WasiCtx::builder();
    wasi.allow_blocking_current_thread(true)
        .envs(env)
        .monotonic_clock(Clock(Arc::clone(&strings.now_ns)))
        .inherit_stderr();
    if let Some(root) = root {
        wasi.preopened_dir(root, "/data", FsPerms::ReadWrite)
            .unwrap();
    }
    let host = Host {
        wasi: wasi.build(),
        table: ResourceTable::new(),
        strings: strings.clone(),
    };
    let mut store = Store::new(engine(), host);
    let instance = linker.instantiate(&mut store, component).unwrap();
    (store, instance, strings)
}
