//! `aof_task_block`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{agent, human, runner};

#[test]
fn a_task_is_blocked_for_a_reason() {
    let mut stage = three();
    let spawn = stage.spawned();
    let answer = stage.tool(
        &runner(&spawn),
        "aof_task_block",
        json!({"taskId": ONE, "reason": "no paper"}),
    );
    insta::assert_snapshot!(covered(answer.unwrap(), ONE), @r#"
    {
      "task": {
        "reason": "no paper",
        "status": "blocked",
        "taskId": "[id]"
      }
    }
    "#);
    let task = stage.task(ONE);
    assert_eq!(
        (&task["status"], &task["reason"]),
        (&json!("blocked"), &json!("no paper"))
    );
    assert_eq!(task["leaseExpiresAt"], json!(null));
    assert_eq!(task["runs"][0]["outcome"], "blocked");
    assert!(stage.cancels().is_empty(), "the agent ends by itself");
}

#[test]
fn a_person_who_blocks_a_running_task_ends_its_session() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "wait"}));
    assert_eq!(stage.cancels()[0].run, spawn.run);
}

#[test]
fn a_backlog_task_can_be_blocked_too() {
    let mut stage = three();
    let made = stage.ann(
        "aof_dispatch",
        json!({"title": "t", "brief": "b", "agent": "writer", "dependsOn": [ONE]}),
    );
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.ann("aof_task_block", json!({"taskId": id, "reason": "wait"}));
    assert_eq!(stage.status(&id), "blocked");
}

#[test]
fn blocking_what_cannot_be_blocked_is_refused() {
    let mut stage = three();
    for id in [TWO, THREE] {
        let call = ("aof_task_block", with(id, "reason", json!("r")));
        let (code, _, hint) = stage.refused(&human("ann"), call);
        assert_eq!(code, "AOF-2001", "{hint}");
    }
    let call = ("aof_task_block", with(ONE, "reason", json!("r")));
    let (code, at, _) = stage.refused(&agent("judge"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2005", Some("taskId")));
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    let good = json!({"taskId": ONE, "reason": "r"});
    for (field, value, code, place) in [
        ("reason", json!(""), "AOF-1004", "reason"),
        ("reason", json!("two\nlines"), "AOF-1004", "reason"),
        ("project", json!("_inbox"), "AOF-1005", "project"),
        ("actor", json!("bob"), "AOF-2006", "actor"),
        ("taskId", json!("nothing"), "AOF-1005", "taskId"),
    ] {
        let mut arguments = good.clone();
        arguments[field] = value;
        let (found, at, _) = stage.refused(&human("ann"), ("aof_task_block", arguments));
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
    let call = ("aof_task_block", json!({"taskId": ONE}));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1002", Some("reason")));
}
