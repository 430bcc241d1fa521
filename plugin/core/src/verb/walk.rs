//! The one place where a status changes.

use serde_json::{Value, json};

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::{Step, Verdict};

/// Moves a card along `path`, each move checked against the transition table. The lease stays only
/// in `in-progress`. One event per move.
pub(crate) fn walk(card: &Card, path: &[Status], reason: Option<&str>, now: Instant) -> Verdict {
    let mut next = card.clone();
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let mut events = Vec::new();
    for target in path {
        if !next.status.may_become(*target) {
            return Err(illegal(&next, *target));
        }
        let mut payload = json!({"from": next.status.as_str(), "to": target.as_str()});
        if let (Some(reason), Value::Object(fields)) = (reason, &mut payload) {
            fields.insert("reason".to_owned(), reason.into());
        }
        events.push(EventDraft::new("task.transitioned", payload).of_run(run.as_ref()));
        next.status = *target;
    }
    touch(&mut next, now);
    next.last_transition_at = now;
    if next.status != Status::InProgress {
        next.lease = None;
    }
    if card.status == Status::Deadletter && next.status == Status::Ready {
        forget_failures(&mut next);
    }
    if next.status != Status::Review {
        next.metadata.remove(metadata::SUBMITTED_BY);
    }
    if next.status != Status::Blocked {
        for key in [
            metadata::BLOCK_REASON,
            metadata::BLOCKED_BY,
            metadata::RETRY_AT,
        ] {
            next.metadata.remove(key);
        }
    }
    next.metadata.remove(metadata::SLA_ALERTED_AT);
    Ok(Step { card: next, events })
}

/// Whoever brings a dead letter back gives it all its tries again.
fn forget_failures(card: &mut Card) {
    for key in [
        metadata::RETRY_COUNT,
        metadata::DISPATCH_FAILURES,
        metadata::LAST_ERROR,
        metadata::ERROR_CLASS,
        metadata::DEADLETTER_REASON,
        metadata::DEADLETTER_AT,
        metadata::FAILURE_HISTORY,
    ] {
        card.metadata.remove(key);
    }
}

/// Counts a revision and dates it.
pub(crate) fn touch(card: &mut Card, now: Instant) {
    card.revision = card.revision.saturating_add(1);
    card.updated_at = now;
}

/// Refuses a move that the table does not allow, naming those that it does.
pub(super) fn illegal(card: &Card, target: Status) -> Refusal {
    let legal: Vec<&str> = card
        .status
        .successors()
        .iter()
        .map(|status| status.as_str())
        .collect();
    let hint = match legal.as_slice() {
        [] => format!("{} is final; make a new task instead", card.status),
        _ => format!(
            "from {} a task may go to: {}",
            card.status,
            legal.join(", ")
        ),
    };
    Refusal::refused(
        "AOF-2001",
        format!("{} cannot go from {} to {target}", card.id, card.status),
        &hint,
    )
    .at("status")
}

/// A metadata entry as text.
pub(super) fn set_text(card: &mut Card, key: &str, value: impl Into<String>) {
    card.metadata
        .insert(key.to_owned(), Value::String(value.into()));
}

/// A counter in the metadata; whatever is no number counts as 0.
pub(super) fn counter(card: &Card, key: &str) -> u32 {
    let value = card
        .metadata
        .get(key)
        .and_then(Value::as_u64)
        .unwrap_or_default();
    u32::try_from(value).unwrap_or(u32::MAX)
}
