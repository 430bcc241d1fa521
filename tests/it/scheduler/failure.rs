//! What becomes of a task whose agent does not start, or does not finish.

use aof_host::contract::hooks::{Ending, FailureClass};
use serde_json::json;

use super::{ONE, one};
use crate::stage::{Stage, exited};

fn retry_at_ms(stage: &mut Stage) -> u64 {
    stage.poll();
    stage.next_due().expect("a retry is due")
}

/// S07.
#[test]
fn each_class_of_failure_has_its_consequence() {
    for (class, status, retries) in [
        (FailureClass::Permanent, "deadletter", json!(1)),
        (FailureClass::RateLimited, "blocked", json!(1)),
        (FailureClass::Transient, "blocked", json!(1)),
        (FailureClass::Capacity, "ready", json!(null)),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.failed(&spawn, class, "no such luck");
        let task = stage.task(ONE);
        assert_eq!(task["status"], status, "{class:?}");
        assert_eq!(task["metadata"]["retryCount"], retries, "{class:?}");
        assert_eq!(task["leaseExpiresAt"], json!(null), "{class:?}");
        assert_eq!(task["runs"][0]["outcome"], "failed-to-start", "{class:?}");
        assert_eq!(task["runs"][0]["reason"], "no such luck", "{class:?}");
        assert!(
            stage
                .logged(Some(ONE))
                .contains(&"dispatch.error".to_owned())
        );
        stage.kill_and_reopen();
        assert!(stage.opened.effects.is_empty(), "a failed spawn is settled");
    }
}

/// S08.
#[test]
fn retries_wait_longer_each_time_and_end_in_a_dead_letter() {
    let mut stage = one();
    for nominal_ms in [60_000, 180_000, 540_000] {
        let spawn = stage.spawned();
        stage.failed(&spawn, FailureClass::Transient, "connection reset");
        let due = retry_at_ms(&mut stage);
        let delay = due - stage.now_ms;
        assert!(
            delay >= nominal_ms * 3 / 4 && delay <= nominal_ms * 5 / 4,
            "{delay}"
        );
        stage.now_ms = due - 1;
        stage.poll();
        assert_eq!(stage.status(ONE), "blocked", "no earlier than it is due");
        stage.now_ms = due;
        stage.poll();
        assert_eq!(stage.status(ONE), "ready");
    }
    let last = stage.spawned();
    assert_eq!(last.attempt, 4);
    stage.failed(&last, FailureClass::Transient, "connection reset");
    let task = stage.task(ONE);
    assert_eq!(
        (&task["status"], &task["metadata"]["retryCount"]),
        (&json!("deadletter"), &json!(4))
    );
    assert!(
        task["reason"]
            .as_str()
            .unwrap()
            .contains("connection reset"),
        "{task}"
    );
    stage.later(86_400_000).poll();
    assert!(stage.effects.is_empty(), "a dead letter stays dead");
    stage.ann("aof_task_update", json!({"taskId": ONE, "status": "ready"}));
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Transient, "connection reset");
    assert_eq!(stage.status(ONE), "blocked", "it has all its tries again");
}

#[test]
fn the_ladder_ends_at_a_quarter_of_an_hour() {
    let mut stage = Stage::with("//- aof.yaml\nscheduler: {failuresMax: 8, retryBaseMs: 600000}\n");
    let id = stage.task_for("writer", "t");
    for _ in 0..6 {
        let spawn = stage.spawned();
        stage.failed(&spawn, FailureClass::RateLimited, "slow down");
        let due = retry_at_ms(&mut stage);
        assert!(due - stage.now_ms <= 900_000 * 5 / 4);
        stage.now_ms = due;
        stage.poll();
    }
    assert_eq!(stage.status(&id), "ready");
}

/// S09, where having no executor is having no room.
#[test]
fn a_task_that_finds_no_room_keeps_all_its_tries() {
    let mut stage = one();
    for _ in 0..10 {
        let spawn = stage.later(30_000).spawned();
        stage.failed(&spawn, FailureClass::Capacity, "no executor");
        let task = stage.task(ONE);
        assert_eq!(task["status"], "ready");
        assert_eq!(task["metadata"]["retryCount"], json!(null));
        assert_eq!(task["metadata"]["dispatchFailures"], json!(null));
    }
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.poll();
    assert!(
        stage.spawns().is_empty(),
        "exactly one session once there is room"
    );
}

/// S10.
#[test]
fn an_agent_that_leaves_without_a_word_three_times_is_not_asked_again() {
    let mut stage = one();
    for failures in 1..=3 {
        let spawn = stage.spawned();
        stage.started(&spawn);
        stage.later(300_000).ended(&spawn.run, exited(0));
        let task = stage.task(ONE);
        assert_eq!(task["metadata"]["dispatchFailures"], failures);
        let run = &task["runs"][failures - 1];
        assert_eq!(
            (&run["outcome"], &run["exitCode"]),
            (&json!("exited"), &json!(0))
        );
        if failures < 3 {
            assert_eq!(task["status"], "blocked");
            assert!(
                task["reason"]
                    .as_str()
                    .unwrap()
                    .contains("without completing"),
                "{task}"
            );
            stage.now_ms = retry_at_ms(&mut stage);
            stage.poll();
        } else {
            assert_eq!(task["status"], "deadletter");
        }
    }
    let events = stage.logged(Some(ONE));
    let enforced = events
        .iter()
        .filter(|kind| *kind == "completion.enforcement");
    assert_eq!(enforced.count(), 3);
    assert_eq!(events.last().unwrap(), "task.deadlettered");
}

#[test]
fn every_way_to_end_is_recorded_as_what_it_was() {
    for (ending, status, outcome) in [
        (exited(0), "blocked", "exited"),
        (exited(-9), "blocked", "exited"),
        (Ending::Killed("oom".to_owned()), "blocked", "killed"),
        (Ending::TimedOut, "blocked", "timed-out"),
        (Ending::Lost, "ready", "lost"),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.started(&spawn);
        stage.ended(&spawn.run, ending);
        let task = stage.task(ONE);
        assert_eq!(task["status"], status, "{outcome}");
        assert_eq!(task["runs"][0]["outcome"], outcome);
        assert_eq!(task["runs"][0]["state"], "ended");
    }
}

#[test]
fn news_of_a_run_that_is_over_change_nothing() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ended(&spawn.run, exited(1));
    let before = stage.tree();
    stage.ended(&spawn.run, exited(0));
    stage.heartbeat(&spawn.run);
    stage.started(&spawn);
    stage.failed(&spawn, FailureClass::Permanent, "late");
    stage.ended("01ARZ3NDEKTSV4RRFFQ69G5FAV", exited(0));
    assert_eq!(stage.tree(), before);
}

#[test]
fn a_run_may_end_before_its_start_is_reported() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.ended(&spawn.run, exited(0));
    assert_eq!(stage.status(ONE), "blocked");
    stage.started(&spawn);
    assert_eq!(stage.status(ONE), "blocked");
    stage.kill_and_reopen();
    assert!(stage.opened.effects.is_empty());
}
