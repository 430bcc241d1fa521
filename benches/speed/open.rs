//! Opening a store that nobody has open.

use std::time::Duration;

use aof_benches::floor;
use aof_benches::subject::Kind;
use criterion::{BatchSize, Criterion, SamplingMode};

use crate::ground::{Grounds, LazyRoot, floor, local};

pub fn benches(criterion: &mut Criterion, grounds: &Grounds) {
    for (name, root) in [
        ("open-1000", &grounds.thousand),
        ("open-10000", &grounds.ten_thousand),
        ("open-10000-history", &grounds.history),
    ] {
        open(criterion, name, root);
    }
}

fn open(criterion: &mut Criterion, name: &str, root: &LazyRoot<'_>) {
    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(1));
    for kind in Kind::ALL {
        group.bench_function(kind.name(), |bencher| {
            let root = root.path();
            let open = |()| kind.open(local(root));
            // One after the other: a store has one writer.
            bencher.iter_batched(|| (), open, BatchSize::PerIteration);
        });
    }
    floor(&mut group, || floor::read_store(root.path()));
    group.finish();
}
