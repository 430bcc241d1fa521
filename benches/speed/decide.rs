//! The decision path: what the component thinks, over a store that costs next to nothing.

use std::hint::black_box;

use aof_benches::fact::{DRAFT, arguments_for};
use aof_benches::subject::AnySubject;
use aof_tests::fixture::{Crew, Fixture, Mix, Room};
use criterion::Criterion;

use crate::ground::{each, floor, memory, prepared, repeated};

pub fn benches(criterion: &mut Criterion) {
    plan(criterion, "decide-plan", Crew::TEN);
    plan(criterion, "decide-plan-large", Crew::TWO_HUNDRED);
    explain(criterion);
    start_ten(criterion);
    create(criterion);
    workflow(criterion);
}

/// 10,000 cards, 2,000 of them ready or under way, and nobody with room for another.
fn plan(criterion: &mut Criterion, name: &str, crew: Crew) {
    let fixture = Fixture::new(10_000, Mix::PEER).crew(crew);
    let mut group = criterion.benchmark_group(name);
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.dry_run()),
    );
    group.finish();
}

/// Why a task that a rule routes waits, among 2,000 others.
fn explain(criterion: &mut Criterion) {
    let fixture = Fixture::new(10_000, Mix::PEER).crew(Crew::TWO_HUNDRED);
    let task = ready_by_rule(&fixture);
    let mut group = criterion.benchmark_group("decide-explain");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.explain(&task)),
    );
    group.finish();
}

fn ready_by_rule(fixture: &Fixture) -> String {
    let is_ours = |(path, content): &(String, Vec<u8>)| {
        path.contains("/tasks/ready/") && String::from_utf8_lossy(content).contains("skill-")
    };
    let (path, _) = fixture.files().find(is_ours).expect("a task for a rule");
    let name = path.rsplit('/').next().expect("a name");
    name.trim_end_matches(".md").to_owned()
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

/// Checks a sound workflow of 1,000 hops, each of which depends on up to three others. The floor
/// reads the call as JSON, and nothing of what it says.
fn workflow(criterion: &mut Criterion) {
    let hop = |at: usize| {
        let before = [1, 7, 13]
            .into_iter()
            .filter_map(|back| at.checked_sub(back));
        let before: Vec<String> = before.map(|at| format!("h{at}")).collect();
        let before = before.join(", ");
        format!("- {{id: h{at}, agent: agent-0, dependsOn: [{before}], timeout: 2h}}\n")
    };
    let hops: String = (0..1_000).map(hop).collect();
    let definition = format!("name: large\nhops:\n{hops}");
    let call = serde_json::json!({"definition": definition}).to_string();
    let fixture = Fixture::new(100, Mix::PEER);
    let mut group = criterion.benchmark_group("decide-workflow");
    each(
        &mut group,
        || memory(&fixture),
        |subject, times| repeated(times, || subject.tool("aof_workflow_check", &call)),
    );
    floor(&mut group, || {
        serde_json::from_str::<serde_json::Value>(&call).is_ok()
    });
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
