//! A task is given up by decision.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Cancels the task; a dead letter too.
///
/// # Errors
/// `AOF-2001` if it is done or cancelled already.
pub fn cancel(card: &Card, reason: Option<&str>, now: Instant) -> Verdict {
    let from = card.status;
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Cancelled], reason, now)?;
    if let Some(reason) = reason {
        set_text(&mut card, metadata::CANCELLATION_REASON, reason);
    }
    let payload = json!({"reason": reason, "from": from.as_str()});
    events.push(EventDraft::new("task.cancelled", payload).of_run(run.as_ref()));
    Ok(Step { card, events })
}
