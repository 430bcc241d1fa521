//! The time of a hop is up: once, somebody else takes over, or people are told.
//!
//! Source: AOF 1.20, "Timeout and escalation".

use serde_json::json;

use crate::card::{Card, Routing};
use crate::event::EventDraft;
use crate::id::RoleId;
use crate::instant::Instant;
use crate::lease::Lease;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::Step;
use crate::verb::walk::{touch, walk};

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeUp {
    /// The card after it.
    pub step: Step,
    /// Why, for people.
    pub reason: String,
    /// Whoever takes over; the present run ends.
    pub taken_over_by: Option<RoleId>,
}

/// Hands the hop on if its workflow says to whom; `route` says whom the chart knows by that name.
///
/// # Errors
/// `AOF-2041` unless it is the hop of a workflow with a time that is up for the first time.
pub fn time_up(
    card: &Card,
    route: &dyn Fn(&RoleId) -> Routing,
    now: Instant,
) -> Result<TimeUp, Refusal> {
    let lease = card.lease.as_ref();
    let since = lease.map_or(card.last_transition_at, |lease| lease.acquired_at);
    let hop = card.hop.as_deref();
    let hop = hop.filter(|hop| hop.timed_out_at.is_none() && hop.timeout_ms.is_some());
    let Some(hop) = hop.filter(|_| matches!(card.status, Status::InProgress | Status::Review))
    else {
        let message = format!("{} is no hop whose time is up", card.id);
        return Err(Refusal::refused("AOF-2041", message, "nothing is to be done").at("taskId"));
    };
    let run = lease.and_then(|lease| lease.run.clone());
    let elapsed_ms = now.since_ms(since);
    let who = lease.map_or("nobody", |lease| lease.agent.as_str());
    let minutes = elapsed_ms / 60_000;
    let reason = format!("hop {} takes {minutes} minutes by now ({who})", hop.id);
    let is_first = hop.escalated_at.is_none() && lease.is_some();
    let to = hop.escalate_to.clone().filter(|_| is_first);
    let payload = json!({
        "hopId": hop.id.as_str(), "task": hop.of.as_str(), "elapsed": elapsed_ms,
        "timeout": hop.timeout_ms, "agent": lease.map(|lease: &Lease| lease.agent.as_str()),
        "fromRole": card.routing.role.as_ref().map(RoleId::as_str),
        "toRole": to.as_ref().map(RoleId::as_str),
    });
    let mut step = match &to {
        Some(role) => {
            let mut step = walk(card, &[Status::Ready], Some(&reason), now)?;
            step.card.routing = Routing {
                tags: card.routing.tags.clone(),
                ..route(role)
            };
            step
        }
        None => silent(card, now),
    };
    if let Some(hop) = &mut step.card.hop {
        match to {
            Some(_) => hop.escalated_at = Some(now),
            None => hop.timed_out_at = Some(now),
        }
    }
    let kind = match &to {
        Some(_) => "dag.hop_timeout_escalation",
        None => "dag.hop_timeout",
    };
    step.events
        .push(EventDraft::new(kind, payload).of_run(run.as_ref()));
    Ok(TimeUp {
        step,
        reason,
        taken_over_by: to,
    })
}

fn silent(card: &Card, now: Instant) -> Step {
    let mut card = card.clone();
    touch(&mut card, now);
    Step {
        card,
        events: Vec::new(),
    }
}
