//! Workflows that are refused when a task is made: with a code, a place and a hint, and nothing is
//! changed.

use serde_json::{Value, json};

use super::of;
use crate::stage::{Stage, human};

fn refusal(workflow: &Value) -> String {
    let mut stage = Stage::empty();
    let before = stage.tree();
    let arguments = json!({"title": "t", "brief": "b", "workflow": workflow});
    let refused = stage.tool(&human("ann"), "aof_dispatch", arguments);
    let refused = refused.unwrap_err();
    assert_eq!(stage.tree(), before);
    format!(
        "{} at {}: {} | {}",
        refused.code,
        refused.where_.unwrap_or_default(),
        refused.message,
        refused.hint
    )
}

#[test]
fn a_workflow_that_cannot_work_is_refused() {
    let a = json!({"id": "a", "agent": "writer"});
    let told = [
        of(json!([])),
        of(json!([a, {"id": "b", "agent": "reader", "dependsOn": ["c"]}])),
        of(json!([
            {"id": "a", "agent": "writer", "dependsOn": ["c"]},
            {"id": "b", "agent": "writer", "dependsOn": ["a"]},
            {"id": "c", "agent": "writer", "dependsOn": ["b"]},
        ])),
        of(json!([{"id": "a", "role": "chef"}])),
        of(json!([{"id": "a", "agent": "writer", "timeout": "1h", "escalateTo": "chef"}])),
        of(json!([{"id": "a", "agent": "nobody-here"}])),
        of(json!([{"id": "a", "team": "none"}])),
        of(json!([{"id": "a", "agent": "writer", "timeout": "1w"}])),
        of(json!([{"id": "a", "agent": "writer", "condition": {"op": "is", "field": "x"}}])),
        of(json!([a, {"id": "b", "agent": "reader", "dependsOn": ["a"],
                      "rejectionStrategy": "origin"}])),
        json!({"name": "w"}),
        json!(7),
    ];
    let told: Vec<String> = told.iter().map(refusal).collect();
    insta::assert_snapshot!(told.join("\n"), @"");
}
