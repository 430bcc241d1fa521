//! A task need not wait any longer: to ready.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::status::Status;
use crate::verb::walk::{set_text, walk};
use crate::verb::{Step, Verdict};

/// Who lets it go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promotion {
    /// The scheduler: it waits for nothing any more.
    Scheduler,
    /// A person, in time.
    Hand,
    /// A person, although it waits for others: from now on it does not.
    Forced,
}

/// Makes a task of the backlog ready, or one that the scheduler blocked for its dependencies.
///
/// # Errors
/// `AOF-2001` from a status that does not lead to ready.
pub fn promote(card: &Card, by: Promotion, now: Instant) -> Verdict {
    let was_blocked = card.status == Status::Blocked;
    let reason = match by {
        Promotion::Scheduler => "dependencies are done",
        Promotion::Hand => "promoted",
        Promotion::Forced => "promoted by force",
    };
    let Step {
        mut card,
        mut events,
    } = walk(card, &[Status::Ready], Some(reason), now)?;
    if by == Promotion::Forced {
        set_text(&mut card, metadata::FORCED_AT, now.to_string());
    }
    if was_blocked {
        events.push(EventDraft::new(
            "task.unblocked",
            json!({"by": "promotion"}),
        ));
    }
    Ok(Step { card, events })
}
