//! A task is changed by hand of a tool: body, status, or both at once.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::walk::{touch, walk};
use crate::verb::{Step, Verdict, block};

/// What to change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// The new body and its hash.
    pub body: Option<(String, String)>,
    /// The new status.
    pub status: Option<Status>,
    /// Why.
    pub reason: Option<String>,
}

/// Applies all of the edit or nothing. The same status again is no move.
///
/// # Errors
/// `AOF-2001` for an illegal move; `AOF-2002` on a finished task; `AOF-1004` when blocking without
/// a reason.
pub fn edit(card: &Card, edit: &Edit, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let Step {
        mut card,
        mut events,
    } = moved(card, edit, now)?;
    if let Some((body, hash)) = &edit.body {
        card.body.clone_from(body);
        card.content_hash = Some(hash.clone());
        events.push(EventDraft::new(
            "task.updated",
            json!({"changes": {"contentHash": {"to": hash}}}),
        ));
    }
    Ok(Step { card, events })
}

pub(super) fn refuse_finished(card: &Card) -> Result<(), Refusal> {
    if !card.status.is_terminal() {
        return Ok(());
    }
    Err(Refusal::refused(
        "AOF-2002",
        format!("{} is {} and cannot be changed", card.id, card.status),
        "a finished task stays as it is; make a new task for further work",
    )
    .at("taskId"))
}

fn moved(card: &Card, edit: &Edit, now: Instant) -> Verdict {
    match edit.status.filter(|status| *status != card.status) {
        None => {
            let mut next = card.clone();
            touch(&mut next, now);
            Ok(Step {
                card: next,
                events: Vec::new(),
            })
        }
        Some(Status::Blocked) => {
            let reason = edit.reason.as_deref().ok_or_else(|| {
                Refusal::refused(
                    "AOF-1004",
                    "a task is blocked only for a reason".to_owned(),
                    "give `reason`",
                )
                .at("reason")
            })?;
            block(card, reason, now)
        }
        Some(status) => walk(card, &[status], edit.reason.as_deref(), now),
    }
}
