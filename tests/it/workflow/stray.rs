//! Workflows that somebody stopped and let go on, and hops whose cards stand where the workflow did
//! not put them.

use serde_json::json;

use super::{begun, begun_with, card_of, does, finish, of, spawn_of, standing};
use crate::stage::Stage;

#[test]
fn a_resource_of_the_task_is_for_its_hops() {
    let mut stage = Stage::empty();
    let task = begun_with(
        &mut stage,
        &of(json!([{"id": "print", "agent": "writer"}])),
        &json!({"resource": "/the/press"}),
    );
    let spawn = spawn_of(&mut stage, &task, "print");
    assert_eq!(spawn.agent, "writer");
}

#[test]
fn a_task_that_only_stood_still_does_nothing_anew() {
    // Given a failure that somebody dealt with
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "try", "agent": "writer"},
            {"id": "mend", "agent": "reader", "dependsOn": [{"hop": "try", "on": ["failed"]}]},
            {"id": "ship", "agent": "printer", "dependsOn": ["mend"]},
        ])),
    );
    does(
        &mut stage,
        (&task, "try"),
        &json!({"outcome": "failed", "notes": "no"}),
    );
    does(&mut stage, (&task, "mend"), &json!({}));
    let before = standing(&mut stage, &task);
    assert_eq!(
        before,
        ["try: failed", "mend: complete success", "ship: ready"]
    );
    // When the task is stopped for a while
    stage.ann(
        "aof_task_block",
        json!({"taskId": task, "reason": "wait for the law"}),
    );
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    // Then it goes on where it was
    assert_eq!(standing(&mut stage, &task), before);
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn what_ended_beside_a_rejection_while_the_task_stood_still_is_done_anew() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer"},
            {"id": "look", "kind": "human", "dependsOn": ["build"], "canReject": true},
            {"id": "tell", "agent": "reader"},
        ])),
    );
    stage.poll();
    let spawns = stage.spawns();
    let tell = spawns
        .iter()
        .find(|spawn| spawn.agent == "reader")
        .unwrap()
        .clone();
    does(&mut stage, (&task, "build"), &json!({}));
    let look = card_of(&mut stage, &task, "look");
    // Given a task that stands still, while one hop sends everything back and another one ends
    stage.ann(
        "aof_task_block",
        json!({"taskId": task, "reason": "wait for the law"}),
    );
    let back = json!({"taskId": look, "outcome": "rejected", "notes": "no"});
    stage.ann("aof_task_complete", back);
    assert_eq!(stage.status(&task), "blocked");
    finish(&mut stage, &tell, &json!({})).unwrap();
    // When it goes on
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    stage.poll();
    // Then the other one belongs to what was sent back
    let states = standing(&mut stage, &task);
    assert_eq!(states[1], "look: pending");
    assert_ne!(states[2], "tell: complete success", "{states:?}");
    assert_ne!(card_of(&mut stage, &task, "tell"), tell.task);
}

#[test]
fn a_task_that_was_given_up_and_is_not_any_more_has_its_hops_done() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([{"id": "build", "agent": "writer"}, {"id": "ask", "kind": "human"}])),
    );
    let path = |status: &str| format!("projects/_inbox/tasks/{status}/{task}.md");
    stage.move_by_hand(&path("in-progress"), &path("deadletter"));
    stage.poll();
    let first = stage.task(&task)["workflow"]["hops"][0]["task"].clone();
    assert_eq!(stage.status(first.as_str().unwrap()), "cancelled");
    stage.ann("aof_task_resurrect", json!({"taskId": task}));
    for _ in 0..3 {
        stage.poll();
    }
    assert_eq!(
        standing(&mut stage, &task),
        ["build: dispatched", "ask: waiting-human"]
    );
    assert_ne!(card_of(&mut stage, &task, "build"), first);
}

#[test]
fn a_hop_of_a_person_is_given_to_nobody_though_its_card_was_blocked_for_a_while() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([{"id": "sign", "kind": "human", "role": "press"}])),
    );
    let card = card_of(&mut stage, &task, "sign");
    stage.ann(
        "aof_task_block",
        json!({"taskId": card, "reason": "on holiday"}),
    );
    stage.ann("aof_task_unblock", json!({"taskId": card}));
    stage.poll();
    assert!(stage.spawns().is_empty());
    let why = stage.explain(&card)["reasons"].to_string();
    insta::assert_snapshot!(why, @r#"["a person decides: `aof approve`, `aof reject`"]"#);
    stage.ann("aof_task_complete", json!({"taskId": task}));
    assert_eq!(stage.status(&task), "done");
}
