//! A dead letter gets another life.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::metadata;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::walk::{counter, walk};
use crate::verb::{Step, Verdict};

/// Makes a dead letter ready, with all its tries again.
///
/// # Errors
/// `AOF-2022` unless it is a dead letter.
pub fn resurrect(card: &Card, by: &str, now: Instant) -> Verdict {
    if card.status != Status::Deadletter {
        let hint =
            "only a dead letter is brought back; `aof task unblock` lets a blocked task go on";
        return Err(Refusal::refused(
            "AOF-2022",
            format!("{} is {}, not a dead letter", card.id, card.status),
            hint,
        )
        .at("taskId"));
    }
    let payload = json!({
        "resurrectedBy": by,
        "deadletterReason": card.metadata.get(metadata::DEADLETTER_REASON),
        "retryCount": counter(card, metadata::RETRY_COUNT),
        "dispatchFailures": counter(card, metadata::DISPATCH_FAILURES),
    });
    let Step { card, mut events } = walk(card, &[Status::Ready], Some("resurrected"), now)?;
    events.push(EventDraft::new("task.resurrected", payload));
    Ok(Step { card, events })
}
