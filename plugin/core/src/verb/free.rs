//! What the scheduler blocked for its dependencies has them: blocked to ready.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::status::Status;
use crate::verb::walk::walk;
use crate::verb::{Step, Verdict};

/// Makes a task ready that waited, blocked, for its dependencies.
///
/// # Errors
/// `AOF-2001` from another status that does not lead to ready.
pub fn free(card: &Card, now: Instant) -> Verdict {
    let Step { card, mut events } =
        walk(card, &[Status::Ready], Some("dependencies are done"), now)?;
    events.push(EventDraft::new(
        "task.unblocked",
        json!({"by": "dependency"}),
    ));
    Ok(Step { card, events })
}
