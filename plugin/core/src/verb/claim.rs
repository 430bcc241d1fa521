//! An agent gets a task: ready to in-progress, with a lease.

use serde_json::{Value, json};

use crate::card::Card;
use crate::event::EventDraft;
use crate::id::{AgentId, RunId};
use crate::instant::Instant;
use crate::lease::Lease;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{counter, set_text, walk};
use crate::verb::{Step, Verdict};

/// Who gets it, under which run, for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who works.
    pub agent: AgentId,
    /// The new run.
    pub run: RunId,
    /// Life of the lease without a sign of life.
    pub lease_ttl_ms: u64,
    /// How it was chosen, for the event: a JSON object.
    pub decision: Value,
}

/// Gives the task to the agent.
///
/// # Errors
/// `AOF-2001` unless the task is ready.
pub fn claim(card: &Card, claim: &Claim, now: Instant) -> Verdict {
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::InProgress], Some("dispatched"), now)?;
    let attempt = counter(&card, metadata::ATTEMPTS).saturating_add(1);
    card.metadata
        .insert(metadata::ATTEMPTS.to_owned(), attempt.into());
    set_text(&mut card, metadata::CORRELATION_ID, claim.run.as_str());
    card.lease = Some(Lease {
        agent: claim.agent.clone(),
        run: Some(claim.run.clone()),
        attempt,
        acquired_at: now,
        expires_at: now.plus_ms(claim.lease_ttl_ms),
        renew_count: 0,
    });
    events.push(EventDraft::new(
        "task.assigned",
        json!({
            "agent": claim.agent.as_str(), "run": claim.run.as_str(), "attempt": attempt,
            "decision": claim.decision,
        }),
    ));
    if let Some(hop) = &card.hop {
        events.push(EventDraft::new(
            "dag.hop_dispatched",
            json!({
                "hopId": hop.id.as_str(), "task": hop.of.as_str(), "pass": hop.pass,
                "agent": claim.agent.as_str(), "correlationId": claim.run.as_str(),
            }),
        ));
    }
    for event in &mut events {
        event.run = Some(claim.run.clone());
    }
    Ok(Step { card, events })
}
