//! What becomes of a task whose agent does not start, or does not finish.

use aof_host::contract::hooks::{Ending, FailureClass, SessionEnd, Usage};
use serde_json::{Value, json};

use super::{ONE, one};
use crate::stage::{Stage, exited, human, runner};

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
        assert!(stage.spawns().is_empty(), "a failed spawn is settled");
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
    let dead = stage.payloads("task.deadlettered").remove(0);
    let messages = |history: &Value| -> Vec<String> {
        let entries = history.as_array().unwrap().iter();
        entries
            .map(|entry| format!("{} {}", entry["class"], entry["message"]))
            .collect()
    };
    let kept = messages(&task["metadata"]["failureHistory"]);
    assert_eq!(kept, vec!["\"transient\" \"connection reset\""; 4]);
    assert_eq!(messages(&dead["failureHistory"]), kept);
    let (code, _, _) = stage.refused(&human("ann"), ("aof_task_unblock", json!({"taskId": ONE})));
    assert_eq!(code, "AOF-2003");
    stage.ann("aof_task_resurrect", json!({"taskId": ONE}));
    let task = stage.task(ONE);
    for counter in [
        "retryCount",
        "dispatchFailures",
        "lastError",
        "failureHistory",
    ] {
        assert_eq!(task["metadata"][counter], Value::Null, "{counter}");
    }
    let told = &stage.payloads("task.resurrected")[0];
    assert_eq!(
        (&told["resurrectedBy"], &told["retryCount"]),
        (&json!("ann"), &json!(4))
    );
    let again = ("aof_task_resurrect", json!({"taskId": ONE}));
    assert_eq!(stage.refused(&human("ann"), again).0, "AOF-2022");
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
    let spawn = stage.later(5_000).spawned();
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

/// S07, where the host knows no better than "transient".
#[test]
fn the_message_tells_the_class_where_the_host_does_not() {
    for (message, status, class, retries) in [
        (
            "HTTP 401: Unauthorized",
            "deadletter",
            json!("permanent"),
            json!(1),
        ),
        (
            "no credentials found for x",
            "deadletter",
            json!("permanent"),
            json!(1),
        ),
        (
            "429 too many requests",
            "blocked",
            json!("rate_limited"),
            json!(1),
        ),
        ("connection reset", "blocked", json!("transient"), json!(1)),
        ("platform limit (3/3)", "ready", json!(null), json!(null)),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.failed(&spawn, FailureClass::Transient, message);
        let task = stage.task(ONE);
        assert_eq!(task["status"], status, "{message}");
        assert_eq!(task["metadata"]["errorClass"], class, "{message}");
        assert_eq!(task["metadata"]["retryCount"], retries, "{message}");
        let is_dead = status == "deadletter";
        assert_eq!(stage.notices().len(), usize::from(is_dead), "{message}");
    }
}

/// S07.
#[test]
fn a_platform_that_is_full_sets_the_cap_until_it_carries_more() {
    let mut stage = Stage::with("//- aof.yaml\nscheduler: {maxConcurrentDispatches: 9}\n");
    let id = stage.task_for("writer", "t");
    let limit = "max active children for this session (3/3)";
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Transient, limit);
    let cap = |stage: &mut Stage| {
        let caps = stage.explain(&id)["caps"].take();
        let caps = caps.as_array().unwrap().iter();
        let mut platform = caps.filter(|cap| cap["name"] == "platform");
        platform.next().map(|cap| cap["limit"].clone())
    };
    assert_eq!(cap(&mut stage), Some(json!(3)));
    let told = stage.payloads("concurrency.platformLimit");
    assert_eq!(told, [json!({"limit": 3, "effective": 3})]);
    for start in 1..=10 {
        let spawn = stage.later(5_000).spawned();
        assert_eq!(cap(&mut stage), Some(json!(3)), "start {start}");
        stage.started(&spawn);
        stage.ended(&spawn.run, Ending::Lost);
    }
    let more = Some(json!(4));
    assert_eq!(cap(&mut stage), more, "ten went well: one more is tried");
}

#[test]
fn an_executor_without_room_is_left_alone_for_a_while() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Capacity, "full");
    stage.poll();
    assert!(stage.spawns().is_empty());
    let reasons = stage.explain(ONE)["reasons"].to_string();
    assert!(reasons.contains("full"), "{reasons}");
    let due = stage.next_due().unwrap();
    assert_eq!(due, stage.now_ms + 5_000);
    stage.now_ms = due - 1;
    stage.poll();
    assert!(stage.spawns().is_empty());
    stage.now_ms = due;
    assert_eq!(stage.spawned().attempt, 2);
}

fn quiet(duration_ms: u64) -> SessionEnd {
    SessionEnd {
        ending: exited(0),
        duration_ms,
        output_tail: " \n".to_owned(),
        usage: None,
    }
}

/// S11.
#[test]
fn a_run_that_shows_no_work_at_all_is_given_up_at_once() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ended_as(&spawn.run, &quiet(4_000));
    let task = stage.task(ONE);
    assert_eq!(task["status"], "deadletter");
    assert_eq!(task["metadata"]["errorClass"], "model_silent_failure");
    assert_eq!(stage.notices().len(), 1);
    let evidence = &stage.payloads("silent_model_failure")[0];
    assert_eq!(
        (
            &evidence["toolCalls"],
            &evidence["durationMs"],
            &evidence["explanation"]
        ),
        (&json!(0), &json!(4_000), &json!(false))
    );
}

/// S11.
#[test]
fn any_sign_of_work_makes_it_an_ordinary_failure() {
    let written = |tokens: u64| Usage {
        model: None,
        input_tokens: 9,
        output_tokens: tokens,
        cost_micros: 0,
    };
    let quick = quiet(4_000);
    for (name, end, is_silent) in [
        (
            "an explanation",
            SessionEnd {
                output_tail: "I cannot".to_owned(),
                ..quick.clone()
            },
            false,
        ),
        (
            "tokens",
            SessionEnd {
                usage: Some(written(1)),
                ..quick.clone()
            },
            false,
        ),
        (
            "no tokens",
            SessionEnd {
                usage: Some(written(0)),
                ..quick.clone()
            },
            true,
        ),
        (
            "an exit code",
            SessionEnd {
                ending: exited(1),
                ..quick
            },
            false,
        ),
        ("a minute less a bit", quiet(59_999), true),
        ("a minute", quiet(60_000), false),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.started(&spawn);
        stage.ended_as(&spawn.run, &end);
        let expected = if is_silent { "deadletter" } else { "blocked" };
        assert_eq!(stage.status(ONE), expected, "{name}");
    }
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let look = json!({"taskId": ONE});
    stage.tool(&runner(&spawn), "aof_task_get", look).unwrap();
    stage.ended_as(&spawn.run, &quiet(4_000));
    assert_eq!(stage.status(ONE), "blocked", "a tool call");
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.kill_and_reopen();
    stage.ended_as(&spawn.run, &quiet(4_000));
    assert_eq!(stage.status(ONE), "blocked", "nobody knows what it called");
}

#[test]
fn an_agent_that_says_why_it_fails_for_good_is_not_asked_again() {
    for (code, last, status) in [
        (1, "Error: invalid API key", "deadletter"),
        (0, "Error: invalid API key", "blocked"),
        (1, "something else", "blocked"),
        (1, "platform limit (3/3)", "blocked"),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.started(&spawn);
        let end = SessionEnd {
            ending: exited(code),
            output_tail: format!("forbidden fruit\n{last}\n"),
            ..quiet(4_000)
        };
        stage.ended_as(&spawn.run, &end);
        assert_eq!(stage.status(ONE), status, "{code} {last}");
    }
}

#[test]
fn a_card_remembers_ten_failures_of_200_characters() {
    let mut stage = Stage::with("//- aof.yaml\nscheduler: {failuresMax: 100}\n");
    let id = stage.task_for("writer", "t");
    for number in 0..11 {
        let spawn = stage.spawned();
        let message = format!("{number} {}", "x".repeat(300));
        stage.failed(&spawn, FailureClass::Transient, &message);
        stage.now_ms = retry_at_ms(&mut stage);
        stage.poll();
    }
    let history = stage.task(&id)["metadata"]["failureHistory"].clone();
    let history = history.as_array().unwrap();
    assert_eq!(history.len(), 10);
    let message = history[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("1 "),
        "the oldest is forgotten: {message}"
    );
    assert_eq!(message.chars().count(), 200);
}
