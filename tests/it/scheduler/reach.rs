//! The ways to an agent: tried in order, given up one by one, never at the cost of a retry.

use aof_host::contract::hooks::FailureClass::{self, Capacity, Permanent, Transient, Unsupported};
use aof_host::contract::hooks::{Failure, Settlement};
use aof_host::contract::types::{Caller, Method};
use serde_json::{Value, json};

use super::{ONE, TWO};
use crate::stage::{CardText, Stage, TTL_MS};

const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// A ready task for `writer`, whom the chart reaches like this.
fn reached(comms: &str) -> Stage {
    let card = CardText::new(ONE, "ready").agent("writer").fixture();
    Stage::with(&format!(
        "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n  \
         - {{id: writer, name: Writer{comms}}}\n{card}"
    ))
}

fn failed_as(class: FailureClass, message: &str) -> Settlement {
    let message = message.to_owned();
    Settlement::Failed(Failure { class, message })
}

fn retries(stage: &mut Stage) -> Value {
    stage.task(ONE)["metadata"]["retryCount"].clone()
}

#[test]
fn without_comms_a_session_is_started_and_nothing_tells_of_ways() {
    let mut stage = reached("");
    let before = stage.explain(ONE);
    assert_eq!(
        before["reasons"],
        json!(["the next poll gives it to `writer`"])
    );
    let spawn = stage.spawned();
    assert_eq!(
        (spawn.method, &spawn.key, &spawn.session_key),
        (Method::Spawn, &spawn.run, &None)
    );
    let run = stage.file(&format!("{}/run.json", spawn.run_dir)).unwrap();
    let outbox = stage.file("state/outbox.jsonl").unwrap();
    for word in ["method", "passed"] {
        assert!(
            !run.contains(word) && !outbox.contains(word),
            "{run}{outbox}"
        );
    }
    let decision = &stage.payloads("task.assigned")[0]["decision"];
    assert!(decision.get("methods").is_none(), "{decision}");
    stage.failed(&spawn, Permanent, "no such program");
    assert!(stage.payloads("dispatch.error")[0].get("method").is_none());
    assert_eq!(stage.status(ONE), "deadletter");
}

#[test]
fn an_empty_comms_block_is_none() {
    let spawn = reached(", comms: {}").spawned();
    assert_eq!(spawn.method, Method::Spawn);
    assert_eq!(spawn.session_key, None);
}

#[test]
fn the_preferred_way_comes_first() {
    for (comms, method, methods) in [
        (
            "preferred: send, sessionKey: s",
            Method::Send,
            json!(["send", "cli"]),
        ),
        ("sessionKey: s", Method::Send, json!(["send", "cli"])),
        (
            "preferred: spawn, sessionKey: s",
            Method::Spawn,
            json!(["spawn", "send", "cli"]),
        ),
        (
            "preferred: send, sessionKey: s, fallbacks: [send, spawn, send, spawn]",
            Method::Send,
            json!(["send", "spawn"]),
        ),
        (
            "preferred: spawn, fallbacks: []",
            Method::Spawn,
            json!(["spawn"]),
        ),
    ] {
        let mut stage = reached(&format!(", comms: {{{comms}}}"));
        let spawn = stage.spawned();
        assert_eq!(spawn.method, method, "{comms}");
        let decision = &stage.payloads("task.assigned")[0]["decision"];
        assert_eq!(decision["methods"], methods, "{comms}");
        stage.started(&spawn);
        let matched = &stage.payloads("dispatch.matched")[0];
        assert_eq!(matched["method"], methods[0], "{comms}");
        assert_eq!(stage.task(ONE)["runs"][0]["method"], methods[0], "{comms}");
    }
}

#[test]
fn a_way_that_is_not_there_gives_way_to_the_next_and_consumes_no_retry() {
    for class in [Unsupported, Permanent] {
        let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
        let send = stage.spawned();
        stage.failed(&send, class, "nobody listens");
        let spawn = stage.spawns().remove(0);
        assert_eq!(spawn.method, Method::Spawn);
        assert_eq!((&spawn.run, spawn.attempt), (&send.run, 1), "the same run");
        assert_ne!(spawn.key, send.key, "another effect");
        assert!(spawn.key.starts_with(&spawn.run));
        assert_eq!(stage.status(ONE), "in-progress");
        assert_eq!(retries(&mut stage), Value::Null);
        let error = &stage.payloads("dispatch.error")[0];
        assert_eq!(
            (&error["method"], &error["next"], &error["error"]),
            (&json!("send"), &json!("spawn"), &json!("nobody listens"))
        );
        stage.started(&spawn);
        stage.poll();
        assert!(stage.effects.is_empty());
        let reasons = stage.explain(ONE)["reasons"].to_string();
        assert!(reasons.contains("reached by spawn"), "{reasons}");
    }
}

#[test]
fn a_message_that_names_a_permanent_error_counts_as_one() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Transient, "Agent not found");
    assert_eq!(stage.spawns().len(), 1);
}

#[test]
fn what_may_pass_is_tried_again_by_the_first_way() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Transient, "connection reset");
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.status(ONE), "blocked");
    assert_eq!(retries(&mut stage), 1);
    stage.later(90_000).poll();
    let again = stage.spawned();
    assert_eq!((again.method, again.attempt), (Method::Send, 2));
    stage.failed(&again, Capacity, "no room");
    assert_eq!(stage.status(ONE), "ready");
    assert_eq!(retries(&mut stage), 1);
}

#[test]
fn once_every_way_has_failed_the_usual_ladder_applies() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Unsupported, "no sessions here");
    let spawn = stage.spawns().remove(0);
    stage.failed(&spawn, Unsupported, "no programs either");
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.status(ONE), "deadletter");
    let told = &stage.payloads("task.deadlettered")[0];
    assert_eq!(
        told["lastFailureReason"],
        "send: no sessions here; spawn: no programs either"
    );
    assert_eq!(told["errorClass"], "unsupported");
    stage.kill_and_reopen();
    assert!(stage.spawns().is_empty());

    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Unsupported, "no sessions here");
    let spawn = stage.spawns().remove(0);
    stage.failed(&spawn, Transient, "connection reset");
    assert_eq!(stage.status(ONE), "blocked");
    assert_eq!(retries(&mut stage), 1);
}

#[test]
fn a_long_failure_goes_along_shortened() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Unsupported, &"ä".repeat(100_000));
    let spawn = stage.spawns().remove(0);
    stage.failed(&spawn, Unsupported, "no");
    let told = &stage.payloads("task.deadlettered")[0]["lastFailureReason"];
    let expected = format!("send: {}; spawn: no", "ä".repeat(500));
    assert_eq!(*told, expected.as_str());
}

#[test]
fn send_without_a_session_is_skipped_and_said() {
    let mut stage = reached(", comms: {preferred: send, fallbacks: [spawn]}");
    let reasons = stage.explain(ONE)["reasons"].to_string();
    let said = "`writer` is reached by spawn (send is skipped: `comms.sessionKey` is not set)";
    assert!(reasons.contains(said), "{reasons}");
    assert_eq!(stage.spawned().method, Method::Spawn);
    let decision = &stage.payloads("task.assigned")[0]["decision"];
    assert_eq!(
        decision["skipped"],
        json!([{"method": "send", "reason": "`comms.sessionKey` is not set"}])
    );
}

#[test]
fn whom_no_way_leads_to_gets_nothing_until_the_chart_is_mended() {
    let mut stage = reached(", comms: {preferred: send, fallbacks: []}");
    stage.poll();
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.status(ONE), "ready");
    let told = stage.payloads("dispatch.no-match");
    let reason = told[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("agent `writer` cannot be reached"),
        "{reason}"
    );
    let explained = stage.explain(ONE);
    assert_eq!(explained["candidates"][0]["verdict"], "rejected");
    let chart = stage.file("org/org-chart.yaml").unwrap();
    stage.put_by_hand(
        "org/org-chart.yaml",
        &chart.replace("preferred: send", "sessionKey: s"),
    );
    assert_eq!(stage.spawned().method, Method::Send);
}

#[test]
fn a_task_is_offered_to_whom_only_a_person_can_reach() {
    let mut stage = reached(", comms: {preferred: cli}");
    stage.poll();
    assert!(stage.spawns().is_empty());
    let notice = stage.notices().remove(0);
    assert_eq!(
        (notice.audience.as_str(), notice.task.as_deref()),
        ("writer", Some(ONE))
    );
    assert_eq!(
        notice.message,
        "TASK-2026-02-17-001 is offered to `writer`: Title of TASK-2026-02-17-001. Read it with \
         `aof task show TASK-2026-02-17-001`; when the work is done, `aof task complete \
         TASK-2026-02-17-001`"
    );
    assert_eq!(stage.status(ONE), "in-progress");
    let offered = &stage.payloads("dispatch.offered")[0];
    assert_eq!(*offered, json!({"agent": "writer", "attempt": 1}));
    let reasons = stage.explain(ONE)["reasons"].to_string();
    assert!(
        reasons.contains("offered to `writer`: it is fetched by hand"),
        "{reasons}"
    );
    stage.ann(
        "aof_task_complete",
        json!({"taskId": ONE, "summary": "by hand"}),
    );
    assert_eq!(stage.status(ONE), "done");
    assert_eq!(stage.task(ONE)["runs"][0]["outcome"], "completed");
}

#[test]
fn an_offer_outlives_leases_and_restarts_and_is_made_again_after_a_week() {
    let mut stage = reached(", comms: {preferred: cli}");
    stage.poll();
    let notice = stage.notices().remove(0);
    stage.kill_and_reopen();
    assert!(
        stage.opened.adopted.is_empty(),
        "no host can account for it"
    );
    assert_eq!(
        stage.notices()[0].key,
        notice.key,
        "told until it is settled"
    );
    stage.settle(&notice.key, Settlement::Done("{}".to_owned()));
    stage.later(2 * TTL_MS).poll();
    stage.kill_and_reopen();
    assert!(stage.effects.is_empty());
    assert_eq!(stage.status(ONE), "in-progress");
    let run = stage.task(ONE)["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.heartbeat(&run);
    stage.later(WEEK_MS - 2 * TTL_MS - 1).poll();
    assert_eq!(
        stage.status(ONE),
        "in-progress",
        "a sign of life shortens nothing"
    );
    stage.later(1).later(WEEK_MS).poll();
    stage.poll();
    assert_ne!(stage.notices()[0].key, notice.key);
    assert_eq!(retries(&mut stage), Value::Null);
}

#[test]
fn an_offer_is_the_last_resort() {
    let mut stage = reached(", comms: {preferred: spawn}");
    let spawn = stage.spawned();
    stage.failed(&spawn, Permanent, "no such program");
    assert!(stage.spawns().is_empty());
    let offer = stage.notices().remove(0).key;
    assert_eq!(stage.status(ONE), "in-progress");
    assert_eq!(retries(&mut stage), Value::Null);
    // The host did not hear it and reports once more.
    stage.settle(&spawn.key, failed_as(Permanent, "no such program"));
    assert_eq!(stage.notices()[0].key, offer);
    assert_eq!(stage.status(ONE), "in-progress");
    stage.kill_and_reopen();
    stage.later(2 * TTL_MS).poll();
    assert_eq!(stage.status(ONE), "in-progress", "as long as any offer");
    assert_eq!(stage.payloads("dispatch.error").len(), 1);
}

#[test]
fn an_offer_needs_no_executor() {
    let other = CardText::new(TWO, "ready").agent("maker").fixture();
    let card = CardText::new(ONE, "ready").agent("writer").fixture();
    let mut stage = Stage::with(&format!(
        "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n  - {{id: maker, name: Maker}}\n  \
         - {{id: writer, name: Writer, comms: {{preferred: cli}}}}\n{card}{other}"
    ));
    stage.executor(Some("no executor is configured"));
    stage.poll();
    assert_eq!(
        (stage.status(ONE), stage.status(TWO)),
        ("in-progress".into(), "ready".into())
    );
}

#[test]
fn a_restart_goes_on_by_the_way_that_the_run_was_at() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Unsupported, "no sessions here");
    let spawn = stage.spawns().remove(0);
    for _ in 0..2 {
        stage.kill_and_reopen();
        let again = stage.spawns();
        assert_eq!(
            format!("{again:?}"),
            format!("{:?}", [&spawn]),
            "the very same effect"
        );
        stage.poll();
        assert!(stage.spawns().is_empty(), "and no second run beside it");
    }
    // Told once more that the former way is not there: what stands now is handed out again.
    stage.settle(&send.key, failed_as(Unsupported, "no sessions here"));
    assert_eq!(stage.spawns()[0].key, spawn.key);
    assert_eq!(stage.payloads("dispatch.error").len(), 1);
    // Without the outbox the record of the run knows the way.
    stage.put_by_hand("state/outbox.jsonl", "");
    stage.kill_and_reopen();
    let again = stage.spawns().remove(0);
    assert_eq!((again.method, &again.key), (Method::Spawn, &spawn.key));
    stage.failed(&again, Unsupported, "no programs either");
    assert_eq!(stage.status(ONE), "deadletter");
}

#[test]
fn whoever_ends_the_task_between_two_ways_ends_the_run() {
    let mut stage = reached(", comms: {sessionKey: s, fallbacks: [spawn]}");
    let send = stage.spawned();
    stage.failed(&send, Unsupported, "no sessions here");
    let spawn = stage.spawns().remove(0);
    stage.ann("aof_task_cancel", json!({"taskId": ONE}));
    stage.kill_and_reopen();
    assert!(stage.spawns().is_empty(), "a spawn nobody wants");
    let ctx = stage.ctx(Caller::Host);
    let late = failed_as(Unsupported, "no programs either");
    stage
        .instance()
        .effect_settled(&ctx, &spawn.key, &late)
        .unwrap();
    assert_eq!(stage.status(ONE), "cancelled");
}
