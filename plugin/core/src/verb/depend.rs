//! What a task waits for is changed by a tool.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::id::TaskId;
use crate::instant::Instant;
use crate::verb::edit::refuse_finished;
use crate::verb::walk::touch;
use crate::verb::{Step, Verdict};

/// Lets a task wait for another one. Saying it again changes nothing.
///
/// # Errors
/// `AOF-2002` on a finished task.
pub fn depend(card: &Card, on: &TaskId, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    let mut events = Vec::new();
    if !next.depends_on.contains(on) {
        next.depends_on.push(on.clone());
        let payload = json!({"blockerId": on.as_str()});
        events.push(EventDraft::new("task.dep.added", payload));
    }
    touch(&mut next, now);
    Ok(Step { card: next, events })
}

/// Lets a task wait for another one no longer.
///
/// # Errors
/// `AOF-2002` on a finished task.
pub fn undepend(card: &Card, on: &TaskId, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    next.depends_on.retain(|id| id != on);
    let mut events = Vec::new();
    if next.depends_on != card.depends_on {
        let payload = json!({"blockerId": on.as_str()});
        events.push(EventDraft::new("task.dep.removed", payload));
    }
    touch(&mut next, now);
    Ok(Step { card: next, events })
}
