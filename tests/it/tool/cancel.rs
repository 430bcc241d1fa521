//! `aof_task_cancel`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{CardText, Stage, agent, human};

#[test]
fn a_task_is_given_up_for_a_reason() {
    let mut stage = three();
    let answer = stage.ann(
        "aof_task_cancel",
        json!({"taskId": TWO, "reason": "abandoned: old"}),
    );
    insta::assert_snapshot!(covered(answer, TWO), @r#"
    {
      "task": {
        "reason": "abandoned: old",
        "status": "cancelled",
        "taskId": "[id]"
      }
    }
    "#);
    let task = stage.task(TWO);
    assert_eq!(task["status"], "cancelled");
    assert_eq!(task["metadata"]["cancellationReason"], "abandoned: old");
    assert!(stage.effects.is_empty(), "nothing was running");
}

#[test]
fn the_session_of_a_cancelled_task_is_ended() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.ann("aof_task_cancel", json!({"taskId": ONE}));
    assert_eq!(stage.cancels()[0].run, spawn.run);
    assert_eq!(stage.task(ONE)["runs"][0]["outcome"], "cancelled");
}

#[test]
fn a_dead_letter_can_be_given_up() {
    let mut stage = Stage::with(&CardText::new(ONE, "deadletter").fixture());
    stage.ann("aof_task_cancel", json!({"taskId": ONE}));
    assert_eq!(stage.status(ONE), "cancelled");
}

#[test]
fn what_is_finished_cannot_be_given_up() {
    let mut stage = three();
    let call = ("aof_task_cancel", json!({"taskId": THREE}));
    let (code, at, hint) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2001", Some("status")));
    assert!(hint.contains("final"), "{hint}");
}

#[test]
fn a_foreign_agent_gives_up_nothing() {
    let mut stage = three();
    let call = ("aof_task_cancel", json!({"taskId": ONE}));
    let (code, ..) = stage.refused(&agent("judge"), call);
    assert_eq!(code, "AOF-2005");
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code, place) in [
        ("reason", json!(""), "AOF-1004", "reason"),
        ("project", json!("_inbox"), "AOF-1005", "project"),
        ("actor", json!("bob"), "AOF-2006", "actor"),
    ] {
        let call = ("aof_task_cancel", with(ONE, field, value));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
}
