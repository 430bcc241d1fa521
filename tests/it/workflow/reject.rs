//! Work that is sent back.

use serde_json::json;

use super::{begun, card_of, does, finish, of, spawn_of, standing};
use crate::stage::Stage;

/// S15.
#[test]
fn work_that_is_sent_back_is_done_again_with_the_notes() {
    // Given implement → review → qa
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "implement", "agent": "writer"},
            {"id": "review", "agent": "reader", "dependsOn": ["implement"], "canReject": true},
            {"id": "qa", "agent": "judge", "dependsOn": ["review"]},
        ])),
    );
    does(
        &mut stage,
        (&task, "implement"),
        &json!({"notes": "first try"}),
    );
    let first = card_of(&mut stage, &task, "implement");
    // When the review sends it back with notes
    let notes = "no tests for the empty case";
    does(
        &mut stage,
        (&task, "review"),
        &json!({"outcome": "rejected", "notes": notes}),
    );
    // Then everything is done anew, on new cards that say why
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: ready", "review: pending", "qa: pending"]
    );
    let spawn = spawn_of(&mut stage, &task, "implement");
    assert_ne!(spawn.task, first);
    assert!(stage.file(&spawn.card_path).unwrap().contains(notes));
    let told = stage.payloads("dag.hop_rejected");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["rejectionNotes"], &told[0]["rejectionCount"]),
        (&json!(notes), &json!(1))
    );
    // And the result of the first pass is kept
    assert_eq!(stage.task(&first)["result"]["notes"], "first try");
    finish(&mut stage, &spawn, &json!({})).unwrap();
    does(&mut stage, (&task, "review"), &json!({}));
    does(&mut stage, (&task, "qa"), &json!({}));
    assert_eq!(stage.status(&task), "done");
    let counts: Vec<u64> = stage.task(&task)["workflow"]["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| hop["rejections"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [0, 1, 0]);
}

/// S16, defect 27: two reviewers who reject in turn trip the breaker.
#[test]
fn alternating_rejections_open_the_breaker() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "implement", "agent": "writer"},
            {"id": "one", "agent": "reader", "dependsOn": ["implement"], "canReject": true},
            {"id": "two", "agent": "judge", "dependsOn": ["one"], "canReject": true},
        ])),
    );
    let back = json!({"outcome": "rejected", "notes": "again"});
    for round in 1..=3 {
        does(&mut stage, (&task, "implement"), &json!({}));
        if round < 3 {
            does(&mut stage, (&task, "one"), &back);
            does(&mut stage, (&task, "implement"), &json!({}));
        } else {
            does(&mut stage, (&task, "one"), &json!({}));
            does(&mut stage, (&task, "two"), &back);
            break;
        }
        does(&mut stage, (&task, "one"), &json!({}));
        does(&mut stage, (&task, "two"), &back);
    }
    assert_eq!(stage.status(&task), "blocked");
    let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(reason, @"workflow: failed at two (circuit_breaker: again)");
    // And nothing is left running
    stage.poll();
    assert!(stage.spawns().is_empty());
}

#[test]
fn a_rejection_ends_what_runs_beside_it() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer"},
            {"id": "look", "agent": "reader", "dependsOn": ["build"], "canReject": true},
            {"id": "judge", "agent": "judge", "dependsOn": ["build"], "canReject": true},
        ])),
    );
    does(&mut stage, (&task, "build"), &json!({}));
    stage.poll();
    let spawns = stage.spawns();
    let look = spawns.iter().find(|spawn| spawn.agent == "reader").unwrap();
    let judge = spawns.iter().find(|spawn| spawn.agent == "judge").unwrap();
    stage.started(look);
    stage.started(judge);
    let back = json!({"outcome": "rejected", "notes": "no"});
    finish(&mut stage, look, &back).unwrap();
    let cancels = stage.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].run, judge.run);
    assert_eq!(stage.status(&judge.task), "cancelled");
    assert_eq!(
        standing(&mut stage, &task),
        ["build: ready", "look: pending", "judge: pending"]
    );
}

#[test]
fn only_the_hops_before_are_reset_if_the_workflow_says_so() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "judge"},
            {"id": "build", "agent": "writer", "dependsOn": ["plan"]},
            {"id": "look", "agent": "reader", "dependsOn": ["build"], "canReject": true,
             "rejectionStrategy": "predecessors"},
        ])),
    );
    does(&mut stage, (&task, "plan"), &json!({}));
    does(&mut stage, (&task, "build"), &json!({}));
    let back = json!({"outcome": "rejected", "notes": "no"});
    does(&mut stage, (&task, "look"), &back);
    assert_eq!(
        standing(&mut stage, &task),
        ["plan: complete success", "build: ready", "look: pending"]
    );
}

#[test]
fn a_hop_that_may_not_reject_is_told_what_it_may() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &of(json!([{"id": "build", "agent": "writer"}])));
    let spawn = spawn_of(&mut stage, &task, "build");
    let before = stage.tree();
    let back = json!({"outcome": "rejected", "notes": "no"});
    let refusal = finish(&mut stage, &spawn, &back).unwrap_err();
    assert_eq!(refusal.code, "AOF-2042");
    let told = format!("{}; {}", refusal.message, refusal.hint);
    insta::assert_snapshot!(told.replace("; ", "\n"), @r"
    the hop `build` cannot send work back
    use success, failed, or an outcome of the workflow's own
    `canReject` in its definition lets a hop reject
    ");
    assert_eq!(stage.tree(), before);
}
