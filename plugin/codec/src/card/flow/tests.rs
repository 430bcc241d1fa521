//! Workflows and hops in cards, read and written back.

use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::instant::Instant;
use aof_core::workflow::{FlowStatus, HopRecord, SkipReason, State};
use serde_json::json;

use crate::{CardDocument, new_card, parse_card};

const ID: &str = "TASK-2026-02-17-001";
const HOP: &str = "TASK-2026-02-17-002";
const PATH: &str = "projects/a/tasks/in-progress/TASK-2026-02-17-001.md";

fn text(more: &str) -> String {
    format!(
        "---\nschemaVersion: 2\nid: {ID}\ntitle: t\nstatus: in-progress\ncreatedAt: \
         1970-01-01T00:00:03Z\nupdatedAt: 1970-01-01T00:00:03Z\nlastTransitionAt: \
         1970-01-01T00:00:03Z\ncreatedBy: me\n{more}---\n\nbody\n"
    )
}

fn document(more: &str) -> CardDocument {
    parse_card(PATH, text(more).as_bytes()).unwrap_or_else(|found| panic!("{found:?}"))
}

fn read(more: &str) -> Card {
    document(more).into_card()
}

/// A workflow with every field of its state.
const FULL: &str = "workflow:
  definition:
    name: ship  # ours
    hops:
      - {id: a, role: r}
      - {id: b, role: r, dependsOn: [{hop: a, when: {op: 'false'}}]}
      - {id: c, role: r, dependsOn: [a], joinType: deadline(1h), canReject: true}
      - {id: d, role: r, dependsOn: [c]}
  state:
    status: running
    startedAt: 1970-01-01T00:00:04Z
    hops:
      a:
        {status: complete, outcome: big, task: TASK-2026-02-17-003, agent: ada, pass: 2,
        startedAt: 1970-01-01T00:00:05Z, completedAt: 1970-01-01T00:00:06Z, closed: [b],
        result: {notes: fine, score: 3}}
      b: {status: skipped, skipped: dead-path}
      c:
        {status: ready, task: TASK-2026-02-17-002, rejectionCount: 2, escalated: true,
        liveSince: 1970-01-01T00:00:06Z, review: {hop: d, notes: 'no'}}
      d: {status: failed, reason: gone}
  templateName: shipping
";

#[test]
fn every_field_of_a_workflow_is_read_and_written_as_it_was() {
    let card = read(FULL);
    let flow = card.workflow.as_deref().unwrap();
    assert_eq!(flow.template.as_deref(), Some("shipping"));
    assert_eq!(flow.state.status, FlowStatus::Running);
    assert_eq!(
        flow.state.started_at,
        Instant::parse("1970-01-01T00:00:04Z")
    );
    let [a, b, c, d] = flow.state.hops.as_slice() else {
        panic!("{flow:?}")
    };
    assert_eq!(a.standing.state, State::Complete("big".to_owned()));
    assert_eq!((a.pass, a.by.as_deref()), (2, Some("ada")));
    assert_eq!(a.standing.closed, [1]);
    assert_eq!(a.result.as_ref().unwrap()["score"], json!(3));
    assert_eq!(b.standing.state, State::Skipped(SkipReason::DeadPath));
    assert_eq!(c.standing.state, State::Ready);
    assert_eq!((c.standing.rejections, c.is_escalated), (2, true));
    assert_eq!(c.review.as_ref().unwrap()["notes"], "no");
    assert_eq!(c.standing.live_since, a.completed_at);
    assert_eq!(d.reason.as_deref(), Some("gone"));
    let again = parse_card(PATH, new_card(&card).as_bytes()).unwrap();
    assert_eq!(again.card().workflow, card.workflow);
}

#[test]
fn a_workflow_that_goes_on_keeps_its_definition_as_it_was_written() {
    let document = document(FULL);
    let mut next = document.card().clone();
    let flow = next.workflow.as_mut().unwrap();
    flow.state.hops[3] = HopRecord {
        task: Some(TaskId::parse(HOP).unwrap()),
        ..HopRecord::default()
    };
    flow.state.hops[3].standing.state = State::WaitingHuman;
    flow.state.status = FlowStatus::Complete;
    let written = document.render(PATH, &next).unwrap();
    let again = parse_card(PATH, written.as_bytes()).unwrap();
    assert_eq!(again.card().workflow, next.workflow);
    assert!(
        written.contains("when:\n              op: \"false\""),
        "{written}"
    );
}

#[test]
fn what_nobody_knows_of_a_state_is_kept() {
    let more = "workflow: {definition: {name: w, hops: [{id: a, role: r}]}, state: {status: \
                running, mood: good, hops: {a: {status: ready, correlationId: y, colour: red}}}}\n";
    let document = document(more);
    let mut next = document.card().clone();
    let flow = next.workflow.as_mut().unwrap();
    flow.state.hops[0].standing.state = State::Complete("success".to_owned());
    let written = document.render(PATH, &next).unwrap();
    for kept in ["mood: good", "correlationId: y", "colour: red"] {
        assert!(written.contains(kept), "{kept}: {written}");
    }
    assert!(!written.contains("ready"), "{written}");
}

#[test]
fn a_workflow_that_did_not_begin_has_no_state() {
    let more = "workflow: {definition: {name: w, hops: [{id: a, role: r}]}}\n";
    let card = read(more);
    assert_eq!(card.workflow.as_ref().unwrap().state.hops.len(), 1);
    assert!(!new_card(&card).contains("state:"));
}

#[test]
fn a_hop_of_aof_1_that_was_at_work_is_to_be_begun_anew() {
    let more = "workflow: {definition: {name: w, hops: [{id: a, role: r}]}, state: {status: \
                running, hops: {a: {status: dispatched, agent: x, correlationId: y}}}}\n";
    let card = read(more);
    let record = &card.workflow.as_ref().unwrap().state.hops[0];
    assert_eq!(
        (&record.standing.state, &record.task),
        (&State::Ready, &None)
    );
}

#[test]
fn every_field_of_a_hop_is_read_and_written_as_it_was() {
    let more = "hop:\n  of: TASK-2026-02-17-003\n  id: review\n  pass: 2\n  kind: human\n  \
                autoAdvance: false\n  canReject: true\n  timeoutMs: 60000\n  escalateTo: lead\n  \
                escalatedAt: 1970-01-01T00:00:04.000Z\n  timedOutAt: 1970-01-01T00:00:05.000Z\n  \
                retries: 0\n  result:\n    outcome: rejected\n    notes: no more\n";
    let card = read(more);
    let hop = card.hop.as_deref().unwrap();
    assert_eq!(
        (hop.of.as_str(), hop.id.as_str()),
        ("TASK-2026-02-17-003", "review")
    );
    assert_eq!(
        (hop.pass, hop.retries, hop.timeout_ms),
        (2, Some(0), Some(60_000))
    );
    assert!(hop.is_human && hop.waits_for_review && hop.can_reject);
    assert_eq!(
        hop.escalate_to.as_ref().map(ToString::to_string).as_deref(),
        Some("lead")
    );
    assert_eq!(hop.escalated_at, Instant::parse("1970-01-01T00:00:04Z"));
    assert_eq!(hop.timed_out_at, Instant::parse("1970-01-01T00:00:05Z"));
    assert_eq!(hop.result.as_ref().unwrap()["notes"], "no more");
    let again = parse_card(PATH, new_card(&card).as_bytes()).unwrap();
    assert_eq!(again.card().hop, card.hop);
}

#[test]
fn what_is_wrong_in_a_workflow_sets_the_card_aside_with_its_place() {
    let begin = "workflow: {definition: {name: w, hops: [{id: a, role: r}]}";
    for (more, expected) in [
        (
            format!("{begin}, state: {{hops: {{b: {{status: ready}}}}}}}}\n"),
            "AOF-1101 10 `workflow.state.hops.b` is no hop of the definition",
        ),
        (
            format!("{begin}, state: {{hops: {{a: {{status: done}}}}}}}}\n"),
            "AOF-1101 10 `workflow.state.hops.a.status`",
        ),
        (
            "workflow: {definition: {name: w, hops: []}}\n".to_owned(),
            "AOF-1162 10 `workflow.definition.hops` is empty",
        ),
        (
            "workflow: {}\n".to_owned(),
            "AOF-1102 10 `workflow.definition` is missing",
        ),
        (
            "hop: {id: a}\n".to_owned(),
            "AOF-1102 10 `hop.of` is missing",
        ),
        (
            "hop: {of: TASK-1, id: a}\n".to_owned(),
            "AOF-1101 10 `hop.of`: `TASK-1` is not a task id",
        ),
    ] {
        let found = parse_card(PATH, text(&more).as_bytes()).unwrap_err();
        let told = found.iter();
        let told: Vec<String> = told
            .map(|it| format!("{} {} {}", it.code, it.line, it.message))
            .collect();
        assert!(
            told.iter().any(|it| it.starts_with(expected)),
            "{more}: {told:#?}"
        );
    }
}
