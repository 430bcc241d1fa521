//! Small logs, and what they fold to.

use super::*;
use serde_json::json;

const TASK: &str = "TASK-2026-02-17-001";

fn event(number: u64, kind: &str, revision: u64, payload: &Value) -> String {
    let id = format!("1795172094000-000001-{number:06}");
    let line = json!({
        "schema": 1, "eventId": id, "type": kind, "taskId": TASK, "revision": revision,
        "payload": payload,
    });
    format!("{line}\n")
}

fn moved(number: u64, revision: u64, from: &str, to: &str) -> String {
    let payload = json!({"from": from, "to": to});
    event(number, "task.transitioned", revision, &payload)
}

fn created() -> String {
    event(1, "task.created", 1, &json!({"status": "ready"}))
}

fn fold(lines: &[String]) -> LogFold {
    let mut fold = LogFold::default();
    fold.begin_part("events/2026-02-17.jsonl");
    for line in lines {
        assert_eq!(fold.feed(line.as_bytes()), line.len());
    }
    fold
}

fn kinds(lines: &[String]) -> Vec<(&'static str, Weight)> {
    let findings = fold(lines).findings.take();
    findings
        .into_iter()
        .map(|found| (found.kind, found.weight))
        .collect()
}

#[test]
fn a_life_without_gaps_folds_to_its_end() {
    let assigned = json!({"agent": "a", "run": "R1", "attempt": 1});
    let mut fold = fold(&[
        created(),
        moved(2, 2, "ready", "in-progress"),
        event(3, "task.assigned", 2, &assigned),
        moved(4, 3, "in-progress", "review"),
        moved(5, 3, "review", "done"),
    ]);
    assert_eq!(fold.findings.take(), []);
    assert!(fold.is_whole());
    let folded = fold.tasks().values().next().unwrap();
    assert_eq!(
        (folded.status, folded.revision, folded.attempt),
        (Status::Done, 3, 1)
    );
    assert_eq!(fold.place_of(folded), "events/2026-02-17.jsonl:5");
}

#[test]
fn a_legal_move_that_nobody_logged_is_a_persons() {
    let lines = [created(), moved(2, 2, "blocked", "ready")];
    assert_eq!(kinds(&lines), [("moved-by-hand", Weight::Info)]);
}

#[test]
fn moves_that_cannot_be_are_errors() {
    let lines = [created(), moved(2, 2, "review", "done")];
    assert_eq!(kinds(&lines), [("history-jump", Weight::Error)]);
    let lines = [created(), moved(2, 2, "ready", "done")];
    assert_eq!(kinds(&lines), [("illegal-transition", Weight::Error)]);
}

#[test]
fn a_missing_write_is_noticed_by_its_revision() {
    let lines = [created(), moved(2, 3, "ready", "blocked")];
    assert_eq!(kinds(&lines), [("revision-gap", Weight::Error)]);
}

#[test]
fn a_doubled_line_is_noticed_by_its_id() {
    let twice = moved(2, 2, "ready", "in-progress");
    let found = kinds(&[created(), twice.clone(), twice]);
    assert_eq!(found.first(), Some(&("event-order", Weight::Error)));
}

#[test]
fn a_run_that_is_handed_out_twice_is_an_error() {
    let assigned = |number, attempt| {
        event(
            number,
            "task.assigned",
            2,
            &json!({"run": "R1", "attempt": attempt}),
        )
    };
    let lines = [
        created(),
        moved(2, 2, "ready", "in-progress"),
        assigned(3, 1),
        assigned(4, 1),
    ];
    let expected = [
        ("attempt-order", Weight::Error),
        ("run-twice", Weight::Error),
    ];
    assert_eq!(kinds(&lines), expected);
}

#[test]
fn torn_lines_are_named_and_passed_over() {
    let mut fold = fold(&[created(), "{\"schema\":1,\"ev\n".to_owned()]);
    assert_eq!(fold.feed(b"{\"schema\""), 0);
    fold.torn_end();
    let found = fold.findings.take();
    let places: Vec<&str> = found.iter().map(|it| it.location.as_str()).collect();
    assert_eq!(
        places,
        ["events/2026-02-17.jsonl:2", "events/2026-02-17.jsonl:3"]
    );
    assert!(found.iter().all(|it| it.weight == Weight::Warning));
}

#[test]
fn a_log_that_begins_late_is_not_whole() {
    let line = created().replace("-000001-", "-000007-");
    assert!(!fold(&[line]).is_whole());
    let foreign = "{\"eventId\":12,\"type\":\"task.created\"}\n".to_owned();
    assert!(!fold(&[foreign, created()]).is_whole());
}

#[test]
fn findings_are_bounded_and_the_rest_is_counted() {
    let torn = "x\n".repeat(FINDINGS_MAX + 3);
    let mut fold = fold(&[torn]);
    assert_eq!(fold.findings.take().len(), FINDINGS_MAX);
    assert_eq!(fold.findings.dropped, 3);
}
