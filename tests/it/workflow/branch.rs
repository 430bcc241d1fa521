//! Branches that run and branches that do not.

use serde_json::{Value, json};

use super::{begun_with, does, of, standing};
use crate::stage::Stage;

fn branching() -> Value {
    let fast = json!({"op": "has_tag", "value": "fast"});
    of(json!([
        {"id": "implement", "agent": "writer"},
        {"id": "quick", "agent": "reader", "dependsOn": ["implement"], "condition": fast},
        {"id": "review", "agent": "judge", "dependsOn": ["implement"],
         "condition": {"op": "not", "condition": fast}},
        {"id": "qa", "agent": "reader", "dependsOn": ["review"]},
        {"id": "deploy", "agent": "printer", "dependsOn": ["qa"]},
    ]))
}

/// S17, defects 23 and 29.
#[test]
fn only_the_matching_branch_runs_and_the_other_is_skipped() {
    for more in [
        json!({"tags": ["fast"]}),
        json!({"metadata": {"tags": ["fast"]}}),
    ] {
        let mut stage = Stage::empty();
        let task = begun_with(&mut stage, &branching(), &more);
        does(&mut stage, (&task, "implement"), &json!({}));
        assert_eq!(
            standing(&mut stage, &task),
            [
                "implement: complete success",
                "quick: ready",
                "review: skipped condition",
                "qa: skipped dead-path",
                "deploy: skipped dead-path",
            ],
            "{more}"
        );
        does(&mut stage, (&task, "quick"), &json!({}));
        assert_eq!(stage.status(&task), "done");
    }
    let mut stage = Stage::empty();
    let task = begun_with(&mut stage, &branching(), &json!({}));
    for hop in ["implement", "review", "qa", "deploy"] {
        does(&mut stage, (&task, hop), &json!({}));
    }
    assert_eq!(stage.status(&task), "done");
    assert_eq!(standing(&mut stage, &task)[1], "quick: skipped condition");
}

/// Defect 22: a join with one failed and one complete hop does not wait for ever.
#[test]
fn a_join_behind_a_failure_is_skipped_and_the_task_is_blocked() {
    let mut stage = Stage::empty();
    let task = begun_with(
        &mut stage,
        &of(json!([
            {"id": "a", "agent": "writer"},
            {"id": "b", "agent": "reader"},
            {"id": "both", "agent": "judge", "dependsOn": ["a", "b"]},
        ])),
        &json!({}),
    );
    does(&mut stage, (&task, "a"), &json!({}));
    does(
        &mut stage,
        (&task, "b"),
        &json!({"outcome": "failed", "notes": "cannot be done"}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        ["a: complete success", "b: failed", "both: skipped failure"]
    );
    assert_eq!(stage.status(&task), "blocked");
    assert_eq!(
        stage.task(&task)["reason"],
        "workflow: failed at b (cannot be done)"
    );
    // And whoever lets it go on has what failed done anew
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["a: complete success", "b: ready", "both: pending"]
    );
    does(&mut stage, (&task, "b"), &json!({}));
    does(&mut stage, (&task, "both"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn outcomes_flags_events_and_files_lead_the_way() {
    let mut stage = Stage::empty();
    let task = begun_with(
        &mut stage,
        &of(json!([
            {"id": "look", "agent": "reader"},
            {"id": "by-word", "agent": "writer", "dependsOn": [{"hop": "look", "on": ["large"]}]},
            {"id": "by-score", "agent": "judge", "dependsOn": [{"hop": "look",
             "when": {"op": "gte", "field": "hops.look.result.payload.score", "value": 0.5}}]},
            {"id": "by-flag", "agent": "judge", "dependsOn": ["look"],
             "condition": {"op": "eq", "field": "flags.risky", "value": true}},
            {"id": "by-event", "agent": "judge", "dependsOn": ["look"],
             "condition": {"op": "has_event", "value": "schema-changed"}},
            {"id": "by-file", "agent": "judge", "dependsOn": ["look"],
             "condition": {"op": "file_exists", "value": "work/look/plan.md"}},
            {"id": "by-no-file", "agent": "judge", "dependsOn": ["look"],
             "condition": {"op": "file_exists", "value": "work/look/other.md"}},
        ])),
        &json!({}),
    );
    let path = format!("projects/_inbox/work/{task}/work/look/plan.md");
    stage.disk.put_by_hand(&path, b"# Plan\n").unwrap();
    does(
        &mut stage,
        (&task, "look"),
        &json!({"outcome": "large", "payload": {"score": 0.75}, "flags": {"risky": true},
                "events": ["schema-changed"]}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        [
            "look: complete large",
            "by-word: ready",
            "by-score: ready",
            "by-flag: ready",
            "by-event: ready",
            "by-file: ready",
            "by-no-file: skipped condition",
        ]
    );
}
