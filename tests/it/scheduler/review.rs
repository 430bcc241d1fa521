//! Agents whose work somebody looks at before it counts.

use serde_json::json;

use super::{ONE, TWO};
use crate::stage::{CardText, Stage, runner};

const CHART: &str = "\
//- org/org-chart.yaml
schemaVersion: 1
agents:
  - {id: junior, name: Junior, policies: {tasking: {requiresReview: true}}}
  - {id: senior, name: Senior}
";

fn task_of(agent: &str) -> Stage {
    let waits = CardText::new(TWO, "backlog").agent("senior");
    let waits = waits.line(&format!("dependsOn: [{ONE}]"));
    let card = CardText::new(ONE, "ready").agent(agent);
    Stage::with(&[CHART, &card.fixture(), &waits.fixture()].concat())
}

#[test]
fn reviewed_work_waits_in_review_until_a_person_accepts_it() {
    let mut stage = task_of("junior");
    let spawn = stage.spawned();
    stage.started(&spawn);
    let done = json!({"taskId": ONE, "summary": "I did it."});
    stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap();
    assert_eq!(stage.status(ONE), "review");
    let card = stage.tree()[&stage.card_path(ONE)].clone();
    assert!(card.contains("I did it."));
    assert_eq!(stage.logged(Some(ONE)).last().unwrap(), "task.submitted");
    assert_eq!(stage.metrics()["completions"], 0);
    stage.later(3_600_000).poll();
    assert_eq!(stage.status(ONE), "review");
    assert_eq!(stage.status(TWO), "backlog", "not done yet");
    assert_eq!(
        stage.explain(ONE)["reasons"][0],
        "waits for acceptance in review"
    );
    stage.ann("aof_task_complete", json!({"taskId": ONE}));
    assert_eq!(stage.status(ONE), "done");
    assert_eq!(stage.metrics()["completions"], 1);
}

#[test]
fn other_agents_finish_by_themselves() {
    let mut stage = task_of("senior");
    let spawn = stage.spawned();
    let done = json!({"taskId": ONE});
    stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap();
    assert_eq!(stage.status(ONE), "done");
}
