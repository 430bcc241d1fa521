//! Verbs against the transition table, in virtual time.

use serde_json::{Map, json};

use super::*;
use crate::card::{Card, Routing};
use crate::id::{AgentId, ProjectId, RunId, TaskId};
use crate::instant::Instant;
use crate::metadata;
use crate::priority::Priority;
use crate::settings::SchedulerSettings;
use crate::status::Status;

const NOW: Instant = Instant::from_ms(1_771_286_400_000);

fn ready() -> Card {
    let draft = Draft {
        id: TaskId::parse("TASK-2026-02-17-001").unwrap(),
        project: ProjectId::parse("_inbox").unwrap(),
        status: Status::Ready,
        title: "Count words".to_owned(),
        body: "Do it.".to_owned(),
        priority: Priority::Normal,
        routing: Routing::default(),
        depends_on: Vec::new(),
        dependency_policy: crate::dependency::DependencyPolicy::Done,
        parent_id: None,
        resource: None,
        metadata: Map::new(),
        created_by: "ann".to_owned(),
    };
    create(draft, "0123456789abcdef".to_owned(), NOW).card
}

fn claimed() -> Card {
    let terms = Claim {
        agent: AgentId::parse("counter").unwrap(),
        run: RunId::generate(NOW, (1, 2)),
        lease_ttl_ms: 1_000,
        decision: serde_json::Value::Null,
    };
    claim(&ready(), &terms, NOW).unwrap().card
}

fn kinds(step: &Step) -> Vec<&'static str> {
    step.events.iter().map(|event| event.kind).collect()
}

#[test]
fn a_claim_grants_a_lease_with_the_next_attempt_number() {
    let card = claimed();
    let lease = card.lease.clone().unwrap();
    assert_eq!(
        (lease.attempt, lease.expires_at, card.revision),
        (1, NOW.plus_ms(1_000), 2)
    );
    let again = release(&card, "lease.expired", "lapsed", NOW).unwrap().card;
    let terms = Claim {
        agent: lease.agent,
        run: RunId::generate(NOW, (3, 4)),
        lease_ttl_ms: 1,
        decision: serde_json::Value::Null,
    };
    assert_eq!(
        claim(&again, &terms, NOW)
            .unwrap()
            .card
            .lease
            .unwrap()
            .attempt,
        2
    );
}

#[test]
fn completion_walks_through_review_and_drops_the_lease() {
    let step = complete(&claimed(), Some(" 42 words "), NOW).unwrap();
    assert_eq!(step.card.status, Status::Done);
    assert_eq!(step.card.lease, None);
    assert_eq!(step.card.body, "Do it.\n\n## Completion\n\n42 words\n");
    assert_eq!(
        kinds(&step),
        ["task.transitioned", "task.transitioned", "task.completed"]
    );
    assert!(step.events.iter().all(|event| event.run.is_some()));
}

#[test]
fn finished_tasks_refuse_every_verb() {
    let done = complete(&ready(), None, NOW).unwrap().card;
    assert_eq!(complete(&done, None, NOW).unwrap_err().code, "AOF-2002");
    assert_eq!(block(&done, "x", NOW).unwrap_err().code, "AOF-2001");
    assert_eq!(cancel(&done, None, NOW).unwrap_err().code, "AOF-2001");
    assert_eq!(
        edit(&done, &Edit::default(), NOW).unwrap_err().code,
        "AOF-2002"
    );
    assert_eq!(unblock(&done, NOW).unwrap_err().code, "AOF-2003");
}

#[test]
fn a_block_by_hand_has_no_retry_and_an_unblock_forgets_it() {
    let blocked = block(&claimed(), "no key", NOW).unwrap().card;
    assert_eq!(
        blocked.metadata.get(metadata::BLOCK_REASON),
        Some(&json!("no key"))
    );
    assert_eq!(blocked.metadata.get(metadata::RETRY_AT), None);
    assert_eq!(blocked.lease, None);
    let back = unblock(&blocked, NOW).unwrap().card;
    assert_eq!(back.status, Status::Ready);
    assert_eq!(back.metadata.get(metadata::BLOCK_REASON), None);
}

#[test]
fn an_edit_is_whole_or_nothing() {
    let wish = Edit {
        body: Some(("new".to_owned(), "hash".to_owned())),
        status: Some(Status::Done),
        reason: None,
    };
    assert_eq!(edit(&claimed(), &wish, NOW).unwrap_err().code, "AOF-2001");
    let wish = Edit {
        status: Some(Status::Review),
        ..wish
    };
    let step = edit(&claimed(), &wish, NOW).unwrap();
    assert_eq!(
        (step.card.status, step.card.body.as_str()),
        (Status::Review, "new")
    );
}

#[test]
fn blocking_by_edit_needs_a_reason() {
    let wish = Edit {
        status: Some(Status::Blocked),
        ..Edit::default()
    };
    assert_eq!(edit(&claimed(), &wish, NOW).unwrap_err().code, "AOF-1004");
}

#[test]
fn failures_climb_the_ladder_and_end_as_a_dead_letter() {
    let settings = SchedulerSettings::default();
    let failure = Failure {
        class: FailureClass::Transient,
        stage: Stage::Start,
        message: "connection reset".to_owned(),
    };
    let mut card = claimed();
    for nominal_ms in [60_000_u64, 180_000, 540_000] {
        for random in [0, u64::MAX / 2, u64::MAX] {
            let step = fail(&card, &failure, &settings, random, NOW).unwrap();
            let at = step
                .card
                .metadata
                .get(metadata::RETRY_AT)
                .unwrap()
                .as_str()
                .unwrap();
            let delay_ms = Instant::parse(at).unwrap().since_ms(NOW);
            assert!(delay_ms >= nominal_ms * 3 / 4 && delay_ms <= nominal_ms * 5 / 4);
        }
        let blocked = fail(&card, &failure, &settings, 7, NOW).unwrap().card;
        assert_eq!(blocked.status, Status::Blocked);
        let back = requeue(&blocked, NOW).unwrap().card;
        let terms = Claim {
            agent: AgentId::parse("counter").unwrap(),
            run: RunId::generate(NOW, (5, 6)),
            lease_ttl_ms: 1,
            decision: serde_json::Value::Null,
        };
        card = claim(&back, &terms, NOW).unwrap().card;
    }
    let step = fail(&card, &failure, &settings, 7, NOW).unwrap();
    assert_eq!(step.card.status, Status::Deadletter);
    assert_eq!(kinds(&step), ["task.transitioned", "task.deadlettered"]);
}

#[test]
fn a_permanent_failure_is_a_dead_letter_at_once() {
    let failure = Failure {
        class: FailureClass::Permanent,
        stage: Stage::Start,
        message: "no such program".to_owned(),
    };
    let step = fail(&claimed(), &failure, &SchedulerSettings::default(), 0, NOW).unwrap();
    assert_eq!(step.card.status, Status::Deadletter);
    let reason = step.card.metadata.get(metadata::DEADLETTER_REASON).unwrap();
    assert_eq!(reason, "permanent_error: no such program");
}

#[test]
fn want_of_capacity_consumes_no_retry() {
    let failure = Failure {
        class: FailureClass::Capacity,
        stage: Stage::Start,
        message: "full".to_owned(),
    };
    let step = fail(&claimed(), &failure, &SchedulerSettings::default(), 0, NOW).unwrap();
    assert_eq!(step.card.status, Status::Ready);
    assert_eq!(step.card.metadata.get(metadata::RETRY_COUNT), None);
}

#[test]
fn a_renewal_never_shortens_and_is_no_progress() {
    let card = claimed();
    let shorter = renew(&card, NOW).unwrap();
    assert_eq!(
        shorter.lease.as_ref().unwrap().expires_at,
        NOW.plus_ms(1_000)
    );
    assert_eq!(shorter.updated_at, card.updated_at);
    assert_eq!(renew(&ready(), NOW), None);
}
