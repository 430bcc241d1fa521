//! Bounds of what the cards of workflows repeat, and of what one commit does to them.

use serde_json::json;

use super::{begun, begun_with, card_of, does, of, standing};
use crate::stage::Stage;

#[test]
fn the_reason_of_a_workflow_is_cut() {
    let around = "workflow: failed at build ()".len();
    for (length, is_whole) in [(2_000 - around, true), (2_001 - around, false)] {
        let mut stage = Stage::empty();
        let build = json!([{"id": "build", "agent": "writer"}]);
        let task = begun(&mut stage, &of(build));
        let notes = "x".repeat(length);
        let failed = json!({"outcome": "failed", "notes": notes});
        does(&mut stage, (&task, "build"), &failed);
        let shown = stage.task(&task);
        let reason = shown["reason"].as_str().unwrap();
        assert_eq!(reason.len(), 2_000);
        assert_eq!(reason.ends_with(')'), is_whole);
        assert_eq!(shown["workflow"]["hops"][0]["reason"], json!(notes));
    }
}

#[test]
fn a_long_text_of_a_task_is_not_repeated() {
    for (bytes, is_repeated) in [(16_384, true), (16_385, false)] {
        let mut stage = Stage::empty();
        let build = of(json!([{"id": "build", "agent": "writer"}]));
        let brief = "x".repeat(bytes - 1);
        let task = begun_with(&mut stage, &build, &json!({"brief": brief}));
        let card = card_of(&mut stage, &task, "build");
        let card = stage.file(&stage.card_path(&card)).unwrap();
        assert_eq!(card.contains(&brief), is_repeated, "{bytes}");
        assert_ne!(card.contains("Its text is long"), is_repeated, "{bytes}");
    }
}

#[test]
fn long_notes_are_cut_for_those_who_come_after() {
    let mut stage = Stage::empty();
    let two = of(json!([
        {"id": "build", "agent": "writer"},
        {"id": "look", "agent": "reader", "dependsOn": ["build"]},
    ]));
    let task = begun(&mut stage, &two);
    let notes = format!("{}y", "x".repeat(2_000));
    does(&mut stage, (&task, "build"), &json!({"notes": notes}));
    let card = card_of(&mut stage, &task, "look");
    let card = stage.file(&stage.card_path(&card)).unwrap();
    assert!(card.contains(&notes[..2_000]));
    assert!(!card.contains(&notes));
}

#[test]
fn a_hundred_hops_end_with_their_task_and_the_others_with_the_next_poll() {
    let mut stage = Stage::empty();
    let hops: Vec<_> = (0..101)
        .map(|at| json!({"id": format!("h{at}"), "kind": "human"}))
        .collect();
    let task = begun(&mut stage, &of(json!(hops)));
    assert_eq!(standing(&mut stage, &task)[100], "h100: waiting-human");
    let cancelled = |stage: &Stage| stage.ls("projects/_inbox/tasks/cancelled").len();
    stage.ann("aof_task_cancel", json!({"taskId": task}));
    assert_eq!(cancelled(&stage), 101);
    stage.poll();
    assert_eq!(cancelled(&stage), 102);
}
