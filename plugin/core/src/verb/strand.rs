//! A task waits for something that does not come by itself.

use serde_json::json;

use crate::card::Card;
use crate::dependency::BlockedBy;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Blocks the task in the name of the scheduler, which undoes it once all dependencies are met.
///
/// # Errors
/// `AOF-2001` from a status that does not lead to blocked.
pub fn strand(card: &Card, by: BlockedBy, reason: &str, now: Instant) -> Verdict {
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Blocked], Some(reason), now)?;
    set_text(&mut card, metadata::BLOCK_REASON, reason);
    set_text(&mut card, metadata::BLOCKED_BY, by.as_str());
    set_text(&mut card, metadata::LAST_BLOCKED_AT, now.to_string());
    card.metadata.remove(metadata::RETRY_AT);
    let payload = json!({"reason": reason, "by": by.as_str()});
    events.push(EventDraft::new("task.blocked", payload));
    Ok(Step { card, events })
}
