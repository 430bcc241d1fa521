//! A task that goes on with another definition of its workflow.

use serde_json::{Value, json};

use super::{begun, card_of, does, of, spawn_of, standing};
use crate::stage::{Stage, human};

fn old() -> Value {
    of(json!([
        {"id": "build", "agent": "writer"},
        {"id": "look", "agent": "reader", "dependsOn": ["build"]},
        {"id": "ship", "agent": "printer", "dependsOn": ["look"]},
    ]))
}

/// Another hop before the end, one that is gone, one that says something else.
fn new() -> Value {
    of(json!([
        {"id": "build", "agent": "writer", "description": "Better."},
        {"id": "check", "agent": "judge", "dependsOn": ["build"]},
        {"id": "ship", "agent": "printer", "dependsOn": ["check"]},
    ]))
}

#[test]
fn what_is_different_is_told_first_and_nothing_changes() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &old());
    let before = stage.tree();
    let asked = json!({"taskId": task, "workflow": new(), "dryRun": true});
    let told = stage.ann("aof_workflow_upgrade", asked)["upgrade"].take();
    assert_eq!(
        told,
        json!({"taskId": task, "status": "in-progress", "upgraded": false, "added": ["check"],
               "removed": ["look"], "changed": ["build", "ship"], "fields": []})
    );
    assert_eq!(stage.tree(), before);
}

#[test]
fn what_is_done_stays_and_the_rest_follows_the_new_definition() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &old());
    does(&mut stage, (&task, "build"), &json!({"notes": "built"}));
    let running = spawn_of(&mut stage, &task, "look");
    stage.started(&running);
    stage.ann(
        "aof_workflow_upgrade",
        json!({"taskId": task, "workflow": new()}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        ["build: complete success", "check: ready", "ship: pending"]
    );
    assert_eq!(stage.cancels()[0].run, running.run);
    assert_eq!(stage.status(&running.task), "cancelled");
    assert_eq!(stage.payloads("dag.upgraded").len(), 1);
    stage.kill_and_reopen();
    does(&mut stage, (&task, "check"), &json!({}));
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_hop_at_work_that_is_in_both_goes_on() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &old());
    let running = spawn_of(&mut stage, &task, "build");
    stage.ann(
        "aof_workflow_upgrade",
        json!({"taskId": task, "workflow": new()}),
    );
    assert!(stage.cancels().is_empty());
    assert_eq!(card_of(&mut stage, &task, "build"), running.task);
    super::finish(&mut stage, &running, &json!({})).unwrap();
    assert_eq!(standing(&mut stage, &task)[1], "check: ready");
}

/// Point 8: a template that changes does not change what is under way.
#[test]
fn a_template_that_changes_changes_no_task_until_somebody_asks() {
    let manifest = |hops: &str| {
        let head = "id: alpha\nstatus: active\nworkflowTemplates:\n  ship:\n    name: ship\n";
        format!("{head}    hops:\n{hops}")
    };
    let first = manifest("      - {id: build, agent: writer}\n");
    let mut stage = Stage::with(&format!("//- projects/alpha/project.yaml\n{first}"));
    let made = stage.ann(
        "aof_dispatch",
        json!({"title": "t", "brief": "b", "project": "alpha", "workflow": "ship"}),
    );
    let task = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.poll();
    let more = "      - {id: look, agent: reader, dependsOn: [build]}\n";
    let second = manifest(&format!("      - {{id: build, agent: writer}}\n{more}"));
    stage
        .disk
        .put_by_hand("projects/alpha/project.yaml", second.as_bytes())
        .unwrap();
    stage.poll();
    assert_eq!(standing(&mut stage, &task).len(), 1);
    stage.ann("aof_workflow_upgrade", json!({"taskId": task}));
    assert_eq!(
        standing(&mut stage, &task),
        ["build: dispatched", "look: pending"]
    );
}

/// What a workflow says of itself counts as much as what its hops say.
#[test]
fn a_definition_that_differs_in_no_hop_is_taken_over_too() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &old());
    let running = spawn_of(&mut stage, &task, "build");
    stage.started(&running);
    let mut next = old();
    next["rejectionsMax"] = json!(2);
    next["description"] = json!("Twice at most.");
    let mut hops = next["hops"].as_array().unwrap().clone();
    hops.reverse();
    next["hops"] = json!(hops);
    let asked = json!({"taskId": task, "workflow": next});
    let told = stage.ann("aof_workflow_upgrade", asked.clone())["upgrade"].take();
    assert_eq!(
        told,
        json!({"taskId": task, "status": "in-progress", "upgraded": true, "added": [],
               "removed": [], "changed": [], "fields": ["description", "hops", "rejectionsMax"]})
    );
    assert_eq!(
        standing(&mut stage, &task),
        ["ship: pending", "look: pending", "build: dispatched"]
    );
    assert!(stage.cancels().is_empty());
    // Given once more it is the very same, read back from the card.
    let before = stage.tree();
    let again = stage.ann("aof_workflow_upgrade", asked)["upgrade"].take();
    assert_eq!(
        (&again["upgraded"], &again["fields"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(stage.tree(), before);
}

/// A task that was given its workflow follows a template from now on.
#[test]
fn a_template_of_the_same_hops_is_remembered() {
    let manifest = "id: alpha\nstatus: active\nworkflowTemplates:\n  ship:\n    name: ship\n    \
                    hops:\n      - {id: build, agent: writer}\n";
    let mut stage = Stage::with(&format!("//- projects/alpha/project.yaml\n{manifest}"));
    let own = json!({"name": "ship", "hops": [{"id": "build", "agent": "writer"}]});
    let made = stage.ann(
        "aof_dispatch",
        json!({"title": "t", "brief": "b", "project": "alpha", "workflow": own}),
    );
    let task = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.poll();
    let asked = json!({"taskId": task, "workflow": "ship"});
    let told = stage.ann("aof_workflow_upgrade", asked)["upgrade"].take();
    assert_eq!(
        (&told["upgraded"], &told["fields"]),
        (&json!(true), &json!(["template"]))
    );
    let asked = json!({"taskId": task});
    let again = stage.ann("aof_workflow_upgrade", asked)["upgrade"].take();
    assert_eq!(again["upgraded"], json!(false));
}

#[test]
fn what_is_over_or_was_made_from_nothing_is_refused() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &of(json!([{"id": "build", "agent": "writer"}])));
    let ask = |stage: &mut Stage, workflow: Value| {
        let arguments = json!({"taskId": task, "workflow": workflow});
        let refused = stage.tool(&human("ann"), "aof_workflow_upgrade", arguments);
        refused.unwrap_err().code
    };
    assert_eq!(ask(&mut stage, Value::Null), "AOF-2043");
    assert_eq!(ask(&mut stage, json!("nothing")), "AOF-1013");
    does(&mut stage, (&task, "build"), &json!({}));
    assert_eq!(ask(&mut stage, new()), "AOF-2043");
}
