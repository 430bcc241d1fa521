//! The scheduler through the real component, in virtual time.
//!
//! S01 to S14 and S20 are scenarios that the behaviour was specified by. Invariant: nothing here
//! waits; the clock moves only when a test moves it.

mod budget;
mod cap;
mod clock;
mod default;
mod dependency;
mod failure;
mod hold;
mod knob;
mod lease;
mod murmur;
mod notify;
mod order;
mod reach;
mod reload;
mod review;
mod route;
mod settle;
mod share;
mod sla;
mod subscribe;
mod usage;

use serde_json::json;

use crate::stage::{CardText, Stage, agent, runner};

const ONE: &str = "TASK-2026-02-17-001";
const TWO: &str = "TASK-2026-02-17-002";
const THREE: &str = "TASK-2026-02-17-003";

fn one() -> Stage {
    Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture())
}

/// S01.
#[test]
fn a_task_goes_from_dispatch_to_done() {
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "Write");
    let spawn = stage.spawned();
    assert_eq!(
        (spawn.task.as_str(), spawn.agent.as_str()),
        (id.as_str(), "writer")
    );
    assert_eq!((spawn.key.as_str(), spawn.attempt), (spawn.run.as_str(), 1));
    assert_eq!(spawn.card_path, stage.card_path(&id));
    assert!(spawn.prompt.contains(&id), "{}", spawn.prompt);
    stage.started(&spawn);
    assert_eq!(
        stage.task(&id)["metadata"]["correlationId"],
        spawn.run.as_str()
    );
    stage
        .later(5_000)
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": id}))
        .unwrap();
    assert_eq!(stage.status(&id), "done");
    stage.poll();
    assert!(stage.effects.is_empty());
    let expected = [
        "task.created",
        "task.transitioned in-progress",
        "task.assigned",
        "dispatch.matched",
        "task.transitioned review",
        "task.transitioned done",
        "task.completed",
    ];
    assert_eq!(stage.logged(Some(&id)), expected, "exactly one event each");
    let of_run = stage
        .log_lines()
        .into_iter()
        .filter(|line| line["taskId"] == id.as_str());
    for line in of_run.skip(1) {
        assert_eq!(line["runId"], spawn.run.as_str(), "{line}");
    }
}

/// S02.
#[test]
fn a_held_task_is_nobody_elses() {
    let mut stage = one();
    let spawn = stage.spawned();
    let other = agent("judge");
    for (tool, arguments) in [
        ("aof_task_complete", json!({"taskId": ONE})),
        ("aof_task_block", json!({"taskId": ONE, "reason": "r"})),
        ("aof_task_cancel", json!({"taskId": ONE})),
        ("aof_task_update", json!({"taskId": ONE, "body": "mine"})),
        ("aof_task_update", json!({"taskId": ONE, "status": "ready"})),
    ] {
        assert_eq!(
            stage.refused(&other, (tool, arguments)).0,
            "AOF-2005",
            "{tool}"
        );
    }
    stage.poll();
    assert!(stage.effects.is_empty(), "one run at a time");
    assert_eq!(stage.task(ONE)["run"], spawn.run.as_str());
}

/// S14.
#[test]
fn a_block_by_hand_stays_until_somebody_unblocks() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let spawn = stage.spawned();
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "no ink"}));
    stage.ended(&spawn.run, crate::stage::exited(0));
    for _ in 0..20 {
        stage.later(3_600_000).poll();
        assert!(stage.spawns().is_empty());
    }
    let task = stage.task(ONE);
    assert_eq!(
        (&task["status"], &task["reason"]),
        (&json!("blocked"), &json!("no ink"))
    );
    stage.ann("aof_task_unblock", json!({"taskId": ONE}));
    assert_eq!(stage.spawned().attempt, 2);
}
