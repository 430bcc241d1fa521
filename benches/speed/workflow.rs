//! Workflows: hops of one after the other done by simulated agents, and what one event costs.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aof_core::id::HopId;
use aof_core::instant::Instant as Moment;
use aof_core::workflow::{
    Duty, Edge, Facts, Graph, Hop, Join, Kind as HopKind, Progress, State, Strategy,
};
use aof_host::clock::ManualClock;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::Caller;
use aof_tests::fixture::{Fixture, MADE_AT_MS, Room};
use criterion::{Criterion, SamplingMode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ground::{empty_root, prepared};
use crate::sustain::{READY, done, open};

/// Tasks of one store.
const TASKS: u32 = 200;

pub fn benches(criterion: &mut Criterion) {
    three_hops(criterion);
    for count in [10, 1_000] {
        event(criterion, count);
    }
}

/// 200 tasks of three hops each, from the first poll until all are done, durable. Times are of one
/// task.
fn three_hops(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("workflow-three-hops");
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    let stores = RefCell::new(Vec::new());
    group.bench_function("component", |bencher| {
        bencher.iter_custom(|times| {
            let whole = (0..times).map(|_| work_through(&mut stores.borrow_mut()));
            whole.sum::<Duration>() / TASKS
        });
    });
    group.finish();
    drop(stores);
}

fn work_through(stores: &mut Vec<TempDir>) -> Duration {
    let root = empty_root();
    let fixture = Fixture::new(0, READY).room(Room::Free);
    fixture.lay_in_dir(root.path()).expect("a store");
    let clock = Arc::new(ManualClock::at(MADE_AT_MS));
    let mut gateway = open(root.path(), Arc::clone(&clock));
    let hops = json!([
        {"id": "a", "agent": "agent-0"},
        {"id": "b", "agent": "agent-1", "dependsOn": ["a"]},
        {"id": "c", "agent": "agent-2", "dependsOn": ["b"]},
    ]);
    let task = json!({
        "title": "Ship it", "brief": "All of it.", "project": "alpha",
        "workflow": {"name": "ship", "hops": hops},
    });
    let person = Caller::Human("bench".to_owned());
    for _ in 0..TASKS {
        gateway
            .tool(person.clone(), "aof_dispatch", &task.to_string())
            .expect("made");
    }
    let start = Instant::now();
    // A card for each task and for each of its hops.
    while done(root.path()) < 4 * TASKS as usize {
        gateway.poll(PollMode::Act).expect("polls");
        clock.advance(1);
        gateway.pump().expect("pumps");
    }
    let took = start.elapsed();
    gateway.close().expect("closes");
    stores.push(root);
    took
}

/// A workflow of so many hops, one after the other done, each with two that depend on it. Times are
/// of one hop: what it costs to decide what follows must not grow with the workflow.
fn event(criterion: &mut Criterion, count: usize) {
    let graph = graph(count);
    let begun = Progress::begin(&graph, Moment::from_ms(0), &Nothing);
    let mut group = criterion.benchmark_group(format!("workflow-event-{count}"));
    group.bench_function("native", |bencher| {
        bencher.iter_custom(|times| {
            let prepare = |_: &mut ()| begun.clone();
            let total = prepared(times, &mut (), prepare, |(), mut progress| {
                let now = (Moment::from_ms(1), &Nothing as &dyn Facts);
                for at in 0..count {
                    black_box(progress.settle(at, State::Complete("success".to_owned()), now));
                }
                progress
            });
            total / u32::try_from(count).expect("a workflow")
        });
    });
    group.finish();
}

/// A tree in which each hop leads to two others.
fn graph(count: usize) -> Graph {
    let hop = |at: usize| Hop {
        id: HopId::parse(&format!("h{at}")).expect("a name"),
        kind: HopKind::Work,
        generation: 0,
        duty: Duty::default(),
        edges: at
            .checked_sub(1)
            .map(|before| Edge::from(before / 2))
            .into_iter()
            .collect(),
        join: Join::All,
        condition: None,
        can_reject: false,
        strategy: Strategy::Origin,
        rejections_max: 3,
    };
    Graph::new((0..count).map(hop).collect()).expect("a workflow")
}

/// Nothing holds.
struct Nothing;

impl Facts for Nothing {
    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn has_tag(&self, _: &str) -> bool {
        false
    }

    fn has_event(&self, _: &str) -> bool {
        false
    }

    fn has_file(&self, _: &str) -> bool {
        false
    }
}
