//! What happened, for the event log.
//!
//! Invariant: one event per status change, never a second one from another layer; every type is
//! among [`KINDS`].

use serde_json::Value;

use crate::id::RunId;

/// Every type of event, as `docs/events.md` describes them.
pub const KINDS: &[&str] = &[
    "access.denied",
    "budget.alert",
    "budget.exhausted",
    "completion.enforcement",
    "concurrency.platformLimit",
    "config.rejected",
    "config.reloaded",
    "dag.hop_completed",
    "dag.hop_dispatched",
    "dag.hop_rejected",
    "dag.hop_timeout",
    "dag.hop_timeout_escalation",
    "dag.started",
    "dag.upgraded",
    "dependency.cascaded",
    "dispatch.error",
    "dispatch.held",
    "dispatch.matched",
    "dispatch.no-match",
    "dispatch.offered",
    "dispatch.resumed",
    "lease.expired",
    "lease.renewed",
    "murmur.review.created",
    "notification.rules-accepted",
    "notification.rules-refused",
    "org.chart-accepted",
    "org.chart-refused",
    "project.created",
    "project.status",
    "run.late",
    "scheduler.action-failed",
    "silent_model_failure",
    "sla.violation",
    "subscription.cancelled",
    "subscription.created",
    "subscription.delivered",
    "subscription.delivery_attempted",
    "subscription.delivery_failed",
    "system.recovered",
    "system.startup",
    "task.assigned",
    "task.blocked",
    "task.cancelled",
    "task.completed",
    "task.created",
    "task.deadlettered",
    "task.dep.added",
    "task.dep.removed",
    "task.logged",
    "task.reclaimed",
    "task.resurrected",
    "task.submitted",
    "task.transitioned",
    "task.unblocked",
    "task.updated",
    "usage.recorded",
    "usage.rejected",
];

/// Whether a type is the one that is meant, or begins as it does if a `*` is its end.
#[must_use]
pub fn is_meant(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => kind == pattern,
    }
}

/// An event before the store numbers and dates it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// One of [`KINDS`].
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
