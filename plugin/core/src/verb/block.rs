//! A task cannot go on, and somebody says why.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Blocks the task for a reason. Only an `unblock` undoes it.
///
/// # Errors
/// `AOF-2001` from a status that does not lead to blocked.
pub fn block(card: &Card, reason: &str, now: Instant) -> Verdict {
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Blocked], Some(reason), now)?;
    set_text(&mut card, metadata::BLOCK_REASON, reason);
    set_text(&mut card, metadata::LAST_BLOCKED_AT, now.to_string());
    card.metadata.remove(metadata::RETRY_AT);
    events.push(EventDraft::new("task.blocked", json!({"reason": reason})).of_run(run.as_ref()));
    Ok(Step { card, events })
}
