//! The delay after a failure is over: blocked to ready.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Makes a task ready that the scheduler itself had blocked.
///
/// # Errors
/// `AOF-2001` from another status that does not lead to ready.
pub fn requeue(card: &Card, now: Instant) -> Verdict {
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Ready], Some("retry"), now)?;
    set_text(&mut card, metadata::LAST_REQUEUED_AT, now.to_string());
    events.push(EventDraft::new("task.unblocked", json!({"by": "retry"})));
    Ok(Step { card, events })
}
