//! The failures of a task, as its card remembers them.

use serde_json::{Value, json};

use crate::card::Card;
use crate::instant::Instant;
use crate::metadata;
use crate::verb::fail::{Failure, Stage};

/// Failures that a card remembers; older ones are forgotten.
const FAILURES_KEPT_MAX: usize = 10;
/// Characters of a message in the history; the last one is whole in `lastError`.
const MESSAGE_CHARS_MAX: usize = 200;

/// Appends one failure of the run that the card still names.
pub(super) fn remember(card: &mut Card, run: Option<&str>, failure: &Failure, now: Instant) {
    let message: String = failure.message.chars().take(MESSAGE_CHARS_MAX).collect();
    let stage = match failure.stage {
        Stage::Start => "start",
        Stage::Work => "work",
    };
    let entry = json!({
        "at": now.to_string(), "run": run, "stage": stage,
        "class": failure.class.as_str(), "message": message,
    });
    let history = card
        .metadata
        .entry(metadata::FAILURE_HISTORY)
        .or_insert_with(|| Value::Array(Vec::new()));
    if !history.is_array() {
        *history = Value::Array(Vec::new());
    }
    if let Value::Array(entries) = history {
        entries.push(entry);
        let surplus = entries.len().saturating_sub(FAILURES_KEPT_MAX);
        entries.drain(..surplus);
    }
}
