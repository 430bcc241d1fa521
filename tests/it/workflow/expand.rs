//! Plans that become hops or tasks.

use serde_json::{Value, json};

use super::{begun, does, of, standing};
use crate::stage::Stage;

/// A workflow that grows by the plan of its first hop.
fn growing(expand: &Value) -> Value {
    of(json!([
        {"id": "plan", "agent": "writer"},
        {"id": "look", "agent": "judge"},
        {"id": "grow", "kind": "expand", "dependsOn": ["plan", "look"], "expand": expand},
        {"id": "ship", "agent": "reader", "dependsOn": ["grow"]},
    ]))
}

/// A task whose plan was handed on.
fn grown(expand: &Value, plan: &Value) -> (Stage, String) {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &growing(expand));
    let said = json!({"payload": {"plan": plan}});
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "look"), &json!({}));
    (stage, task)
}

#[test]
fn a_plan_is_taken_within_its_bounds() {
    let hop = |id: &str| json!({"id": id, "agent": "writer"});
    let two = json!([hop("x"), hop("y")]);
    let line = json!([hop("x"), {"id": "y", "agent": "judge", "dependsOn": ["x"]}]);
    let task = json!([{"id": "x", "title": "X", "routing": {"agent": "writer"}}]);
    for (expand, plan, state) in [
        (json!({"from": "plan"}), &two, "grow: complete success"),
        (json!({"from": "plan", "maxCount": 1}), &two, "grow: failed"),
        (json!({"from": "plan", "maxWidth": 1}), &two, "grow: failed"),
        (
            json!({"from": "plan", "maxWidth": 1}),
            &line,
            "grow: complete success",
        ),
        (
            json!({"from": "plan", "into": "tasks"}),
            &task,
            "grow: dispatched",
        ),
    ] {
        let (mut stage, task) = grown(&expand, plan);
        assert_eq!(standing(&mut stage, &task)[2], state, "{expand} {plan}");
    }
    // And plans come one from another as often as the first allows
    let deep = json!([
        hop("x"), {"id": "y", "kind": "expand", "dependsOn": ["x"], "expand": {"from": "x"}},
    ]);
    for (depth, state) in [(2, "y: complete success"), (1, "y: failed")] {
        let (mut stage, task) = grown(&json!({"from": "plan", "maxDepth": depth}), &deep);
        does(&mut stage, (&task, "x"), &json!({"payload": {"plan": []}}));
        assert_eq!(standing(&mut stage, &task)[5], state);
    }
}

#[test]
fn a_workflow_that_grew_and_failed_goes_on() {
    // Given a plan that became a hop, and a hop beside it that failed
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "first", "agent": "writer"},
            {"id": "plan", "agent": "reader", "dependsOn": [{"hop": "first", "on": ["failed"]}]},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {}},
            {"id": "ship", "agent": "judge"},
        ])),
    );
    let failed = json!({"outcome": "failed", "notes": "no"});
    does(&mut stage, (&task, "first"), &failed);
    let said = json!({"payload": {"plan": [{"id": "x", "agent": "writer"}]}});
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "x"), &json!({}));
    does(&mut stage, (&task, "ship"), &failed);
    assert_eq!(stage.status(&task), "blocked");
    // When somebody lets it go on
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    // Then what failed is done anew, and the plan is made once more
    does(&mut stage, (&task, "first"), &failed);
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "x"), &json!({}));
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}
