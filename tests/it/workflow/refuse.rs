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
        "{} at {}\n  {}\n  {}",
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
    insta::assert_snapshot!(told.join("\n"), @r"
    AOF-1162 at workflow
      `hops` is empty
      write at least one
    AOF-1162 at workflow
      `hops[1].dependsOn[0]` is `c`, which is no hop
      did you mean `a`?
    AOF-1163 at workflow
      hops wait for each other: a → b → c → a
      take one of these out of a `dependsOn`; a rejection is what sends work back
    AOF-1162 at workflow.hops[0].role
      `workflow.hops[0].role` is `chef`, which the org chart does not have
      name one of the chart (`aof org show`), or add the role there
    AOF-1162 at workflow.hops[0].escalateTo
      `workflow.hops[0].escalateTo` is `chef`, which the org chart does not have
      name one of the chart (`aof org show`), or add the role there
    AOF-1162 at workflow.hops[0].agent
      `workflow.hops[0].agent` is `nobody-here`, which the org chart does not have
      name one of the chart (`aof org show`), or add the agent there
    AOF-1162 at workflow.hops[0].team
      `workflow.hops[0].team` is `none`, which the org chart does not have
      name one of the chart (`aof org show`), or add the team there
    AOF-1162 at workflow
      `hops[0].timeout` is `1w`, which is no time
      write a number of minutes, hours or days, as 30m, 2h or 1d, up to a year
    AOF-1162 at workflow
      `hops[0].condition.op` is `is`, which is no operator
      did you mean `in`?
    AOF-1162 at workflow
      `hops[1].rejectionStrategy` is of a hop that cannot reject
      add `canReject: true`, or take it out
    AOF-1162 at workflow
      `hops` is missing
      add `hops: …` with one `- item` per line
    AOF-1160 at workflow
      expected `key: value` lines, but found `7`
      write `key: value` lines
    ");
}
