//! A person moved the card to another status: what it says follows.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::status::Status;
use crate::verb::Verdict;
use crate::verb::walk::walk;

/// Takes over a move that was made by hand. `card` stands where the person put it; `written` is the
/// status that it still says.
///
/// # Errors
/// `AOF-2001` if the table does not have the move.
pub fn adopt(card: &Card, written: Status, now: Instant) -> Verdict {
    let before = Card {
        status: written,
        ..card.clone()
    };
    let mut step = walk(&before, &[card.status], Some("moved by hand"), now)?;
    // A card that was never written by us is known from where it was first seen.
    if card.revision == 0 {
        let payload = json!({"changes": {"status": {"to": card.status.as_str()}}});
        step.events = vec![EventDraft::new("task.updated", payload)];
    }
    Ok(step)
}
