//! The decision path: what the component thinks, over a store that costs next to nothing.

use std::hint::black_box;

use aof_benches::fact::{DRAFT, arguments_for};
use aof_benches::subject::AnySubject;
use aof_tests::fixture::{Fixture, Mix, Room};
use criterion::Criterion;

use crate::ground::{each, memory, prepared, repeated};

pub fn benches(criterion: &mut Criterion) {
    plan(criterion);
    start_ten(criterion);
    create(criterion);
}

fn plan(criterion: &mut Criterion) {
    let fixture = Fixture::new(10_000, Mix::PEER);
    let mut group = criterion.benchmark_group("decide-plan");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.dry_run()),
    );
    group.finish();
}

fn start_ten(criterion: &mut Criterion) {
    let fixture = Fixture::new(1_000, Mix::PEER).room(Room::Free);
    let mut group = criterion.benchmark_group("decide-start-ten");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| prepared(times, subject, ten_ready, |subject, ()| start(subject)),
    );
    group.finish();
}

fn create(criterion: &mut Criterion) {
    let fixture = Fixture::new(1_000, Mix::PEER);
    let mut group = criterion.benchmark_group("decide-create");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.tool("aof_dispatch", DRAFT)),
    );
    group.finish();
}

/// Takes every run back, so that the next poll has ten tasks to start.
pub fn ten_ready(subject: &mut AnySubject) {
    let report = subject.tool(
        "aof_status_report",
        r#"{"status":"in-progress","limit":100}"#,
    );
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    let tasks = report
        .pointer("/report/tasks")
        .and_then(|tasks| tasks.as_array());
    for task in tasks.into_iter().flatten() {
        let id = task.get("id").and_then(|id| id.as_str()).expect("an id");
        black_box(subject.tool("aof_task_complete", &arguments_for(id)));
        black_box(subject.tool("aof_dispatch", DRAFT));
    }
}

/// A poll that must start ten tasks.
pub fn start(subject: &mut AnySubject) {
    assert_eq!(subject.poll(), 10, "effects of a poll with room");
}
