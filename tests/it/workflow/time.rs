//! Hops whose time is up, and joins that do not wait for ever.

use serde_json::json;

use super::{begun, card_of, does, finish, of, spawn_of, standing};
use crate::stage::Stage;

const MINUTE_MS: u64 = 60_000;

/// Lets time pass while the session of a run shows life.
pub(super) fn live_on(stage: &mut Stage, run: &str, minutes: u64) {
    for _ in 0..minutes {
        stage.later(MINUTE_MS);
        stage.heartbeat(run);
    }
}

/// Notices about hops that the last call handed out.
fn told_of_hops(stage: &Stage) -> usize {
    let notices = stage.notices().into_iter();
    notices.filter(|it| it.key.starts_with("hop:")).count()
}

/// S18.
#[test]
fn a_hop_that_takes_too_long_is_handed_on_once() {
    // Given a hop with half an hour, and somebody who takes over
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer", "timeout": "30m", "escalateTo": "press"},
        ])),
    );
    let spawn = spawn_of(&mut stage, &task, "build");
    stage.started(&spawn);
    live_on(&mut stage, &spawn.run, 29);
    stage.poll();
    assert!(stage.cancels().is_empty());
    // When it is over
    live_on(&mut stage, &spawn.run, 2);
    stage.poll();
    // Then the session ends, and the other one gets it
    assert_eq!(stage.cancels()[0].run, spawn.run);
    let told: Vec<String> = stage.notices().into_iter().map(|it| it.message).collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "hop build takes 31 minutes by now (writer); press takes over",
    ]
    "#);
    let second = spawn_of(&mut stage, &task, "build");
    assert_eq!(second.agent, "printer");
    stage.started(&second);
    assert_eq!(stage.payloads("dag.hop_timeout_escalation").len(), 1);
    // And after that people are told, once, and nothing else happens
    live_on(&mut stage, &second.run, 31);
    stage.poll();
    assert_eq!((told_of_hops(&stage), stage.cancels().len()), (1, 0));
    live_on(&mut stage, &second.run, 120);
    stage.poll();
    assert_eq!((told_of_hops(&stage), stage.cancels().len()), (0, 0));
    assert_eq!(stage.payloads("dag.hop_timeout").len(), 1);
    // And the end of the second run counts
    finish(&mut stage, &second, &json!({})).unwrap();
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_join_with_a_deadline_goes_on_with_what_is_there() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "a", "agent": "writer"},
            {"id": "b", "agent": "reader"},
            {"id": "sum", "agent": "judge", "dependsOn": ["a", "b"], "joinType": "deadline(30m)"},
        ])),
    );
    does(&mut stage, (&task, "a"), &json!({}));
    let card = card_of(&mut stage, &task, "b");
    stage.ann(
        "aof_task_block",
        json!({"taskId": card, "reason": "nobody is here"}),
    );
    stage.poll();
    assert_eq!(stage.next_due(), Some(stage.now_ms + 30 * MINUTE_MS));
    stage.later(30 * MINUTE_MS).poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["a: complete success", "b: ready", "sum: ready"]
    );
    does(&mut stage, (&task, "sum"), &json!({}));
    assert_eq!(stage.status(&task), "in-progress");
    stage.ann("aof_task_unblock", json!({"taskId": card}));
    does(&mut stage, (&task, "b"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_hop_is_tried_as_often_as_it_says() {
    use aof_host::contract::hooks::Ending;
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([{"id": "build", "agent": "writer", "retries": 1}])),
    );
    for _ in 0..2 {
        let spawn = spawn_of(&mut stage, &task, "build");
        stage.started(&spawn);
        stage.ended(&spawn.run, Ending::Exited(1));
        stage.later(20 * MINUTE_MS).poll();
    }
    assert_eq!(standing(&mut stage, &task), ["build: failed"]);
    assert_eq!(stage.status(&task), "blocked");
}

#[test]
fn a_task_is_not_late_as_long_as_its_hops_are_not_unless_it_says_so_itself() {
    for (more, alerts) in [("", 0), ("sla: {maxInProgressMs: 3600000}\n", 1)] {
        let hops = "[{id: a, agent: writer}, {id: b, agent: reader, dependsOn: [a]}]";
        let id = "TASK-2026-02-17-001";
        let card = format!(
            "//- projects/alpha/tasks/ready/{id}.md\n---\nschemaVersion: 1\nid: {id}\ntitle: t\n\
             status: ready\n{more}workflow: {{definition: {{name: w, hops: {hops}}}}}\n---\n\nb\n"
        );
        let mut stage = Stage::with(&card);
        stage.poll();
        let spawn = spawn_of(&mut stage, id, "a");
        stage.started(&spawn);
        live_on(&mut stage, &spawn.run, 40);
        finish(&mut stage, &spawn, &json!({})).unwrap();
        let spawn = spawn_of(&mut stage, id, "b");
        stage.started(&spawn);
        live_on(&mut stage, &spawn.run, 25);
        stage.poll();
        let late = stage.notices().into_iter();
        let late = late.filter(|it| it.key.starts_with(&format!("sla:{id}")));
        assert_eq!(late.count(), alerts, "{more}");
    }
}
