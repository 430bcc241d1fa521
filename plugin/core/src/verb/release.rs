//! A claim ends without a result: in-progress to ready.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::status::Status;
use crate::verb::walk::walk;
use crate::verb::{Step, Verdict};

/// Takes the task back from its holder. No retry is consumed.
///
/// # Errors
/// `AOF-2001` unless the task is in progress.
pub fn release(card: &Card, kind: &'static str, reason: &str, now: Instant) -> Verdict {
    let holder = card.lease.clone();
    let Step { card, mut events } = walk(card, &[Status::Ready], Some(reason), now)?;
    let agent = holder.as_ref().map(|lease| lease.agent.to_string());
    let run = holder.and_then(|lease| lease.run);
    let payload = json!({"reason": reason, "agent": agent});
    events.push(EventDraft::new(kind, payload).of_run(run.as_ref()));
    Ok(Step { card, events })
}
