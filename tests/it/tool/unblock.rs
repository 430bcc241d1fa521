//! `aof_task_unblock`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{agent, human};

#[test]
fn a_blocked_task_becomes_ready_and_forgets_why() {
    let mut stage = three();
    let answer = stage.ann(
        "aof_task_unblock",
        json!({"taskId": TWO, "project": "alpha"}),
    );
    insta::assert_snapshot!(covered(answer, TWO), @r#"
    {
      "task": {
        "status": "ready",
        "taskId": "[id]"
      }
    }
    "#);
    assert_eq!(stage.task(TWO)["metadata"], json!({}));
    let expected = ["task.transitioned ready", "task.unblocked"];
    assert_eq!(stage.logged(Some(TWO)), expected);
}

#[test]
fn only_a_blocked_task_can_be_unblocked() {
    let mut stage = three();
    for id in [ONE, THREE] {
        let call = ("aof_task_unblock", json!({"taskId": id}));
        let (code, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-2003", Some("taskId")));
    }
}

#[test]
fn an_agent_unblocks_nothing() {
    let mut stage = three();
    let call = ("aof_task_unblock", json!({"taskId": TWO}));
    let (code, ..) = stage.refused(&agent("reader"), call);
    assert_eq!(code, "AOF-2005");
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code, place) in [
        ("project", json!("_inbox"), "AOF-1005", "project"),
        ("actor", json!("bob"), "AOF-2006", "actor"),
        ("taskId", json!("TASK-2026-02"), "AOF-1006", "taskId"),
    ] {
        let call = ("aof_task_unblock", with(TWO, field, value));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
}
