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

/// What was begun as something else cannot go on as it was begun.
#[test]
fn a_hop_at_work_that_becomes_another_kind_is_done_anew() {
    // Given a run, and tasks of a plan
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "split", "kind": "expand", "dependsOn": ["plan"], "expand": {"into": "tasks"}},
            {"id": "look", "agent": "reader", "dependsOn": ["plan"]},
        ])),
    );
    let part = json!({"id": "x", "title": "X", "routing": {"agent": "judge"}});
    let said = json!({"verdict": "aye", "payload": {"plan": [part]}});
    does(&mut stage, (&task, "plan"), &said);
    let running = spawn_of(&mut stage, &task, "look");
    stage.started(&running);
    let listed = stage.ann("aof_task_list", json!({"parentId": task}));
    let part = listed["list"]["tasks"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // When the one is to be done by an agent, and the other one asks a person
    let next = of(json!([
        {"id": "plan", "agent": "writer"},
        {"id": "split", "agent": "printer", "dependsOn": ["plan"]},
        {"id": "look", "kind": "decide", "dependsOn": ["plan"],
         "decide": {"consensus": "human_review"}},
    ]));
    stage.ann(
        "aof_workflow_upgrade",
        json!({"taskId": task, "workflow": next}),
    );
    // Then nothing of what was begun goes on, and no agent answers for the person
    assert_eq!(
        standing(&mut stage, &task)[1..],
        ["split: ready", "look: waiting-human"]
    );
    assert_eq!(stage.status(&part), "cancelled");
    assert_eq!(stage.status(&running.task), "cancelled");
    assert_ne!(card_of(&mut stage, &task, "look"), running.task);
    stage.ann("aof_task_complete", json!({"taskId": task}));
    does(&mut stage, (&task, "split"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

/// A question is about the rule that was in force when it was asked.
#[test]
fn a_question_whose_rule_is_another_one_is_decided_anew() {
    let rule = |decide: Value| {
        of(json!([
            {"id": "ada", "agent": "writer"},
            {"id": "sum", "kind": "decide", "dependsOn": ["ada"], "decide": decide},
        ]))
    };
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &rule(json!({"consensus": "human_review"})));
    does(&mut stage, (&task, "ada"), &json!({"verdict": "aye"}));
    let question = card_of(&mut stage, &task, "sum");
    let next = rule(json!({"consensus": "majority"}));
    stage.ann(
        "aof_workflow_upgrade",
        json!({"taskId": task, "workflow": next}),
    );
    assert_eq!(standing(&mut stage, &task)[1], "sum: complete success");
    assert_eq!(stage.status(&question), "cancelled");
    assert_eq!(stage.status(&task), "done");
}

/// What is done is done, whatever it is called now.
#[test]
fn a_hop_that_is_done_expands_no_more() {
    for plan in [json!([{"id": "x", "agent": "judge"}]), json!("nonsense")] {
        let mut stage = Stage::empty();
        let hops = json!([{"id": "plan", "agent": "writer"}, {"id": "grow", "agent": "reader"}]);
        let task = begun(&mut stage, &of(hops));
        does(&mut stage, (&task, "grow"), &json!({}));
        let next = of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {}},
        ]));
        stage.ann(
            "aof_workflow_upgrade",
            json!({"taskId": task, "workflow": next}),
        );
        let said = json!({"payload": {"plan": plan}});
        does(&mut stage, (&task, "plan"), &said);
        assert_eq!(
            standing(&mut stage, &task),
            ["plan: complete success", "grow: complete success"]
        );
        assert_eq!(stage.status(&task), "done");
    }
}

/// What a plan made stays: a definition that would not allow it is refused whole.
#[test]
fn a_definition_that_allows_less_than_was_planned_is_refused() {
    let growing = |expand: Value| {
        of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": expand},
        ]))
    };
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &growing(json!({})));
    let plan = json!([{"id": "x", "agent": "reader"}, {"id": "y", "agent": "judge"}]);
    does(
        &mut stage,
        (&task, "plan"),
        &json!({"payload": {"plan": plan}}),
    );
    let asked = json!({"taskId": task, "workflow": growing(json!({"maxCount": 1}))});
    let (code, place, _) = stage.refused(&human("ann"), ("aof_workflow_upgrade", asked));
    assert_eq!(
        (code.as_str(), place.as_deref()),
        ("AOF-2043", Some("workflow"))
    );
    assert_eq!(standing(&mut stage, &task)[2..], ["x: ready", "y: ready"]);
}
