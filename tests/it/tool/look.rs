//! `aof_explain` and `aof_org_show`.

use serde_json::json;

use super::{ONE, three};
use crate::stage::{Stage, agent, human};

#[test]
fn an_agent_reads_why_a_task_waits() {
    let mut stage = three();
    let decision = stage.explain(ONE);
    let arguments = json!({"taskId": ONE, "actor": "ghost"});
    let answer = stage
        .tool(&agent("ghost"), "aof_explain", arguments)
        .unwrap();
    assert_eq!(answer, json!({"decision": decision}));
    assert_eq!(answer["decision"]["verdict"], "would-dispatch");
    let call = ("aof_explain", json!({"taskId": "TASK-2031-01-01-001"}));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1005", Some("taskId")));
}

#[test]
fn an_agent_reads_the_chart_as_it_is_written() {
    let mut stage = three();
    let answer = stage
        .tool(&agent("writer"), "aof_org_show", json!({}))
        .unwrap();
    let agents = answer["org"]["chart"]["agents"].as_array().unwrap();
    assert!(
        agents.iter().any(|agent| agent["id"] == "writer"),
        "{answer}"
    );
    let mut stage = Stage::empty();
    stage.put_by_hand("org/org-chart.yaml", "agents: [");
    let error = stage.tool(&agent("writer"), "aof_org_show", json!({}));
    assert_eq!(
        error.unwrap_err().where_.as_deref(),
        Some("org/org-chart.yaml:2:1")
    );
}
