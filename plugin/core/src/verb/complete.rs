//! A task is finished: the legal walk to done.

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::refusal::Refusal;
use crate::verb::walk::walk;
use crate::verb::{Step, Verdict};

/// Walks the task to done and appends the summary to its body.
///
/// # Errors
/// `AOF-2002` if it is already done, cancelled or a dead letter.
pub fn complete(card: &Card, summary: Option<&str>, now: Instant) -> Verdict {
    let path = card.status.path_to_done().ok_or_else(|| {
        Refusal::refused(
            "AOF-2002",
            format!("{} is {} and cannot be completed", card.id, card.status),
            "a finished task stays as it is; make a new task for further work",
        )
        .at("taskId")
    })?;
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let Step {
        mut card,
        mut events,
    } = walk(card, path, Some("completed"), now)?;
    append_completion(&mut card, summary);
    events
        .push(EventDraft::new("task.completed", json!({"summary": summary})).of_run(run.as_ref()));
    Ok(Step { card, events })
}

/// Appends what was done, if anything is said.
pub(super) fn append_completion(card: &mut Card, summary: Option<&str>) {
    if let Some(summary) = summary.map(str::trim).filter(|summary| !summary.is_empty()) {
        append_section(&mut card.body, "Completion", summary);
    }
}

fn append_section(body: &mut String, heading: &str, text: &str) {
    if !body.is_empty() && !body.ends_with('\n') {
        body.push('\n');
    }
    body.push_str(&format!("\n## {heading}\n\n{text}\n"));
}
