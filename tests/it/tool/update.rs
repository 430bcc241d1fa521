//! `aof_task_update`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{CardText, Stage, agent, human, runner};

#[test]
fn body_and_status_change_together() {
    let mut stage = three();
    let answer = stage.later(1_000).ann(
        "aof_task_update",
        json!({"taskId": ONE, "status": "blocked", "reason": "wait", "body": "New.\n"}),
    );
    insta::assert_snapshot!(covered(answer, ONE), @r#"
    {
      "task": {
        "bodyUpdated": true,
        "status": "blocked",
        "taskId": "[id]",
        "transitioned": true,
        "updatedAt": "2026-02-17T10:00:01.000Z"
      }
    }
    "#);
    let task = stage.task(ONE);
    assert_eq!(
        (&task["body"], &task["reason"]),
        (&json!("New.\n"), &json!("wait"))
    );
    let expected = ["task.transitioned blocked", "task.blocked", "task.updated"];
    assert_eq!(stage.logged(Some(ONE)), expected);
}

#[test]
fn a_refused_status_leaves_the_body_alone() {
    let mut stage = three();
    let arguments = json!({"taskId": ONE, "status": "done", "body": "lost?"});
    let (code, at, hint) = stage.refused(&human("ann"), ("aof_task_update", arguments));
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2001", Some("status")));
    assert!(hint.contains("in-progress"), "{hint}");
}

#[test]
fn the_holder_writes_into_its_card_and_keeps_it() {
    let mut stage = three();
    let spawn = stage.spawned();
    let answer = stage.tool(
        &runner(&spawn),
        "aof_task_update",
        json!({"taskId": ONE, "body": "half way", "actor": "writer"}),
    );
    assert_eq!(answer.unwrap()["task"]["status"], "in-progress");
    assert_eq!(stage.task(ONE)["run"], spawn.run.as_str());
    assert!(stage.effects.is_empty());
}

#[test]
fn a_task_that_is_handed_in_is_accepted_by_a_person() {
    let mut stage = three();
    let spawn = stage.spawned();
    let hand_in = json!({"taskId": ONE, "status": "review"});
    stage
        .tool(&runner(&spawn), "aof_task_update", hand_in)
        .unwrap();
    assert_eq!(stage.task(ONE)["runs"][0]["outcome"], "released");
    stage.ann("aof_task_update", json!({"taskId": ONE, "status": "done"}));
    assert_eq!(stage.status(ONE), "done");
}

#[test]
fn every_legal_move_is_made_and_no_other() {
    let table = [
        ("backlog", vec!["ready", "blocked"]),
        ("ready", vec!["in-progress", "blocked"]),
        ("in-progress", vec!["review", "ready", "blocked"]),
        ("blocked", vec!["ready"]),
        ("review", vec!["done", "in-progress", "blocked"]),
        ("deadletter", vec!["ready"]),
    ];
    for (from, legal) in table {
        for to in [
            "backlog",
            "ready",
            "in-progress",
            "blocked",
            "review",
            "done",
        ] {
            if from == to {
                continue;
            }
            let mut stage = Stage::with(&CardText::new(ONE, from).agent("writer").fixture());
            let arguments = json!({"taskId": ONE, "status": to, "reason": "r"});
            if legal.contains(&to) {
                stage.ann("aof_task_update", arguments);
                assert_eq!(
                    stage.card_path(ONE),
                    format!("projects/alpha/tasks/{to}/{ONE}.md")
                );
            } else {
                let (code, ..) = stage.refused(&human("ann"), ("aof_task_update", arguments));
                assert_eq!(code, "AOF-2001", "{from} to {to}");
            }
        }
    }
}

#[test]
fn a_dead_letter_that_is_brought_back_starts_anew() {
    let dead = CardText::new(ONE, "deadletter")
        .agent("writer")
        .line("metadata: {retryCount: 4, dispatchFailures: 3, deadletterReason: r, colour: red}");
    let mut stage = Stage::with(&dead.fixture());
    stage.ann("aof_task_update", json!({"taskId": ONE, "status": "ready"}));
    assert_eq!(stage.task(ONE)["metadata"], json!({"colour": "red"}));
}

#[test]
fn what_may_not_be_changed_is_refused() {
    let mut stage = three();
    let call = ("aof_task_update", with(THREE, "body", json!("x")));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2002", Some("taskId")));
    let call = ("aof_task_update", with(TWO, "body", json!("x")));
    let (code, at, _) = stage.refused(&agent("reader"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2005", Some("taskId")));
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code, place) in [
        ("status", json!("cancelled"), "AOF-1004", "status"),
        ("status", json!("deadletter"), "AOF-1004", "status"),
        ("status", json!("Ready"), "AOF-1004", "status"),
        ("status", json!("blocked"), "AOF-1004", "reason"),
        ("body", json!("bell \u{7}"), "AOF-1009", "body"),
        ("reason", json!("r"), "AOF-1004", "status"),
    ] {
        let call = ("aof_task_update", with(ONE, field, value));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
    let arguments = json!({"taskId": ONE, "body": "b", "actor": "bob"});
    let (code, at, _) = stage.refused(&human("ann"), ("aof_task_update", arguments));
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2006", Some("actor")));
}
