//! Workflows that somebody stopped and let go on, and hops whose cards stand where the workflow did
//! not put them.

use aof_host::contract::hooks::FailureClass;
use serde_json::json;

use super::{begun, begun_with, card_of, does, finish, of, spawn_of, standing};
use crate::stage::{Stage, human};

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

/// What a poll takes back in the same breath is not begun by it.
#[test]
fn a_hop_that_a_poll_sends_back_is_not_begun_by_the_same_poll() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer"},
            {"id": "look", "kind": "human", "dependsOn": ["build"], "canReject": true},
            {"id": "tell", "agent": "reader", "dependsOn": ["build"]},
        ])),
    );
    does(&mut stage, (&task, "build"), &json!({}));
    let (look, tell) = (
        card_of(&mut stage, &task, "look"),
        card_of(&mut stage, &task, "tell"),
    );
    // Given a rejection while the task stood still, and a hop beside it that may begin
    stage.ann(
        "aof_task_block",
        json!({"taskId": task, "reason": "wait for the law"}),
    );
    let back = json!({"taskId": look, "outcome": "rejected", "notes": "no"});
    stage.ann("aof_task_complete", back);
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    // When the workflow goes on
    for _ in 0..3 {
        stage.poll();
    }
    // Then that hop belongs to what was sent back
    assert_eq!(stage.status(&tell), "cancelled");
    assert_eq!(standing(&mut stage, &task)[0], "build: dispatched");
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

/// Brings a dead letter back by each way that a tool knows; gives the hint of the refusal.
fn brought_back(stage: &mut Stage, card: &str) -> Result<(), String> {
    let before = stage.tree();
    let ways = [
        (
            "aof_task_update",
            json!({"taskId": card, "status": "ready"}),
        ),
        ("aof_task_resurrect", json!({"taskId": card})),
    ];
    let mut hint = None;
    for (tool, arguments) in ways {
        if let Err(refused) = stage.tool(&human("ann"), tool, arguments) {
            assert_eq!(
                (refused.code.as_str(), refused.where_.as_deref()),
                ("AOF-2040", Some("taskId"))
            );
            assert_eq!(stage.tree(), before);
            hint = Some(format!("{}\n{}", refused.message, refused.hint));
        } else if tool == "aof_task_update" {
            return Ok(());
        }
    }
    hint.map_or(Ok(()), Err)
}

/// A task of whose hops the first is a dead letter.
fn with_a_dead_letter(stage: &mut Stage) -> (String, String) {
    let task = begun(
        stage,
        &of(json!([
            {"id": "build", "agent": "writer", "retries": 0},
            {"id": "tell", "agent": "reader"},
        ])),
    );
    let spawn = spawn_of(stage, &task, "build");
    stage.failed(&spawn, FailureClass::Permanent, "no such tool");
    assert_eq!(stage.status(&spawn.task), "deadletter");
    (task, spawn.task)
}

#[test]
fn a_dead_letter_that_its_workflow_went_on_without_is_not_brought_back() {
    // Given a hop that failed for good, while another one is at work
    let mut stage = Stage::empty();
    let (task, card) = with_a_dead_letter(&mut stage);
    let hint = |stage: &mut Stage| {
        let hint = brought_back(stage, &card).unwrap_err();
        hint.replace(&card, "CARD").replace(&task, "TASK")
    };
    insta::assert_snapshot!(hint(&mut stage), @r"
    the workflow of TASK went on without CARD
    `aof task unblock TASK` takes it up again once it is blocked
    ");
    // When that is done, the workflow fails, and can be taken up again
    does(&mut stage, (&task, "tell"), &json!({}));
    assert_eq!(stage.status(&task), "blocked");
    insta::assert_snapshot!(hint(&mut stage), @r"
    the workflow of TASK went on without CARD
    `aof task unblock TASK` takes it up again
    ");
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["build: ready", "tell: complete success"]
    );
    does(&mut stage, (&task, "build"), &json!({}));
    // And it is over for good
    assert_eq!(stage.status(&task), "done");
    insta::assert_snapshot!(hint(&mut stage), @r"
    the workflow of TASK went on without CARD
    it is over; make a new task for further work
    ");
}

#[test]
fn a_dead_letter_of_a_dead_letter_is_not_brought_back_alone() {
    let mut stage = Stage::empty();
    let (task, card) = with_a_dead_letter(&mut stage);
    let path = |status: &str| format!("projects/_inbox/tasks/{status}/{task}.md");
    stage.move_by_hand(&path("in-progress"), &path("deadletter"));
    stage.poll();
    let hint = brought_back(&mut stage, &card).unwrap_err();
    let hint = hint.replace(&card, "CARD").replace(&task, "TASK");
    insta::assert_snapshot!(hint, @r"
    the workflow of TASK went on without CARD
    `aof task resurrect TASK` takes it up again
    ");
    stage.ann("aof_task_resurrect", json!({"taskId": task}));
    for _ in 0..3 {
        stage.poll();
    }
    assert_eq!(
        standing(&mut stage, &task),
        ["build: failed", "tell: dispatched"]
    );
}

/// A task that stands still has not gone on.
#[test]
fn a_dead_letter_whose_workflow_stands_still_comes_back_and_is_done() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &of(json!([{"id": "build", "agent": "writer"}])));
    let spawn = spawn_of(&mut stage, &task, "build");
    stage.ann(
        "aof_task_block",
        json!({"taskId": task, "reason": "wait for the law"}),
    );
    stage.failed(&spawn, FailureClass::Permanent, "no such tool");
    assert_eq!(stage.status(&spawn.task), "deadletter");
    stage.ann("aof_task_resurrect", json!({"taskId": spawn.task}));
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    let again = spawn_of(&mut stage, &task, "build");
    assert_eq!(again.task, spawn.task);
    finish(&mut stage, &again, &json!({})).unwrap();
    assert_eq!(stage.status(&task), "done");
}
