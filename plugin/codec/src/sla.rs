//! Limits on how long a task may stand in one status, as cards, projects and settings write them.
//!
//! Takes fields out of trees that were checked before. Invariant: every limit that comes out is
//! within its bounds.

use aof_core::sla::{LIMIT_MS_MAX, LIMIT_MS_MIN, RATE_LIMIT_MINUTES_MAX};
use aof_core::sla::{Limits, Policy, Sla};

use crate::schema::Shape::{Choice, Integer, Map, Text};
use crate::schema::{Schema, Shape, closed, idle, optional};
use crate::yaml::Node;

/// How long a task may stand in one status.
pub(crate) const LIMIT: Shape = Integer(LIMIT_MS_MIN, LIMIT_MS_MAX);
/// What happens when a limit is exceeded.
pub(crate) const ON_VIOLATION: Shape = Choice(&["alert", "block", "deadletter"]);

/// The section of a project, and of `aof.yaml`.
pub(crate) const SLA: Schema = closed(&[
    optional("defaultMaxInProgressMs", LIMIT),
    optional("researchMaxInProgressMs", LIMIT),
    optional("defaultMaxQueueMs", LIMIT),
    optional("defaultMaxReviewMs", LIMIT),
    optional("defaultMaxBlockedMs", LIMIT),
    optional("onViolation", ON_VIOLATION),
    optional("alerting", Map(&ALERTING)),
]);
const ALERTING: Schema = closed(&[
    optional("channel", Text),
    idle("webhook", Text),
    optional("rateLimitMinutes", Integer(1, RATE_LIMIT_MINUTES_MAX)),
]);

/// The keys of the limits: in progress, queue, review, blocked.
type Keys = [&'static str; 4];

/// Those of a card.
pub(crate) const CARD_LIMITS: Keys = [
    "maxInProgressMs",
    "maxQueueMs",
    "maxReviewMs",
    "maxBlockedMs",
];
const DEFAULT_LIMITS: Keys = [
    "defaultMaxInProgressMs",
    "defaultMaxQueueMs",
    "defaultMaxReviewMs",
    "defaultMaxBlockedMs",
];

/// The limits of a section.
pub(crate) fn limits(section: Option<&Node<'_>>, keys: Keys) -> Limits {
    let [in_progress, queue, review, blocked] =
        keys.map(|key| section.and_then(|section| section.get(key)?.integer()));
    Limits {
        queue_ms: queue,
        in_progress_ms: in_progress,
        review_ms: review,
        blocked_ms: blocked,
    }
}

/// What a section says should happen.
pub(crate) fn on_violation(section: &Node<'_>) -> Option<Policy> {
    Policy::parse(section.get("onViolation")?.text()?)
}

/// The section of a project or of `aof.yaml`.
pub(crate) fn sla(section: Option<&Node<'_>>) -> Sla {
    let number = |path: &[&str]| section?.at(path)?.integer();
    let channel = section.and_then(|section| section.at(&["alerting", "channel"])?.text());
    Sla {
        limits: limits(section, DEFAULT_LIMITS),
        research_in_progress_ms: number(&["researchMaxInProgressMs"]),
        on_violation: section.and_then(on_violation),
        rate_limit_minutes: number(&["alerting", "rateLimitMinutes"]),
        channel: channel.map(str::to_owned),
    }
}

/// One section laid over another.
pub(crate) fn over(strong: Sla, weak: Sla) -> Sla {
    Sla {
        limits: strong.limits.or(weak.limits),
        research_in_progress_ms: strong
            .research_in_progress_ms
            .or(weak.research_in_progress_ms),
        on_violation: strong.on_violation.or(weak.on_violation),
        rate_limit_minutes: strong.rate_limit_minutes.or(weak.rate_limit_minutes),
        channel: strong.channel.or(weak.channel),
    }
}
