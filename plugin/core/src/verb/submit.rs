//! An agent is done, and somebody else looks at it: in-progress to review.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::complete::append_completion;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Hands the task in and appends the summary to its body.
///
/// # Errors
/// `AOF-2001` unless the task is in progress.
pub fn submit(card: &Card, summary: Option<&str>, now: Instant) -> Verdict {
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let agent = card.lease.as_ref().map(|lease| lease.agent.to_string());
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Review], Some("requires review"), now)?;
    if let Some(agent) = agent {
        set_text(&mut card, metadata::SUBMITTED_BY, agent);
    }
    append_completion(&mut card, summary);
    events
        .push(EventDraft::new("task.submitted", json!({"summary": summary})).of_run(run.as_ref()));
    Ok(Step { card, events })
}
