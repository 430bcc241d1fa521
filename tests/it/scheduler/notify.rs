//! What people are told by `org/notification-rules.yaml`.

use aof_host::contract::hooks::{FailureClass, Settlement};
use aof_host::contract::store::StoreError;
use serde_json::{Value, json};

use super::{ONE, TWO};
use crate::stage::{CardText, Stage, TTL_MS, agent, human, runner};

const PATH: &str = "org/notification-rules.yaml";

/// How long a window of a channel is.
const STORM_MS: u64 = 10_000;

/// The first rule is for one reason, the second for any other.
const BLOCKED: &str = "\
rules:
  - match: {eventType: task.blocked, payload: {reason: no ink}}
    severity: info
    audience: [agent, team-lead]
    channel: '#press'
    template: 'ink for {taskId}: {payload.reason}, says {actor}{payload.nothing}'
  - match: {eventType: task.*}
    severity: warn
    audience: [operator]
    channel: '#aof-alerts'
    template: '{type} {payload.to}'
";

fn stage(rules: &str) -> Stage {
    let cards = [ONE, TWO].map(|id| CardText::new(id, "backlog").agent("writer").fixture());
    Stage::with(&format!("//- {PATH}\n{rules}{}", cards.concat()))
}

/// What the last call says by rules: how loud, to whom, about which task, what.
fn told(stage: &Stage) -> Vec<String> {
    let is_ours = |key: &str| key.starts_with("notice:") || key.starts_with("digest:");
    let notices = stage.notices().into_iter().filter(|it| is_ours(&it.key));
    let shown = notices.map(|it| {
        let task = it.task.unwrap_or_default();
        let severity = format!("{:?}", it.severity).to_lowercase();
        let severity = severity.rsplit("::").next().unwrap_or_default().to_owned();
        let channel = it.channel.unwrap_or_default();
        format!(
            "{severity} {channel} {} [{task}] {}",
            it.audience, it.message
        )
    });
    shown.collect()
}

fn block(stage: &mut Stage, id: &str, reason: &str) {
    stage.ann("aof_task_block", json!({"taskId": id, "reason": reason}));
}

fn done() -> Settlement {
    Settlement::Done("{}".to_owned())
}

fn unblock(stage: &mut Stage, id: &str) {
    stage.ann("aof_task_unblock", json!({"taskId": id}));
}

#[test]
fn the_first_rule_that_an_event_fits_says_how_it_is_told() {
    let mut stage = stage(BLOCKED);
    block(&mut stage, ONE, "no ink");
    insta::assert_snapshot!(told(&stage).join("\n").replace("] ", "]\n  "), @r"
    warn #aof-alerts operator [TASK-2026-02-17-001]
      task.transitioned blocked
    info #press agent, team-lead [TASK-2026-02-17-001]
      ink for TASK-2026-02-17-001: no ink, says ann{payload.nothing}
    ");
    block(&mut stage, TWO, "no paper");
    insta::assert_snapshot!(told(&stage).join("\n").replace("] ", "]\n  "), @r"
    warn #aof-alerts operator [TASK-2026-02-17-002]
      task.transitioned blocked
    warn #aof-alerts operator [TASK-2026-02-17-002]
      task.blocked {payload.to}
    ");
}

#[test]
fn without_rules_nothing_is_told_that_was_not_told_before() {
    for rules in ["", "rules: []\n", "# none\n"] {
        let mut stage = stage(rules);
        if rules.is_empty() {
            stage.disk.remove_by_hand(PATH).unwrap();
        }
        block(&mut stage, ONE, "no ink");
        assert!(stage.effects.is_empty(), "{rules}");
        stage.poll();
        assert!(stage.notices().is_empty(), "{rules}");
    }
}

#[test]
fn the_same_is_not_told_again_within_the_window() {
    let rules = "\
rules:
  - match: {eventType: task.blocked}
    severity: warn
    audience: [operator]
    channel: '#a'
    template: '{payload.reason}'
    dedupeWindowMs: 60000
  - match: {eventType: task.unblocked}
    severity: warn
    audience: [operator]
    channel: '#b'
    template: '{type}'
    dedupeWindowMs: 0
  - match: {eventType: task.transitioned}
    severity: info
    audience: [operator]
    channel: '#c'
    template: 'to {payload.to}'
";
    let mut stage = stage(rules);
    let shown = |stage: &Stage| -> Vec<String> {
        let told = told(stage).into_iter();
        told.map(|it| it.split_once("] ").unwrap().1.to_owned())
            .collect()
    };
    block(&mut stage, ONE, "no ink");
    assert_eq!(shown(&stage), ["to blocked", "no ink"]);
    unblock(&mut stage, ONE);
    assert_eq!(
        shown(&stage),
        ["to ready", "task.unblocked"],
        "another status is other news"
    );
    block(stage.later(59_999), ONE, "no paper");
    assert_eq!(shown(&stage), [""; 0], "blocked again, within both windows");
    unblock(&mut stage, ONE);
    assert_eq!(shown(&stage), ["task.unblocked"], "0 is always");
    block(&mut stage, TWO, "no ink");
    assert_eq!(shown(&stage), ["to blocked", "no ink"], "another task");
    block(stage.later(1), ONE, "no ink");
    assert_eq!(shown(&stage), ["no ink"], "a minute is over");
    unblock(&mut stage, ONE);
    block(stage.later(300_000 - 60_000), ONE, "no ink");
    assert_eq!(
        shown(&stage),
        ["to blocked", "no ink"],
        "five minutes are over, too"
    );
}

/// S20.
const STORM: &str = "\
rules:
  - match: {eventType: task.deadletter}
    severity: warn
    audience: [operator]
    channel: '#aof-alerts'
    template: '{taskId} was given up'
  - match: {eventType: task.unblocked}
    severity: info
    audience: [operator]
    channel: '#aof-alerts'
    template: goes on
    neverSuppress: true
  - match: {eventType: task.cancelled}
    severity: critical
    audience: [operator]
    channel: '#aof-alerts'
    template: cancelled
  - match: {eventType: task.blocked}
    severity: warn
    audience: [operator]
    channel: '#aof-alerts'
    template: '{payload.reason}'
";

/// S20.
#[test]
fn a_burst_becomes_a_digest_and_a_dead_letter_is_always_told() {
    let mut stage = stage(STORM);
    let ids: Vec<String> = (0..20)
        .map(|at| stage.task_for("writer", &format!("t{at}")))
        .collect();
    let mut burst = Vec::new();
    for id in &ids {
        block(&mut stage, id, "no ink");
        burst.extend(told(&stage));
    }
    assert_eq!(burst.len(), 5, "{burst:#?}");
    // In the middle of the storm: what must be told is.
    unblock(&mut stage, &ids[0]);
    let goes_on = format!("info #aof-alerts operator [{}] goes on", ids[0]);
    assert_eq!(told(&stage), std::slice::from_ref(&goes_on));
    block(&mut stage, &ids[0], "no ink");
    unblock(&mut stage, &ids[0]);
    assert_eq!(
        told(&stage),
        [goes_on],
        "neither held back nor told already"
    );
    stage.ann("aof_task_cancel", json!({"taskId": ids[1], "reason": "r"}));
    assert_eq!(told(&stage).len(), 1, "critical");
    let spawn = stage.spawned_for(&ids[0]);
    stage.failed(&spawn, FailureClass::Permanent, "no such agent");
    let given_up = format!("warn #aof-alerts operator [{}] {0} was given up", ids[0]);
    assert_eq!(told(&stage), [given_up]);
    for _ in 0..2 {
        stage.poll();
        assert_eq!(told(&stage), [""; 0]);
    }
    let end = stage.now_ms + STORM_MS;
    assert_eq!(stage.next_due(), Some(end), "the digest is due");
    stage.later(STORM_MS).poll();
    let digest = "warn #aof-alerts operator [] 15 more within 10 s: 15 × task.blocked";
    assert_eq!(told(&stage), [digest]);
    assert_ne!(stage.next_due(), Some(end));
    stage.later(STORM_MS).poll();
    assert_eq!(told(&stage), [""; 0], "once");
    block(&mut stage, ONE, "no paper");
    assert_eq!(told(&stage).len(), 1, "the storm is over");
}

#[test]
fn what_was_held_back_is_told_after_a_crash() {
    let mut stage = stage(STORM);
    for at in 0..7 {
        let id = stage.task_for("writer", &format!("t{at}"));
        block(&mut stage, &id, "no ink");
        for notice in stage.notices() {
            stage.settle(&notice.key, done());
        }
    }
    stage.kill_and_reopen();
    let digest = "warn #aof-alerts operator [] 2 more within 10 s: 2 × task.blocked";
    assert_eq!(told(&stage), [digest]);
    let key = stage.notices()[0].key.clone();
    stage.settle(&key, done());
    stage.kill_and_reopen();
    assert_eq!(told(&stage), [""; 0]);
    stage.later(STORM_MS).poll();
    assert_eq!(told(&stage), [""; 0]);
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_last_good_rules_and_is_told_once() {
    let alerts = |stage: &Stage| -> Vec<String> {
        let notices = stage.notices().into_iter();
        notices
            .filter(|it| it.key.starts_with("notification-rules:"))
            .map(|it| it.message)
            .collect()
    };
    let mut stage = stage(BLOCKED);
    stage.poll();
    let newer = BLOCKED.replacen("rules:", "schemaVersion: 2\nrules:", 1);
    stage.put_by_hand(PATH, &newer).poll();
    insta::assert_snapshot!(alerts(&stage).join("\n").replace(": ", ":\n  "), @r"
    the notification rules cannot be used, the last good ones are:
      org/notification-rules.yaml:1:16:
      `schemaVersion` is 2:
      made by a newer aof, this one reads up to 1 [AOF-1172]
    ");
    for broken in ["rules: [\n", "rules:\n- {}\n"] {
        stage.put_by_hand(PATH, broken);
        stage.later(1).poll();
        assert_eq!(alerts(&stage), [""; 0], "said once");
        assert_eq!(stage.report()["quarantined"][0]["path"], PATH);
    }
    block(&mut stage, ONE, "no ink");
    assert_eq!(told(&stage).len(), 2, "by the rules as they were");
    stage.put_by_hand(PATH, &BLOCKED.replace("#press", "#ink"));
    stage.later(1).poll();
    assert_eq!(stage.report()["quarantined"], json!([]));
    block(&mut stage, TWO, "no ink");
    assert!(
        told(&stage).iter().any(|it| it.contains("#ink")),
        "{:?}",
        told(&stage)
    );
    let logged = stage.logged(None);
    let kinds = logged
        .iter()
        .filter(|kind| kind.starts_with("notification."));
    let kinds: Vec<&String> = kinds.collect();
    assert_eq!(
        kinds,
        ["notification.rules-refused", "notification.rules-accepted"]
    );
}

#[test]
fn a_rule_for_what_never_happens_is_refused_and_the_last_good_rules_stay() {
    let mut stage = stage(BLOCKED);
    stage.poll();
    for (wrong, hint) in [
        ("task.bloked", "did you mean `task.blocked`?"),
        ("taks.*", "did you mean `task.*`?"),
    ] {
        let changed =
            BLOCKED.replacen("eventType: task.blocked", &format!("eventType: {wrong}"), 1);
        stage.put_by_hand(PATH, &changed);
        stage.later(1).poll();
        let held = stage.report()["quarantined"][0].clone();
        assert_eq!(held["path"], PATH);
        assert_eq!(held["code"], "AOF-1172", "{held}");
        assert_eq!(held["location"], format!("{PATH}:2:24"), "{held}");
        assert_eq!(held["hint"], hint, "{held}");
    }
    block(&mut stage, ONE, "no ink");
    assert_eq!(told(&stage).len(), 2, "by the rules as they were");
}

/// What would become of an event of this type and reason, of a task.
fn tried(stage: &mut Stage, kind: &str, id: &str) -> Value {
    let event = json!({"type": kind, "taskId": id, "payload": {"reason": "no ink"}});
    let answer = stage.trial(Some(&event.to_string())).unwrap();
    assert_eq!(answer["events"].as_array().map(Vec::len), Some(1));
    answer["events"][0].clone()
}

#[test]
fn a_trial_says_what_would_be_told_and_tells_nobody() {
    let mut stage = stage(BLOCKED);
    let before = stage.tree();
    for _ in 0..9 {
        let told = tried(&mut stage, "task.blocked", ONE);
        let expected = json!({
            "type": "task.blocked", "outcome": "told", "rule": 1, "match": "task.blocked",
            "severity": "info", "channel": "#press", "audience": "agent, team-lead",
            "message": format!("ink for {ONE}: no ink, says ann{{payload.nothing}}"),
        });
        assert_eq!(told, expected, "however often it is tried");
    }
    assert_eq!(tried(&mut stage, "task.logged", ONE)["rule"], 2);
    let nobody = tried(&mut stage, "run.late", ONE);
    assert_eq!(nobody, json!({"type": "run.late", "outcome": "nobody"}));
    let all = stage.trial(None).unwrap();
    assert_eq!(all["rules"], 2);
    let of = |outcome: &str| {
        let events = all["events"].as_array().unwrap().iter();
        events.filter(|it| it["outcome"] == outcome).count()
    };
    let kinds = aof_core::event::KINDS;
    let of_tasks = kinds.iter().filter(|it| it.starts_with("task.")).count();
    assert_eq!(
        (of("told"), of("nobody")),
        (of_tasks, kinds.len() - of_tasks)
    );
    assert_eq!(stage.tree(), before);
    assert!(stage.notices().is_empty());
}

#[test]
fn a_trial_knows_what_was_told_and_what_is_held_back() {
    let mut stage = stage(STORM);
    for at in 0..6 {
        let id = stage.task_for("writer", &format!("t{at}"));
        block(&mut stage, &id, "no ink");
        assert_eq!(
            tried(&mut stage, "task.blocked", &id)["outcome"],
            "repeated"
        );
    }
    assert_eq!(tried(&mut stage, "task.blocked", ONE)["outcome"], "held");
    assert_eq!(
        tried(&mut stage, "task.cancelled", ONE)["outcome"],
        "told",
        "critical"
    );
    stage.later(STORM_MS);
    assert_eq!(tried(&mut stage, "task.blocked", ONE)["outcome"], "told");
}

#[test]
fn what_is_no_event_or_unusable_is_not_tried() {
    let mut stage = stage(BLOCKED);
    for (event, code, at) in [
        ("[]", "AOF-1002", "event"),
        ("{", "AOF-1002", "event"),
        ("{}", "AOF-1002", "event"),
        (r#"{"type": 3}"#, "AOF-1002", "event"),
        (r#"{"type": "task.bloked"}"#, "AOF-1004", "event.type"),
    ] {
        let error = stage.trial(Some(event)).unwrap_err();
        let found = (error.code.as_str(), error.where_.as_deref());
        assert_eq!(found, (code, Some(at)), "{event}");
    }
    stage.put_by_hand(PATH, "rules: [\n");
    assert_eq!(stage.trial(None).unwrap_err().code, "AOF-1170");
    stage.disk.remove_by_hand(PATH).unwrap();
    assert_eq!(stage.trial(None).unwrap()["rules"], 0);
}

#[test]
fn rules_that_come_and_go_hold_from_the_next_call() {
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "t");
    stage.put_by_hand(PATH, BLOCKED);
    block(&mut stage, &id, "no ink");
    assert_eq!(told(&stage).len(), 2);
    stage.disk.remove_by_hand(PATH).unwrap();
    unblock(&mut stage, &id);
    assert_eq!(told(&stage), [""; 0]);
}

#[test]
fn what_is_about_no_task_is_the_same_if_it_reads_the_same() {
    let rules = "\
rules:
  - match: {eventType: project.created}
    severity: info
    audience: [operator]
    channel: '#a'
    template: '{project}'
";
    let mut stage = stage(rules);
    for project in ["one", "two"] {
        stage.ann("aof_project_create", json!({"id": project}));
        assert_eq!(told(&stage).len(), 1, "{project}");
    }
}

#[test]
fn a_commit_that_fails_has_told_nothing() {
    let mut stage = stage(BLOCKED);
    stage
        .sabotage
        .fail_next(StoreError::NoSpace("the disk".to_owned()));
    let arguments = json!({"taskId": ONE, "reason": "no ink"});
    let answer = stage.tool(&human("ann"), "aof_task_block", arguments);
    assert!(answer.is_err(), "{answer:?}");
    block(&mut stage, ONE, "no ink");
    assert_eq!(told(&stage).len(), 2, "it is news all the same");
}

/// One rule that tells of every event of a type, always.
fn every(kind: &str) -> String {
    format!(
        "rules:\n- match: {{eventType: {kind}}}\n  severity: warn\n  audience: [operator]\n  \
         channel: '#a'\n  template: '{{type}}'\n  dedupeWindowMs: 0\n"
    )
}

/// What the next poll says by rules; the one after it says nothing.
fn told_next(stage: &mut Stage) -> Vec<String> {
    let now = stage.now_ms;
    assert!(stage.next_due().is_some_and(|due| due <= now), "at once");
    stage.poll();
    let next = told(stage);
    stage.poll();
    assert_eq!(told(stage), [""; 0], "once");
    next
}

#[test]
fn what_a_refused_call_makes_people_hear_goes_out_with_the_next_poll() {
    let mut stage = stage(&every("access.denied"));
    stage.poll();
    let call = json!({"taskId": ONE});
    let refusal = stage.tool(&agent("reader"), "aof_task_cancel", call);
    assert_eq!(refusal.unwrap_err().code, "AOF-2005");
    let denied = format!("warn #a operator [{ONE}] access.denied");
    assert_eq!(told_next(&mut stage), [denied]);
}

#[test]
fn what_a_sign_of_life_makes_people_hear_goes_out_with_the_next_poll() {
    let mut stage = stage(&every("lease.renewed"));
    let id = stage.task_for("judge", "t");
    let spawn = stage.spawned_for(&id);
    stage.started(&spawn);
    stage.later(TTL_MS / 2).poll();
    let call = json!({"taskId": id});
    stage.tool(&runner(&spawn), "aof_task_get", call).unwrap();
    let renewed = format!("warn #a operator [{id}] lease.renewed");
    assert_eq!(told_next(&mut stage), [renewed]);
}

#[test]
fn what_a_late_run_used_is_told_with_the_next_poll() {
    let mut stage = stage(&every("usage.recorded"));
    let id = stage.task_for("judge", "t");
    let spawn = stage.spawned_for(&id);
    stage.started(&spawn);
    stage.later(TTL_MS).poll();
    let late = json!({"taskId": id, "usage": {"inputTokens": 4}});
    let refusal = stage.tool(&runner(&spawn), "aof_task_complete", late);
    assert_eq!(refusal.unwrap_err().code, "AOF-2004");
    let recorded = format!("warn #a operator [{id}] usage.recorded");
    assert_eq!(told_next(&mut stage), [recorded]);
}

#[test]
fn what_a_commit_that_failed_half_way_tells_goes_out_with_the_next_poll() {
    let arguments = json!({"taskId": ONE, "reason": "no ink"});
    let ops = {
        let mut stage = stage(&every("task.blocked"));
        stage.ann("aof_task_block", arguments.clone());
        stage.sabotage.last_batch().len()
    };
    let mut happened = 0;
    for at in 0..ops {
        let mut stage = stage(&every("task.blocked"));
        stage.poll();
        stage.sabotage.stumble_after(at);
        let answer = stage.tool(&human("ann"), "aof_task_block", arguments.clone());
        assert!(answer.is_err(), "after {at} of {ops}");
        stage.poll();
        let said = told(&stage).len();
        stage.poll();
        assert_eq!(told(&stage), [""; 0], "once");
        let is_blocked = stage.status(ONE) == "blocked";
        assert_eq!(said, usize::from(is_blocked), "after {at} of {ops}");
        happened += said;
    }
    assert!(happened > 0);
}

/// Windows are counted from moments that lie ahead then.
#[test]
fn a_clock_that_is_set_back_holds_nothing_back() {
    let mut stage = stage(&every("task.blocked").replace("MS: 0", "MS: 60000"));
    let ids: Vec<String> = (0..7)
        .map(|at| stage.task_for("judge", &format!("t{at}")))
        .collect();
    for id in &ids {
        block(&mut stage, id, "no ink");
    }
    stage.poll();
    stage.now_ms -= 3_600_000;
    stage.poll();
    unblock(&mut stage, &ids[0]);
    block(stage.later(10_000), &ids[0], "no ink");
    let shown = told(&stage);
    let digest = "warn #a operator [] 2 more within 10 s: 2 × task.blocked".to_owned();
    let again = format!("warn #a operator [{}] task.blocked", ids[0]);
    assert_eq!(shown, [digest, again]);
}
