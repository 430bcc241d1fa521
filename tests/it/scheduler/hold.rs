//! What happens while nothing can be started.

use serde_json::json;

use super::{ONE, TWO, one};
use crate::stage::CardText;

const NONE: &str = "no executor is configured";

/// S09.
#[test]
fn without_an_executor_a_task_stays_ready_and_starts_once_there_is_one() {
    let mut stage = one();
    stage.executor(Some(NONE));
    let before = stage.file(&stage.card_path(ONE));
    let mut notices = 0;
    for _ in 0..3 {
        stage.later(30_000).executor(Some(NONE));
        let report = stage.poll();
        notices += stage.notices().len();
        assert!(stage.spawns().is_empty());
        assert_eq!(report["waiting"][0]["reason"], NONE);
    }
    assert_eq!(
        stage.file(&stage.card_path(ONE)),
        before,
        "no try is consumed"
    );
    assert_eq!(
        stage.payloads("dispatch.held"),
        [json!({"reason": NONE, "waiting": 1})]
    );
    assert_eq!(notices, 1);
    assert_eq!(stage.explain(ONE)["reasons"], json!([NONE]));
    stage.executor(None);
    let spawn = stage.spawned();
    assert_eq!((spawn.task.as_str(), spawn.attempt), (ONE, 1));
    assert_eq!(stage.payloads("dispatch.resumed").len(), 1);
    stage.poll();
    assert!(stage.effects.is_empty(), "exactly one");
}

#[test]
fn a_hold_is_told_once_for_each_change() {
    let mut stage = one();
    for reason in [Some(NONE), Some(NONE), Some("asleep"), None, Some(NONE)] {
        stage.executor(reason);
        if reason.is_some() {
            stage.poll();
        }
    }
    let told = stage.payloads("dispatch.held");
    let told: Vec<&str> = told.iter().flat_map(|it| it["reason"].as_str()).collect();
    assert_eq!(told, [NONE, "asleep", NONE]);
    stage.executor(None);
    stage.poll();
    assert_eq!(stage.payloads("dispatch.resumed").len(), 1);
}

#[test]
fn a_hold_that_keeps_nobody_waiting_is_not_told() {
    let mut stage = crate::stage::Stage::empty();
    stage.executor(Some(NONE));
    stage.poll();
    assert!(stage.payloads("dispatch.held").is_empty());
    stage.task_for("writer", "t");
    stage.poll();
    assert_eq!(stage.payloads("dispatch.held").len(), 1);
}

#[test]
fn everything_else_goes_on_during_a_hold() {
    let waiting = CardText::new(TWO, "backlog").agent("reader");
    let card = CardText::new(ONE, "ready").agent("writer").fixture();
    let mut stage = crate::stage::Stage::with(&(card + &waiting.fixture()));
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.executor(Some(NONE));
    stage.poll();
    assert_eq!(stage.status(TWO), "ready", "promoted");
    stage.later(crate::stage::TTL_MS).poll();
    assert_eq!(stage.status(ONE), "ready", "a lapsed lease is taken back");
    stage.poll();
    assert!(stage.spawns().is_empty());
}

#[test]
fn a_new_component_knows_of_no_hold_until_it_is_told() {
    let mut stage = one();
    stage.executor(Some(NONE));
    stage.poll();
    stage.kill_and_reopen();
    assert_eq!(stage.spawned().task, ONE);
}
