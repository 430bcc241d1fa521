//! Tasks that stand too long where they are.

use serde_json::{Value, json};

use super::{ONE, TWO};
use crate::stage::{CardText, DAWN_MS, Stage, TTL_MS, actions, runner};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

fn card(status: &str, sla: &str) -> CardText {
    CardText::new(ONE, status)
        .line("routing: {agent: sleeper}")
        .line("lastTransitionAt: 2026-02-17T10:00:00.000Z")
        .line("updatedAt: 2026-02-17T10:00:00.000Z")
        .line(&format!("sla: {{{sla}}}"))
}

fn violations(stage: &Stage) -> Vec<Value> {
    stage.payloads("sla.violation")
}

fn sla_notices(stage: &Stage) -> usize {
    let notices = stage.notices();
    notices
        .iter()
        .filter(|notice| notice.key.starts_with("sla:"))
        .count()
}

#[test]
fn each_status_has_its_own_limit_from_the_moment_of_entry() {
    for (status, key) in [
        ("ready", "maxQueueMs"),
        ("in-progress", "maxInProgressMs"),
        ("review", "maxReviewMs"),
        ("blocked", "maxBlockedMs"),
    ] {
        let mut stage = Stage::with(&card(status, &format!("{key}: 60000")).fixture());
        stage.poll();
        assert_eq!(stage.next_due(), Some(DAWN_MS + MINUTE_MS), "{status}");
        stage.later(MINUTE_MS - 1).poll();
        assert!(violations(&stage).is_empty(), "{status}");
        let poll = stage.later(1).poll();
        assert_eq!(
            actions(&poll),
            [("sla".to_owned(), ONE.to_owned())],
            "{status}"
        );
        assert_eq!(sla_notices(&stage), 1, "{status}");
        assert_eq!(
            violations(&stage),
            [json!({
                "status": status, "durationMs": 60_000, "limitMs": 60_000, "agent": null,
                "policy": "alert",
            })]
        );
        assert_eq!(stage.status(ONE), status, "an alert moves nothing");
    }
}

#[test]
fn other_limits_do_not_concern_a_status() {
    for (status, key) in [
        ("ready", "maxInProgressMs"),
        ("review", "maxQueueMs"),
        ("backlog", "maxInProgressMs"),
        ("deadletter", "maxBlockedMs"),
    ] {
        let mut stage = Stage::with(&card(status, &format!("{key}: 60000")).fixture());
        for _ in 0..5 {
            stage.later(24 * HOUR_MS).poll();
        }
        assert!(violations(&stage).is_empty(), "{status} {key}");
    }
}

#[test]
fn work_has_an_hour_unless_somebody_says_otherwise() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let spawn = stage.spawned();
    stage.started(&spawn);
    let beat = |stage: &mut Stage, until: u64| {
        while stage.now_ms < until {
            stage.now_ms = (stage.now_ms + TTL_MS / 2).min(until);
            stage.heartbeat(&spawn.run);
            stage.poll();
        }
    };
    beat(&mut stage, DAWN_MS + HOUR_MS - 1);
    assert!(violations(&stage).is_empty());
    let edit = json!({"taskId": ONE, "body": "half way"});
    stage
        .tool(&runner(&spawn), "aof_task_update", edit)
        .unwrap();
    let transition = stage.task(ONE)["lastTransitionAt"].clone();
    beat(&mut stage, DAWN_MS + HOUR_MS);
    assert_eq!(
        violations(&stage).len(),
        1,
        "neither renewals nor edits turn the clock back"
    );
    assert_eq!(violations(&stage)[0]["agent"], "writer");
    assert_eq!(stage.task(ONE)["lastTransitionAt"], transition);
}

#[test]
fn the_card_counts_before_the_project_and_the_project_before_the_settings() {
    let manifest = |lines: &str| format!("//- projects/alpha/project.yaml\nid: alpha\n{lines}\n");
    let settings = "//- aof.yaml\nsla: {defaultMaxReviewMs: 7200000}\n";
    let plain = card("review", "").fixture();
    let own = card("review", "maxReviewMs: 120000").fixture();
    let of_project = manifest("sla: {defaultMaxReviewMs: 240000}");
    for (files, limit_ms) in [
        (settings.to_owned() + &plain, 7_200_000),
        (settings.to_owned() + &of_project + &plain, 240_000),
        (settings.to_owned() + &of_project + &own, 120_000),
    ] {
        let mut stage = Stage::with(&files);
        stage.poll();
        assert_eq!(stage.next_due(), Some(DAWN_MS + limit_ms));
    }
}

#[test]
fn research_has_four_hours() {
    let manifest = |lines: &str| format!("//- projects/alpha/project.yaml\nid: alpha\n{lines}\n");
    let plain = card("in-progress", "").fixture();
    for (lines, limit_ms) in [
        ("type: ops", HOUR_MS),
        ("type: research", 4 * HOUR_MS),
        (
            "type: research\nsla: {researchMaxInProgressMs: 120000}",
            120_000,
        ),
        ("type: ops\nsla: {researchMaxInProgressMs: 120000}", HOUR_MS),
        (
            "type: research\nsla: {defaultMaxInProgressMs: 180000}",
            180_000,
        ),
    ] {
        let mut stage = Stage::with(&(manifest(lines) + &plain));
        stage.poll();
        assert_eq!(stage.next_due(), Some(DAWN_MS + limit_ms), "{lines}");
    }
}

#[test]
fn a_manifest_that_changes_counts_at_once() {
    let plain = card("review", "").fixture();
    let mut stage = Stage::with(&plain);
    stage.poll();
    assert_eq!(stage.next_due(), None);
    let manifest = "id: alpha\nsla: {defaultMaxReviewMs: 60000}\n";
    stage.put_by_hand("projects/alpha/project.yaml", manifest);
    stage.poll();
    assert_eq!(stage.next_due(), Some(DAWN_MS + MINUTE_MS));
}

#[test]
fn block_and_deadletter_act_and_end_the_session() {
    for (policy, status) in [("block", "blocked"), ("deadletter", "deadletter")] {
        let text = CardText::new(ONE, "ready").agent("writer").line(&format!(
            "sla: {{maxInProgressMs: 60000, onViolation: {policy}}}"
        ));
        let mut stage = Stage::with(&text.fixture());
        let spawn = stage.spawned();
        stage.started(&spawn);
        stage.later(MINUTE_MS).poll();
        let task = stage.task(ONE);
        assert_eq!(task["status"], status);
        let reason = task["reason"].as_str().unwrap();
        assert!(reason.starts_with("sla: 60 s in in-progress"), "{reason}");
        assert_eq!(stage.cancels().len(), 1, "{policy}");
        assert_eq!(stage.cancels()[0].run, spawn.run);
        assert_eq!(task["runs"][0]["outcome"], "killed");
        assert_eq!(violations(&stage)[0]["policy"], policy);
        for _ in 0..5 {
            stage.later(HOUR_MS).poll();
        }
        assert_eq!(stage.status(ONE), status, "nobody but a person undoes it");
    }
}

#[test]
fn a_policy_that_leads_nowhere_does_what_comes_next_to_it() {
    for (status, key, policy, ends) in [
        ("ready", "maxQueueMs", "block", "blocked"),
        ("ready", "maxQueueMs", "deadletter", "deadletter"),
        ("review", "maxReviewMs", "block", "blocked"),
        ("review", "maxReviewMs", "deadletter", "blocked"),
        ("blocked", "maxBlockedMs", "block", "blocked"),
        ("blocked", "maxBlockedMs", "deadletter", "deadletter"),
    ] {
        let sla = format!("{key}: 60000, onViolation: {policy}");
        let mut stage = Stage::with(&card(status, &sla).fixture());
        stage.later(MINUTE_MS).poll();
        assert_eq!(stage.status(ONE), ends, "{status} {policy}");
        assert_eq!(sla_notices(&stage), 1, "{status} {policy}");
        assert!(stage.payloads("scheduler.action-failed").is_empty());
    }
}

#[test]
fn an_alert_comes_again_every_quarter_of_an_hour_whoever_is_restarted() {
    for restarts in [false, true] {
        let mut stage = Stage::with(&card("review", "maxReviewMs: 60000").fixture());
        stage.later(MINUTE_MS);
        let mut told = Vec::new();
        for minute in 1..=61 {
            if restarts {
                stage.kill_and_reopen();
            }
            stage.poll();
            if sla_notices(&stage) > 0 {
                told.push(minute);
            }
            for notice in stage.notices() {
                let done = aof_host::contract::hooks::Settlement::Done("{}".to_owned());
                stage.settle(&notice.key, done);
            }
            stage.later(MINUTE_MS);
        }
        assert_eq!(told, [1, 16, 31, 46, 61], "restarts: {restarts}");
    }
}

#[test]
fn a_project_says_how_often_and_to_whom() {
    let manifest = "//- projects/alpha/project.yaml\nid: alpha\n\
                    sla: {alerting: {rateLimitMinutes: 2, channel: ops-room}}\n";
    let files = manifest.to_owned() + &card("review", "maxReviewMs: 60000").fixture();
    let mut stage = Stage::with(&files);
    stage.later(MINUTE_MS).poll();
    let notice = stage.notices()[0].clone();
    let whom = (notice.audience.as_str(), notice.channel.as_deref());
    assert_eq!(whom, ("operator", Some("ops-room")));
    stage.later(2 * MINUTE_MS - 1).poll();
    assert_eq!(sla_notices(&stage), 0);
    stage.later(1).poll();
    assert_eq!(sla_notices(&stage), 1);
}

#[test]
fn another_status_is_another_clock() {
    let sla = "maxReviewMs: 60000, maxBlockedMs: 60000";
    let mut stage = Stage::with(&card("review", sla).fixture());
    stage.later(MINUTE_MS).poll();
    assert_eq!(violations(&stage).len(), 1);
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
    stage.poll();
    stage.later(MINUTE_MS - 1).poll();
    assert_eq!(violations(&stage).len(), 1);
    stage.later(1).poll();
    assert_eq!(
        violations(&stage)[1]["status"],
        "blocked",
        "no pause from before"
    );
}

#[test]
fn an_alert_is_no_edit() {
    let mut stage = Stage::with(&card("review", "maxReviewMs: 60000").fixture());
    let before = stage.task(ONE);
    stage.later(MINUTE_MS).poll();
    let after = stage.task(ONE);
    for field in ["updatedAt", "lastTransitionAt"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    assert_eq!(
        after["metadata"]["slaAlertedAt"],
        "2026-02-17T10:01:00.000Z"
    );
}

#[test]
fn a_task_that_is_started_in_time_is_not_complained_about() {
    let text = CardText::new(ONE, "ready")
        .agent("writer")
        .line("lastTransitionAt: 2026-02-17T08:00:00.000Z")
        .line("sla: {maxQueueMs: 60000, onViolation: deadletter}");
    let other = CardText::new(TWO, "ready").agent("reader");
    let mut stage = Stage::with(&(text.fixture() + &other.fixture()));
    stage.poll();
    assert_eq!(stage.status(ONE), "in-progress", "there is room now");
    assert!(violations(&stage).is_empty());
}

#[test]
fn an_idle_poll_costs_nothing_until_the_next_violation() {
    let mut stage = Stage::with(&card("review", "maxReviewMs: 3600000").fixture());
    stage.poll();
    let commits = stage.sabotage.commits();
    for _ in 0..59 {
        stage.later(MINUTE_MS).poll();
    }
    assert_eq!(stage.sabotage.commits(), commits);
    stage.later(MINUTE_MS).poll();
    assert_eq!(stage.sabotage.commits(), commits + 1);
}

#[test]
fn limits_outside_of_a_minute_and_a_day_are_refused() {
    for (limit, is_refused) in [
        ("maxQueueMs: 59999", true),
        ("maxQueueMs: 60000", false),
        ("maxQueueMs: 86400000", false),
        ("maxQueueMs: 86400001", true),
    ] {
        let stage = Stage::with(&card("ready", limit).fixture());
        let set_aside = stage.opened.quarantined.len();
        assert_eq!(set_aside, usize::from(is_refused), "{limit}");
    }
}

#[test]
fn a_project_made_by_a_tool_has_limits_at_once() {
    let mut stage = Stage::with("//- aof.yaml\nsla: {defaultMaxQueueMs: 60000}\n");
    stage.ann("aof_project_create", json!({"id": "beta"}));
    let draft = json!({"title": "t", "brief": "b", "agent": "sleeper", "project": "beta"});
    stage.ann("aof_dispatch", draft);
    stage.later(61_000).poll();
    assert_eq!(stage.payloads("sla.violation").len(), 1);
}

/// A limit, the kind of project, and the status that it is about.
const LIMITS: [(&str, &str, &str); 5] = [
    ("defaultMaxQueueMs", "ops", "ready"),
    ("defaultMaxInProgressMs", "ops", "in-progress"),
    ("researchMaxInProgressMs", "research", "in-progress"),
    ("defaultMaxReviewMs", "ops", "review"),
    ("defaultMaxBlockedMs", "ops", "blocked"),
];

#[test]
fn projects_and_settings_limit_every_status() {
    for (key, kind, status) in LIMITS {
        for is_project in [true, false] {
            let sla = format!("sla: {{{key}: 120000}}\n");
            let (of_project, of_settings) = match is_project {
                true => (sla.as_str(), ""),
                false => ("", sla.as_str()),
            };
            let files = format!(
                "//- aof.yaml\n{of_settings}//- projects/alpha/project.yaml\nid: alpha\n\
                 type: {kind}\n{of_project}{}",
                card(status, "").fixture()
            );
            let mut stage = Stage::with(&files);
            stage.poll();
            let due = stage.next_due().map(|due| due - DAWN_MS);
            assert_eq!(due, Some(2 * MINUTE_MS), "{key} {is_project}");
        }
    }
}

#[test]
fn projects_and_settings_say_what_happens_and_who_is_told_how_often() {
    let sla = "sla: {onViolation: block, alerting: {channel: ops-room, rateLimitMinutes: 2}}\n";
    for path in ["aof.yaml", "projects/alpha/project.yaml"] {
        let id = if path == "aof.yaml" {
            ""
        } else {
            "id: alpha\n"
        };
        let file = format!("//- {path}\n{id}{sla}");
        let limits = "maxReviewMs: 60000, maxBlockedMs: 60000";
        let mut stage = Stage::with(&(file + &card("review", limits).fixture()));
        stage.later(MINUTE_MS).poll();
        assert_eq!(stage.status(ONE), "blocked", "{path}");
        assert_eq!(
            stage.notices()[0].channel.as_deref(),
            Some("ops-room"),
            "{path}"
        );
        stage.later(MINUTE_MS).poll();
        assert_eq!(sla_notices(&stage), 1, "{path}: blocked is another clock");
        stage.later(2 * MINUTE_MS).poll();
        assert_eq!(sla_notices(&stage), 1, "{path}");
    }
}
