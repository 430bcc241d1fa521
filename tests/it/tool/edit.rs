//! `aof_task_edit`.

use serde_json::{Value, json};

use super::{ONE, TWO, covered, three, with};
use crate::stage::{CHART, CardText, Stage, agent, human, runner};

#[test]
fn every_field_is_changed_at_once_and_told() {
    let mut stage = three();
    let arguments = json!({
        "taskId": ONE, "title": "Anew", "priority": "high", "role": "press", "tags": ["ink"],
        "resource": "desk", "timeoutMs": 5_000, "metadata": {"note": "x"},
        "expectedRevision": 0,
    });
    let answer = stage.later(1_000).ann("aof_task_edit", arguments);
    insta::assert_snapshot!(covered(answer, ONE), @r#"
    {
      "task": {
        "revision": 1,
        "status": "ready",
        "taskId": "[id]",
        "updatedAt": "2026-02-17T10:00:01.000Z"
      }
    }
    "#);
    let task = stage.task(ONE);
    let found = ["title", "priority", "agent", "role", "tags", "resource"].map(|it| &task[it]);
    let expected = json!(["Anew", "high", null, "press", ["ink"], "desk"]);
    assert_eq!(
        found.to_vec(),
        expected.as_array().unwrap().iter().collect::<Vec<_>>()
    );
    assert_eq!(task["metadata"]["note"], "x");
    assert_eq!(task["metadata"]["timeoutMs"], 5_000);
    assert_eq!(stage.logged(Some(ONE)), ["task.updated"]);
    let told = stage.payloads("task.updated").pop().unwrap();
    assert_eq!(told["changes"]["title"]["to"], "Anew");
    assert_eq!(told["changes"]["routing"]["from"]["agent"], "writer");
    assert_eq!(
        told["changes"]["metadata"],
        json!({"keys": ["note", "timeoutMs"]})
    );
    assert!(
        !told.to_string().contains("\"x\""),
        "no value of the open map: {told}"
    );
}

#[test]
fn what_is_taken_away_is_gone() {
    let card = CardText::new(ONE, "ready").agent("writer");
    let card = card.line("resource: desk").line("metadata: {note: x}");
    let mut stage = Stage::with(&card.fixture());
    let arguments = json!({"taskId": ONE, "resource": "", "tags": [], "metadata": {"note": null}});
    stage.ann("aof_task_edit", arguments);
    let task = stage.task(ONE);
    assert_eq!(
        (&task["resource"], &task["metadata"]),
        (&Value::Null, &json!({}))
    );
    assert_eq!(task["agent"], "writer", "whom it names stays");
}

#[test]
fn a_task_that_is_routed_anew_goes_there() {
    let mut stage = three();
    stage.ann("aof_task_edit", with(ONE, "agent", json!("reader")));
    assert_eq!(stage.spawned().agent, "reader");
}

#[test]
fn a_card_that_was_changed_meanwhile_is_left_alone() {
    let mut stage = three();
    stage.ann("aof_task_edit", with(ONE, "title", json!("First")));
    let mut arguments = with(ONE, "title", json!("Second"));
    arguments["expectedRevision"] = json!(0);
    let (code, at, _) = stage.refused(&human("ann"), ("aof_task_edit", arguments));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-2032", Some("expectedRevision"))
    );
}

#[test]
fn what_cannot_be_is_refused_by_field() {
    for (field, value, code) in [
        ("title", json!(""), "AOF-1004"),
        ("title", json!("two\nlines"), "AOF-1004"),
        ("priority", json!("soon"), "AOF-1004"),
        ("agent", json!("no agent"), "AOF-1003"),
        ("tags", json!(vec!["t"; 101]), "AOF-1009"),
        ("timeoutMs", json!(0), "AOF-1004"),
        ("timeoutMs", json!(14_400_001), "AOF-1004"),
        ("metadata", json!({"k": "x".repeat(33_000)}), "AOF-1009"),
        ("status", json!("done"), "AOF-1002"),
        ("body", json!("b"), "AOF-1002"),
    ] {
        let call = ("aof_task_edit", with(ONE, field, value));
        let (found, at, _) = three().refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(field)));
    }
    let own = with(ONE, "metadata", json!({"retryAt": null}));
    let (code, at, _) = three().refused(&human("ann"), ("aof_task_edit", own));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1004", Some("metadata.retryAt"))
    );
}

#[test]
fn an_edit_of_nothing_and_one_that_comes_too_late_are_refused() {
    let mut stage = three();
    let call = (
        "aof_task_edit",
        json!({"taskId": ONE, "expectedRevision": 0}),
    );
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1004", Some("title")));
    let late = with(super::THREE, "title", json!("t"));
    let (code, _, _) = stage.refused(&human("ann"), ("aof_task_edit", late));
    assert_eq!(code, "AOF-2002");
}

#[test]
fn saying_it_again_is_not_told_again() {
    let mut stage = three();
    for _ in 0..2 {
        stage.ann("aof_task_edit", with(ONE, "agent", json!("reader")));
    }
    assert_eq!(stage.logged(Some(ONE)), ["task.updated"]);
}

/// A worker may make tasks for itself, but for nobody else.
#[test]
fn nobody_hands_over_a_task_to_whom_he_could_not_give_one() {
    let chart = CHART.replace(
        "team: eye, capabilities",
        "policies: {tasking: {allowSelfAssign: true}}, team: eye, capabilities",
    );
    let mut stage = Stage::empty();
    stage.put_by_hand("org/org-chart.yaml", &chart);
    let card = CardText::new(TWO, "blocked").agent("reader");
    let card = card.line("createdBy: reader");
    stage.put_by_hand(&card.path(), &card.text());
    let reader = agent("reader");
    let call = ("aof_task_edit", with(TWO, "agent", json!("judge")));
    let (code, at, _) = stage.refused(&reader, call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2012", Some("agent")));
    let told = stage.log_lines().pop().unwrap();
    assert_eq!(
        (&told["type"], &told["taskId"]),
        (&json!("access.denied"), &json!(TWO))
    );
    let title = with(TWO, "title", json!("Mine"));
    stage.tool(&reader, "aof_task_edit", title).unwrap();
}

#[test]
fn the_run_of_an_edited_task_goes_on() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.ann("aof_task_edit", with(ONE, "agent", json!("reader")));
    assert_eq!(stage.task(ONE)["run"], spawn.run.as_str());
    stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap();
    assert_eq!(stage.status(ONE), "done");
}
