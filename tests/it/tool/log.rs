//! `aof_task_log`.

use serde_json::json;

use super::{ONE, THREE, covered, three, with};
use crate::stage::{CardText, Stage, human, runner};

#[test]
fn entries_are_added_to_one_section_and_told() {
    let mut stage = three();
    let spawn = stage.spawned();
    let answer = stage.tool(
        &runner(&spawn),
        "aof_task_log",
        with(ONE, "text", json!("half\nway")),
    );
    insta::assert_snapshot!(covered(answer.unwrap(), ONE), @r#"
    {
      "task": {
        "status": "in-progress",
        "taskId": "[id]",
        "updatedAt": "2026-02-17T10:00:00.000Z"
      }
    }
    "#);
    stage
        .later(1_000)
        .ann("aof_task_log", with(ONE, "text", json!("go on")));
    insta::assert_snapshot!(stage.task(ONE)["body"].as_str().unwrap(), @r"
    Do it.

    ## Work Log

    - 2026-02-17T10:00:00.000Z writer: half
      way
    - 2026-02-17T10:00:01.000Z ann: go on
    ");
    let texts: Vec<_> = stage.payloads("task.logged");
    assert_eq!(
        texts,
        [json!({"text": "half\nway"}), json!({"text": "go on"})]
    );
    assert_eq!(
        stage.task(ONE)["run"],
        spawn.run.as_str(),
        "it is held as before"
    );
}

#[test]
fn a_new_body_does_not_take_the_log_away() {
    let mut stage = three();
    stage.ann("aof_task_log", with(ONE, "text", json!("begun")));
    stage.ann("aof_task_update", with(ONE, "body", json!("Do that.\n")));
    let body = stage.task(ONE)["body"].as_str().unwrap().to_owned();
    assert!(body.starts_with("Do that.\n\n## Work Log\n\n- "), "{body}");
    assert!(body.ends_with(" ann: begun\n"), "{body}");

    // Nor does one that was made from a former version.
    let former = format!("{body}- mine\n");
    stage.ann("aof_task_log", with(ONE, "text", json!("half way")));
    stage.ann("aof_task_update", with(ONE, "body", json!(former)));
    let body = stage.task(ONE)["body"].as_str().unwrap().to_owned();
    assert!(body.ends_with(" ann: half way\n"), "{body}");
    assert!(
        body.contains(" ann: begun\n") && !body.contains("mine"),
        "{body}"
    );
}

#[test]
fn an_entry_has_4000_characters() {
    let mut stage = three();
    stage.ann("aof_task_log", with(ONE, "text", json!("ä".repeat(4_000))));
    for text in ["ä".repeat(4_001), String::new(), " \n".to_owned()] {
        let call = ("aof_task_log", with(ONE, "text", json!(text)));
        let (code, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-1004", Some("text")));
    }
    let call = ("aof_task_log", with(ONE, "text", json!("\u{7}")));
    let (code, _, _) = stage.refused(&human("ann"), call);
    assert_eq!(code, "AOF-1009");
}

#[test]
fn a_body_that_would_be_too_large_is_left_as_it_is() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let most = "x".repeat(512 * 1024 - 10);
    stage.ann("aof_task_update", with(ONE, "body", json!(most)));
    let call = ("aof_task_log", with(ONE, "text", json!("one more")));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1009", Some("text")));
}

#[test]
fn a_finished_task_stays_as_it_is() {
    let call = ("aof_task_log", with(THREE, "text", json!("t")));
    let (code, _, _) = three().refused(&human("ann"), call);
    assert_eq!(code, "AOF-2002");
}
