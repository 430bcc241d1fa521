//! What happened, for the event log.
//!
//! Invariant: one event per status change, never a second one from another layer.

use serde_json::Value;

use crate::id::RunId;

/// An event before the store numbers and dates it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// `task.transitioned`, `dispatch.matched`, … as listed in `docs/events.md`.
    pub kind: &'static str,
    /// The run it belongs to.
    pub run: Option<RunId>,
    /// A JSON object.
    pub payload: Value,
}

impl EventDraft {
    /// An event without a run.
    #[must_use]
    pub fn new(kind: &'static str, payload: Value) -> Self {
        EventDraft {
            kind,
            run: None,
            payload,
        }
    }

    /// The same event, belonging to a run.
    #[must_use]
    pub fn of_run(mut self, run: Option<&RunId>) -> Self {
        self.run = run.cloned();
        self
    }
}
