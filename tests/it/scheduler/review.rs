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

#[test]
fn a_lead_does_not_accept_its_own_work() {
    let chart = "//- org/org-chart.yaml\nschemaVersion: 1\nteams:\n\
                 - {id: t, name: T, lead: boss}\n- {id: u, name: U, lead: chief}\nagents:\n\
                 - {id: boss, name: Boss, team: t, capabilities: {concurrency: 2}, \
                 policies: {tasking: {requiresReview: true}}}\n\
                 - {id: chief, name: Chief, team: u}\n";
    let of_team = CardText::new(ONE, "ready").line("routing: {team: t}");
    let other = CardText::new(TWO, "ready").agent("boss");
    let mut stage = Stage::with(&[chart, &of_team.fixture(), &other.fixture()].concat());
    stage.poll();
    let spawns = stage.spawns();
    let run_of = |task: &str| runner(spawns.iter().find(|it| it.task == task).unwrap());
    let done = json!({"taskId": ONE});
    stage
        .tool(&run_of(ONE), "aof_task_complete", done.clone())
        .unwrap();
    assert_eq!(stage.status(ONE), "review");
    let again = stage.tool(&run_of(TWO), "aof_task_complete", done.clone());
    assert_eq!(again.unwrap_err().code, "AOF-2005");
    assert_eq!(stage.status(ONE), "review");
    stage.ann("aof_task_complete", done);
    assert_eq!(stage.status(ONE), "done");
    assert!(!stage.tree()[&stage.card_path(ONE)].contains("submittedBy"));
}
