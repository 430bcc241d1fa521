//! Settings of the scheduler, each turned once.

use super::ONE;
use crate::stage::{CardText, DAWN_MS, Stage};
use aof_host::contract::hooks::FailureClass;

fn with(setting: &str) -> Stage {
    let card = CardText::new(ONE, "ready").agent("writer").fixture();
    Stage::with(&format!("//- aof.yaml\nscheduler: {{{setting}}}\n{card}"))
}

#[test]
fn so_many_tasks_are_started_in_one_poll() {
    let mut stage = with("maxDispatchesPerPoll: 1");
    stage.task_for("reader", "t");
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
}

#[test]
fn a_lease_lives_so_long_without_a_sign_of_life() {
    let mut stage = with("defaultLeaseTtlMs: 30000");
    stage.spawned();
    let end = stage.task(ONE)["leaseExpiresAt"].clone();
    assert_eq!(end, "2026-02-17T10:00:30.000Z");
}

#[test]
fn a_run_may_take_so_long() {
    let mut stage = with("runTimeoutMs: 77000");
    assert_eq!(stage.spawned().timeout_ms, 77_000);
}

#[test]
fn the_first_retry_waits_so_long() {
    let mut stage = with("retryBaseMs: 400000");
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Transient, "connection reset");
    stage.poll();
    let due = stage.next_due().unwrap() - DAWN_MS;
    assert!((300_000..=500_000).contains(&due), "{due}");
}

#[test]
fn so_many_failures_make_a_dead_letter() {
    let mut stage = with("failuresMax: 1, retryBaseMs: 0");
    for _ in 0..2 {
        let spawn = stage.later(1_000).spawned();
        stage.failed(&spawn, FailureClass::Transient, "connection reset");
        stage.later(1_000).poll();
    }
    assert_eq!(
        stage.status(ONE),
        "deadletter",
        "one try, and one more to start"
    );
}

#[test]
fn a_card_with_a_workflow_is_done_by_its_hops_and_a_broken_one_not_at_all() {
    let hops = "workflow: {definition: {name: w, hops: [{id: a, agent: reader}]}}";
    for (line, agent) in [
        ("colour: red", Some("writer")),
        (hops, Some("reader")),
        ("workflow: {definition: {}, state: {}}", None),
    ] {
        let card = CardText::new(ONE, "ready").agent("writer").line(line);
        let mut stage = Stage::with(&card.fixture());
        let mut agents = Vec::new();
        for _ in 0..3 {
            stage.poll();
            agents.extend(stage.spawns().into_iter().map(|spawn| spawn.agent));
        }
        assert_eq!(agents, agent.into_iter().collect::<Vec<_>>(), "{line}");
        if agent.is_none() {
            assert_eq!(stage.file(&card.path()), Some(card.text()));
        }
    }
}

#[test]
fn the_version_of_a_file_is_at_most_the_one_that_is_known() {
    let chart = |version| {
        format!(
            "//- org/org-chart.yaml\nschemaVersion: {version}\nagents: [{{id: writer, name: W}}]\n"
        )
    };
    let manifest =
        |version| format!("//- projects/alpha/project.yaml\nid: alpha\nschemaVersion: {version}\n");
    let card = |version| {
        let card = CardText::new(ONE, "ready").agent("writer").fixture();
        card.replace("schemaVersion: 1", &format!("schemaVersion: {version}"))
    };
    let starts = |files: [String; 3]| {
        let mut stage = Stage::with(&files.concat());
        stage.poll();
        stage.spawns().len()
    };
    assert_eq!(starts([chart(2), manifest(2), card(2)]), 1);
    assert_eq!(
        starts([chart(3), manifest(2), card(2)]),
        0,
        "nobody is known"
    );
    assert_eq!(
        starts([chart(2), manifest(3), card(2)]),
        0,
        "the project rests"
    );
    assert_eq!(
        starts([chart(2), manifest(2), card(3)]),
        0,
        "the card is set aside"
    );
}
