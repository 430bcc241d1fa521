//! A blocked task may go on.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::walk::walk;
use crate::verb::{Step, Verdict};

/// Makes a blocked task ready and forgets why it was blocked and how often it failed to start. A
/// person is asked again who has to do it.
///
/// # Errors
/// `AOF-2003` unless it is blocked.
pub fn unblock(card: &Card, now: Instant) -> Verdict {
    if card.status != Status::Blocked {
        return Err(Refusal::refused(
            "AOF-2003",
            format!("{} is {}, not blocked", card.id, card.status),
            "only a blocked task can be unblocked",
        )
        .at("taskId"));
    }
    let path: &[Status] = match card.hop.as_deref() {
        Some(hop) if hop.is_human => &[Status::Ready, Status::InProgress, Status::Review],
        _ => &[Status::Ready],
    };
    let Step {
        mut card,
        mut events,
    } = walk(card, path, Some("unblocked"), now)?;
    card.metadata.remove(metadata::RETRY_COUNT);
    events.push(EventDraft::new("task.unblocked", json!({})));
    Ok(Step { card, events })
}
