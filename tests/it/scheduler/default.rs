//! What the chart's defaults say counts for an agent that does not say it itself, and only for it.

use serde_json::json;

use super::{ONE, TWO};
use crate::stage::{CardText, Stage, agent, runner};

/// `own` says everything itself, `bare` nothing.
fn stage(own: &str, defaults: &str, cards: &[CardText]) -> Stage {
    let cards: String = cards.iter().map(CardText::fixture).collect();
    Stage::with(&format!(
        "//- aof.yaml\nscheduler: {{maxConcurrentDispatches: 20}}\n\
         //- org/org-chart.yaml\nschemaVersion: 1\ndefaults: {{{defaults}}}\nagents:\n\
         - {{id: own, name: Own, {own}}}\n- {{id: bare, name: Bare}}\n{cards}"
    ))
}

/// Runs of `own` and `bare` at the same time.
fn runs(own: &str, defaults: &str) -> [usize; 2] {
    let mut stage = stage(own, defaults, &[]);
    for agent in ["own", "bare"] {
        for _ in 0..5 {
            stage.task_for(agent, "t");
        }
    }
    stage.poll();
    let spawns = stage.spawns();
    ["own", "bare"].map(|name| spawns.iter().filter(|it| it.agent == name).count())
}

#[test]
fn how_much_an_agent_does_at_a_time() {
    let own = "capabilities: {concurrency: 2}";
    assert_eq!(runs(own, "capabilities: {concurrency: 4}"), [2, 4]);
    let own = "capabilities: {concurrency: 5}, policies: {tasking: {maxConcurrent: 4}}";
    assert_eq!(runs(own, "policies: {tasking: {maxConcurrent: 3}}"), [4, 3]);
}

#[test]
fn what_an_agent_can_do() {
    let gets = |tag: &str| {
        let card = CardText::new(ONE, "ready").line(&format!("routing: {{tags: [{tag}]}}"));
        let own = "capabilities: {tags: [ink]}";
        let mut stage = stage(own, "capabilities: {tags: [press]}", &[card]);
        stage.poll();
        stage.spawns().first().map(|spawn| spawn.agent.clone())
    };
    assert_eq!(gets("ink").as_deref(), Some("own"));
    assert_eq!(gets("press").as_deref(), Some("bare"));
}

#[test]
fn whose_work_is_looked_at() {
    let cards = [(ONE, "own"), (TWO, "bare")].map(|(id, it)| CardText::new(id, "ready").agent(it));
    let own = "policies: {tasking: {requiresReview: false}}";
    let mut stage = stage(own, "policies: {tasking: {requiresReview: true}}", &cards);
    stage.poll();
    for spawn in stage.spawns() {
        let done = json!({"taskId": spawn.task});
        let run = runner(&spawn);
        stage.tool(&run, "aof_task_complete", done).unwrap();
    }
    assert_eq!([ONE, TWO].map(|id| stage.status(id)), ["done", "review"]);
}

#[test]
fn which_urgencies_an_agent_takes() {
    let cards = [(ONE, "own"), (TWO, "bare")].map(|(id, it)| CardText::new(id, "ready").agent(it));
    let own = "policies: {tasking: {allowedPriorities: [normal]}}";
    let low = "policies: {tasking: {allowedPriorities: [low]}}";
    let mut stage = stage(own, low, &cards);
    assert_eq!(stage.spawned().task, ONE);
    let why = stage.explain(TWO)["reasons"][0].clone();
    assert_eq!(
        why,
        "agent `bare` takes no normal tasks (policies.tasking.allowedPriorities)"
    );
}

#[test]
fn who_may_take_tasks_by_itself() {
    let own = "policies: {tasking: {allowSelfAssign: false}}";
    let mut stage = stage(own, "policies: {tasking: {allowSelfAssign: true}}", &[]);
    let task = |name: &str| json!({"title": "t", "brief": "b", "agent": name});
    stage
        .tool(&agent("bare"), "aof_dispatch", task("bare"))
        .unwrap();
    let call = ("aof_dispatch", task("own"));
    assert_eq!(stage.refused(&agent("own"), call).0, "AOF-2012");
}
