//! The smallest things: one call into the component, one card, one process.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use aof_benches::subject::Kind;
use aof_benches::table::FLOOR;
use aof_tests::fixture::{Fixture, Mix};
use criterion::Criterion;

use crate::ground::{each, memory, repeated};

pub fn benches(criterion: &mut Criterion) {
    exports(criterion);
    codec(criterion);
    version(criterion);
}

fn exports(criterion: &mut Criterion) {
    let fixture = Fixture::new(100, Mix::PEER);
    let mut group = criterion.benchmark_group("export-next-due");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.next_due()),
    );
    group.finish();
    let mut group = criterion.benchmark_group("export-metrics");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.metrics()),
    );
    group.finish();
}

fn codec(criterion: &mut Criterion) {
    let (path, bytes) = Fixture::new(1, Mix::PEER)
        .files()
        .find(|(path, _)| path.contains("/tasks/"))
        .expect("a card");
    let mut group = criterion.benchmark_group("codec-parse");
    group.bench_function(Kind::Native.name(), |bencher| {
        bencher.iter(|| aof_codec::parse_card(&path, &bytes));
    });
    group.bench_function(FLOOR, |bencher| {
        bencher.iter(|| std::str::from_utf8(&bytes).is_ok())
    });
    group.finish();
}

fn version(criterion: &mut Criterion) {
    let Some(aof) = binary() else {
        println!("version: left out; `cargo build --release -p aof` makes the binary");
        return;
    };
    let mut group = criterion.benchmark_group("version");
    let run = |mut command: Command| {
        let status = command.stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "{command:?}");
    };
    group.bench_function(Kind::Native.name(), |bencher| {
        bencher.iter(|| {
            let mut command = Command::new(&aof);
            command.arg("--version");
            run(command);
        });
    });
    group.bench_function(FLOOR, |bencher| bencher.iter(|| run(Command::new("true"))));
    group.finish();
}

/// `aof` beside this bench: `target/release/aof`, seen from `target/release/deps/`.
fn binary() -> Option<PathBuf> {
    let bench = std::env::current_exe().ok()?;
    let aof = bench.parent()?.parent()?.join("aof");
    aof.is_file().then_some(aof)
}
