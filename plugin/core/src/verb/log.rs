//! Somebody writes into the work log of a task.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::verb::edit::refuse_finished;
use crate::verb::walk::touch;
use crate::verb::{Step, Verdict};

/// Puts a new body, which has one more entry, into the card; `text` is the entry.
///
/// # Errors
/// `AOF-2002` on a finished task.
pub fn log(card: &Card, text: &str, (body, hash): (String, String), now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    (next.body, next.content_hash) = (body, Some(hash));
    touch(&mut next, now);
    let run = card.lease.as_ref().and_then(|lease| lease.run.as_ref());
    let event = EventDraft::new("task.logged", json!({"text": text})).of_run(run);
    Ok(Step {
        card: next,
        events: vec![event],
    })
}
