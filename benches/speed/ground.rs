//! Stores on disk and in memory, and how both subjects are put through the same routine.

use std::cell::{LazyCell, RefCell};
use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use aof_benches::subject::{AnySubject, Kind, Subject};
use aof_benches::table::FLOOR;
use aof_disk::{Durability, LocalStore, MemoryDisk, StoreBackend};
use aof_tests::fixture::{Fixture, Mix};
use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use tempfile::TempDir;

pub type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A store that is laid at its first use: benches that are not run cost nothing.
pub type LazyRoot<'a> = LazyCell<TempDir, Box<dyn FnOnce() -> TempDir + 'a>>;

/// An empty directory on the disk of the build.
pub fn empty_root() -> TempDir {
    tempfile::tempdir_in(crate::scratch()).expect("a directory")
}

pub fn lay(fixture: Fixture) -> LazyRoot<'static> {
    LazyCell::new(Box::new(move || {
        let root = empty_root();
        fixture.lay_in_dir(root.path()).expect("a store");
        // The first opening makes what is missing, and waits for the disk.
        drop(Kind::Native.open(local(root.path())));
        root
    }))
}

/// Stores that several benches read; what a bench changes in one does not matter to another.
pub struct Grounds {
    pub hundred: LazyRoot<'static>,
    pub thousand: LazyRoot<'static>,
    pub ten_thousand: LazyRoot<'static>,
    /// Ten thousand, and a hundred thousand finished ones.
    pub history: LazyRoot<'static>,
}

impl Grounds {
    pub fn new() -> Self {
        let peer = |cards| Fixture::new(cards, Mix::PEER);
        Self {
            hundred: lay(peer(100)),
            thousand: lay(peer(1_000)),
            ten_thousand: lay(peer(10_000)),
            history: lay(peer(10_000).history(100_000)),
        }
    }
}

/// The store as it is shipped.
pub fn local(root: &Path) -> Box<dyn StoreBackend> {
    Box::new(LocalStore::new(root).expect("a data root"))
}

/// Stores of their own for those who write: nobody inherits a store that another has made grow.
#[derive(Default)]
pub struct FreshGrounds(RefCell<Vec<TempDir>>);

impl FreshGrounds {
    pub fn lay(&self, fixture: &Fixture, durability: Durability) -> Box<dyn StoreBackend> {
        let root = empty_root();
        fixture.lay_in_dir(root.path()).expect("a store");
        drop(Kind::Native.open(local(root.path())));
        let handle = File::open(root.path()).expect("the root");
        // What was just written must not be written back while others are timed.
        rustix::fs::syncfs(handle).expect("synced");
        let store = LocalStore::new(root.path()).expect("a data root");
        self.0.borrow_mut().push(root);
        Box::new(store.durability(durability))
    }
}

/// A store that looks for edits in place in every poll.
pub fn local_sweeping(root: &Path) -> Box<dyn StoreBackend> {
    let store = LocalStore::new(root).expect("a data root");
    Box::new(store.sweep_interval(Duration::ZERO))
}

pub fn memory(fixture: &Fixture) -> Box<dyn StoreBackend> {
    let disk = MemoryDisk::new();
    fixture.lay_in_memory(&disk).expect("a store");
    Box::new(disk.store())
}

/// Measures one routine on both subjects, each opened once on a backend of its own.
pub fn each(
    group: &mut Group<'_>,
    backend: impl Fn() -> Box<dyn StoreBackend>,
    routine: impl Fn(&mut AnySubject, u64) -> Duration,
) {
    for kind in Kind::ALL {
        let mut subject: Option<Box<dyn Subject>> = None;
        group.bench_function(kind.name(), |bencher| {
            let subject = subject.get_or_insert_with(|| kind.open(backend()));
            bencher.iter_custom(|times| routine(&mut **subject, times));
        });
    }
}

/// Measures the floor beside them.
pub fn floor<T>(group: &mut Group<'_>, mut routine: impl FnMut() -> T) {
    group.bench_function(FLOOR, |bencher| bencher.iter(&mut routine));
}

/// How long so many calls take.
pub fn repeated<T>(times: u64, mut call: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(call());
    }
    start.elapsed()
}

/// How long so many calls take without what is done before each.
pub fn prepared<S, T, P>(
    times: u64,
    state: &mut S,
    prepare: impl Fn(&mut S) -> P,
    call: impl Fn(&mut S, P) -> T,
) -> Duration
where
    S: ?Sized,
{
    let mut total = Duration::ZERO;
    for _ in 0..times {
        let input = prepare(state);
        let start = Instant::now();
        black_box(call(state, input));
        total += start.elapsed();
    }
    total
}
