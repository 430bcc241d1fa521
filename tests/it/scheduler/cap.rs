//! What runs at the same time, and what must not.

use serde_json::json;

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage, runner};

const CAPS: &str = "\
//- aof.yaml
scheduler: {maxConcurrentDispatches: 6, maxDispatchesPerPoll: 4}
//- org/org-chart.yaml
schemaVersion: 1
agents:
  - {id: a, name: A}
  - {id: b, name: B, capabilities: {concurrency: 5}}
  - {id: c, name: C, capabilities: {concurrency: 5}}
  - {id: d, name: D, capabilities: {concurrency: 9}, policies: {tasking: {maxConcurrent: 2}}}
";

/// S12.
#[test]
fn no_cap_is_ever_exceeded_and_everything_runs() {
    let mut stage = Stage::with(CAPS);
    for at in 0..20 {
        stage.task_for(["a", "b", "c", "d"][at % 4], &format!("t{at}"));
    }
    let mut running = Vec::new();
    let mut finished = 0;
    for round in 0..40 {
        stage.later(1_000).poll();
        let spawns = stage.spawns();
        assert!(spawns.len() <= 4, "per poll, round {round}");
        running.extend(spawns);
        assert!(running.len() <= 6, "global, round {round}");
        for (agent, limit) in [("a", 1), ("b", 5), ("c", 5), ("d", 2)] {
            let load = running.iter().filter(|spawn| spawn.agent == agent).count();
            assert!(load <= limit, "{agent} has {load}, round {round}");
        }
        if !running.is_empty() {
            let first = running.remove(0);
            let done = json!({"taskId": first.task});
            stage
                .tool(&runner(&first), "aof_task_complete", done)
                .unwrap();
            finished += 1;
        }
    }
    assert_eq!(finished, 20);
    assert_eq!(stage.report()["byStatus"]["done"], 20);
}

/// S13.
#[test]
fn two_tasks_never_share_a_resource() {
    let card = |id: &str, agent: &str| {
        CardText::new(id, "ready")
            .agent(agent)
            .line("resource: /srv/press")
            .fixture()
    };
    let free = CardText::new(THREE, "ready").agent("judge").fixture();
    let mut stage = Stage::with(&[card(ONE, "writer"), card(TWO, "reader"), free].concat());
    let report = stage.poll();
    let spawns = stage.spawns();
    let tasks: Vec<&str> = spawns.iter().map(|spawn| spawn.task.as_str()).collect();
    assert_eq!(tasks, [ONE, THREE]);
    let reason = report["waiting"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("/srv/press"), "{reason}");
    let reasons = stage.explain(TWO)["reasons"].to_string();
    assert!(reasons.contains(ONE), "{reasons}");
    stage.poll();
    assert!(stage.spawns().is_empty());
    stage
        .tool(
            &runner(&spawns[0]),
            "aof_task_complete",
            json!({"taskId": ONE}),
        )
        .unwrap();
    assert_eq!(stage.spawned().task, TWO);
}

#[test]
fn an_agent_has_no_more_than_it_can_do() {
    let mut stage = Stage::empty();
    for title in ["first", "second", "third"] {
        stage.task_for("writer", title);
    }
    let first = stage.spawned();
    let report = stage.poll();
    assert!(stage.spawns().is_empty());
    let reason = report["waiting"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("runs 1 of 1"), "{reason}");
    stage
        .tool(
            &runner(&first),
            "aof_task_complete",
            json!({"taskId": first.task}),
        )
        .unwrap();
    assert_eq!(stage.spawned().agent, "writer");
}

#[test]
fn the_poll_says_why_nothing_happens() {
    let mut stage = Stage::empty();
    assert_eq!(stage.poll()["reason"], "no_tasks");
    let id = stage.task_for("sleeper", "t");
    assert_eq!(stage.poll()["reason"], "no_executable_actions");
    stage.ann("aof_task_block", json!({"taskId": id, "reason": "r"}));
    assert_eq!(stage.poll()["reason"], "no_ready_tasks");
    assert_eq!(stage.dry_run()["reason"], "dry_run_mode");
}
