//! A task stands too long in one status.

use serde_json::{Value, json};

use crate::card::Card;
use crate::dependency::BlockedBy;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::sla::Policy;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Notes that the limit of the task's status is exceeded, and does what the policy says. An alert
/// alone is no edit: `updatedAt` and the clock of the status stay.
///
/// # Errors
/// `AOF-2001` if the policy asks for a move that the table does not have.
pub fn overdue(card: &Card, policy: Policy, limit_ms: u64, now: Instant) -> Verdict {
    let (from, lease) = (card.status, card.lease.clone());
    let duration_ms = now.since_ms(card.last_transition_at);
    let reason = overdue_reason(card, limit_ms, now);
    let mut step = match policy {
        Policy::Alert => alert(card, now),
        Policy::Block => blocked(card, &reason, now)?,
        Policy::Deadletter => given_up(card, &reason, now)?,
    };
    let payload = json!({
        "status": from.as_str(), "durationMs": duration_ms, "limitMs": limit_ms,
        "agent": lease.as_ref().map(|lease| lease.agent.to_string()),
        "policy": policy.as_str(),
    });
    let violation = EventDraft::new("sla.violation", payload);
    step.events.insert(0, violation);
    let run = lease.and_then(|lease| lease.run);
    for event in &mut step.events {
        event.run.clone_from(&run);
    }
    Ok(step)
}

/// What people are told: how long it stands there, and how long it may.
#[must_use]
pub fn overdue_reason(card: &Card, limit_ms: u64, now: Instant) -> String {
    let duration_ms = now.since_ms(card.last_transition_at);
    format!(
        "sla: {} s in {}, {} s are the limit",
        duration_ms / 1_000,
        card.status,
        limit_ms / 1_000
    )
}

fn alert(card: &Card, now: Instant) -> Step {
    let mut card = card.clone();
    card.revision = card.revision.saturating_add(1);
    set_text(&mut card, metadata::SLA_ALERTED_AT, now.to_string());
    Step {
        card,
        events: Vec::new(),
    }
}

fn blocked(card: &Card, reason: &str, now: Instant) -> Verdict {
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Blocked], Some(reason), now)?;
    set_text(&mut card, metadata::BLOCK_REASON, reason);
    set_text(&mut card, metadata::BLOCKED_BY, BlockedBy::Sla.as_str());
    set_text(&mut card, metadata::LAST_BLOCKED_AT, now.to_string());
    let payload = json!({"reason": reason, "by": BlockedBy::Sla.as_str()});
    events.push(EventDraft::new("task.blocked", payload));
    Ok(Step { card, events })
}

fn given_up(card: &Card, reason: &str, now: Instant) -> Verdict {
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Deadletter], Some(reason), now)?;
    set_text(&mut card, metadata::DEADLETTER_REASON, reason);
    set_text(&mut card, metadata::DEADLETTER_AT, now.to_string());
    let history = card.metadata.get(metadata::FAILURE_HISTORY);
    let history = history.cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let payload = json!({
        "reason": reason, "failureCount": 0, "errorClass": Value::Null,
        "lastFailureReason": Value::Null, "failureHistory": history,
    });
    events.push(EventDraft::new("task.deadlettered", payload));
    Ok(Step { card, events })
}
