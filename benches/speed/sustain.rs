//! A store full of work, done by simulated agents as fast as the orchestrator hands it out.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aof_benches::floor::Writer;
use aof_benches::subject::{Kind, image};
use aof_benches::table::FLOOR;
use aof_host::clock::{ManualClock, SeededEntropy};
use aof_host::contract::scheduler::PollMode;
use aof_host::executor::{Script, SimulatedExecutor, Step};
use aof_host::gateway::{Gateway, GatewayOptions};
use aof_tests::fixture::{Fixture, MADE_AT_MS, Mix, Room};
use criterion::{Criterion, SamplingMode};
use tempfile::TempDir;

use crate::ground::{empty_root, prepared, repeated};

/// Tasks of one store.
const TASKS: u32 = 1_000;
/// Runs in one poll, and at the same time.
const AT_ONCE: u32 = 100;

pub const READY: Mix = Mix {
    done: 0,
    blocked: 0,
    backlog: 0,
};

pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sustain-durable");
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(8));
    // They stay until all is measured: some file systems look at every file that was deleted lately
    // before they make one.
    let stores = RefCell::new(Vec::new());
    group.bench_function(Kind::Component.name(), |bencher| {
        bencher.iter_custom(|times| {
            // Times are of one task: a store is worked through as a whole.
            let whole = (0..times).map(|_| work_through(&mut stores.borrow_mut()));
            whole.sum::<Duration>() / TASKS
        });
    });
    let root = empty_root();
    let writer = RefCell::new(Writer::new(root.path(), true).expect("a directory"));
    group.bench_function(FLOOR, |bencher| {
        bencher.iter_custom(|times| {
            // Its end is flushed before it is answered; starts are, many together.
            repeated(times, || {
                writer.borrow_mut().append(&COMMIT).expect("flushed")
            })
        });
    });
    group.finish();
    files(criterion);
    drop(stores);
}

/// The same flush with the files of the task between them, written as plainly as possible.
fn files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sustain-files");
    let root = empty_root();
    let mut writer = Writer::new(root.path(), true).expect("a directory");
    group.bench_function(FLOOR, |bencher| {
        bencher.iter_custom(|times| {
            let prepare = |writer: &mut Writer| writer.prepare(&CARD).expect("a file");
            prepared(times, &mut writer, prepare, |writer, ()| {
                writer.work_off(&COMMIT, &CARD, &LINE).expect("done")
            })
        });
    });
    group.finish();
}

/// A commit in the journal, of the usual size.
const COMMIT: [u8; 3_000] = [b'x'; 3_000];
const CARD: [u8; 1_500] = [b'x'; 1_500];
/// A record, and the lines of a log.
const LINE: [u8; 500] = [b'x'; 500];

fn work_through(stores: &mut Vec<TempDir>) -> Duration {
    let root = empty_root();
    let fixture = Fixture::new(TASKS, READY).room(Room::Free);
    fixture.lay_in_dir(root.path()).expect("a store");
    let clock = Arc::new(ManualClock::at(MADE_AT_MS));
    let mut gateway = open(root.path(), Arc::clone(&clock));
    let start = Instant::now();
    let mut started = 0;
    while started < TASKS as usize || gateway.is_busy() {
        started += gateway.poll(PollMode::Act).expect("polls").started;
        clock.advance(1);
        gateway.pump().expect("pumps");
    }
    let took = start.elapsed();
    gateway.close().expect("closes");
    assert_eq!(done(root.path()), TASKS as usize, "tasks done");
    stores.push(root);
    took
}

pub fn open(root: &Path, clock: Arc<ManualClock>) -> Gateway {
    let complete = Step::Complete {
        after_ms: 0,
        summary: "Compared.".to_owned(),
    };
    let mut options = GatewayOptions::at(root);
    options.overrides = Some(format!(
        "{{\"scheduler\":{{\"maxDispatchesPerPoll\":{AT_ONCE},\
         \"maxConcurrentDispatches\":{AT_ONCE}}}}}"
    ));
    options.entropy = Box::new(SeededEntropy::new(1));
    let script = Script::always(complete);
    let executor = SimulatedExecutor::new(script, Arc::clone(&clock) as Arc<_>);
    options.executor = Some(Box::new(executor));
    options.clock = clock;
    Gateway::open(image(), options).expect("opens").0
}

pub fn done(root: &Path) -> usize {
    let dir = root.join("projects/alpha/tasks/done");
    std::fs::read_dir(dir).expect("a directory").count()
}
