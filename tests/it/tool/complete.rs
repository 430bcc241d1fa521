//! `aof_task_complete`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{CardText, Stage, TTL_MS, agent, human, runner};

#[test]
fn the_agent_that_holds_a_task_finishes_it() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let answer = stage.tool(
        &runner(&spawn),
        "aof_task_complete",
        json!({"taskId": ONE, "summary": " Wrote it.\nTwice. ", "actor": "writer"}),
    );
    insta::assert_snapshot!(covered(answer.unwrap(), ONE), @r#"
    {
      "task": {
        "status": "done",
        "taskId": "[id]"
      }
    }
    "#);
    let card = stage
        .file(&format!("projects/alpha/tasks/done/{ONE}.md"))
        .unwrap();
    assert!(
        card.contains("\n## Completion\n\nWrote it.\nTwice.\n"),
        "{card}"
    );
    assert!(!card.contains("lease:"), "{card}");
    assert!(stage.cancels().is_empty(), "the agent ends by itself");
    let run = &stage.task(ONE)["runs"][0];
    assert_eq!(
        (&run["state"], &run["outcome"]),
        (&json!("ended"), &json!("completed"))
    );
}

#[test]
fn a_person_finishes_a_task_from_wherever_it_stands() {
    let mut stage = three();
    stage.ann("aof_task_complete", json!({"taskId": ONE}));
    stage.ann("aof_task_complete", json!({"taskId": TWO}));
    for (id, walk) in [
        (ONE, vec!["in-progress", "review", "done"]),
        (TWO, vec!["ready", "in-progress", "review", "done"]),
    ] {
        assert_eq!(stage.status(id), "done");
        let mut expected: Vec<String> = walk
            .iter()
            .map(|to| format!("task.transitioned {to}"))
            .collect();
        expected.push("task.completed".to_owned());
        assert_eq!(stage.logged(Some(id)), expected, "each move is one event");
    }
}

#[test]
fn a_person_who_finishes_a_running_task_ends_its_session() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ann("aof_task_complete", json!({"taskId": ONE}));
    let cancels = stage.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].run, spawn.run);
    assert_eq!(
        cancels[0].session,
        Some(format!("session-of-{}", spawn.run))
    );
}

#[test]
fn a_finished_task_is_not_finished_again() {
    let mut stage = three();
    let (code, at, _) = stage.refused(
        &human("ann"),
        ("aof_task_complete", json!({"taskId": THREE})),
    );
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2002", Some("taskId")));
}

#[test]
fn only_the_holder_may_finish() {
    let mut stage = three();
    let spawn = stage.spawned();
    let call = ("aof_task_complete", json!({"taskId": ONE}));
    for stranger in [agent("judge"), agent("writer")] {
        let (code, at, _) = stage.refused(&stranger, call.clone());
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-2005", Some("taskId")));
    }
    let other = ("aof_task_complete", json!({"taskId": TWO}));
    let (code, ..) = stage.refused(&runner(&spawn), other);
    assert_eq!(code, "AOF-2005", "its run is for another task");
    assert_eq!(stage.status(ONE), "in-progress");
}

#[test]
fn a_result_of_a_run_that_lapsed_is_noted_as_late_and_changes_nothing() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let first = stage.spawned();
    stage.started(&first);
    stage.later(TTL_MS);
    let second = stage.spawned_after_expiry();
    assert_ne!(first.run, second.run);
    let path = stage.card_path(ONE);
    let before = stage.file(&path);
    let error = stage
        .tool(
            &runner(&first),
            "aof_task_complete",
            json!({"taskId": ONE, "summary": "late"}),
        )
        .unwrap_err();
    assert_eq!(error.code, "AOF-2004");
    assert!(error.message.contains("stale-run"), "{}", error.message);
    assert_eq!(stage.card_path(ONE), path);
    assert_eq!(stage.file(&path), before);
    let late = stage.log_lines().pop().unwrap();
    assert_eq!(
        (&late["type"], &late["runId"]),
        (&json!("run.late"), &json!(first.run))
    );
    stage
        .tool(
            &runner(&second),
            "aof_task_complete",
            json!({"taskId": ONE}),
        )
        .unwrap();
    assert_eq!(stage.status(ONE), "done");
    let error = stage
        .tool(
            &runner(&second),
            "aof_task_complete",
            json!({"taskId": ONE}),
        )
        .unwrap_err();
    assert_eq!(error.code, "AOF-2004", "its own run is over as well");
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code, place) in [
        ("summary", json!("bell \u{7}"), "AOF-1009", "summary"),
        ("project", json!("_inbox"), "AOF-1005", "project"),
        ("actor", json!("bob"), "AOF-2006", "actor"),
        ("taskId", json!("TASK-2026"), "AOF-1006", "taskId"),
        ("taskId", json!("nothing"), "AOF-1005", "taskId"),
    ] {
        let call = ("aof_task_complete", with(ONE, field, value));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
}
