//! A run failed: try again later, or give up.
//!
//! Ladder: base, 3 × base, 9 × base, at most 15 minutes, each ± 25 %. Source: AOF 1.20, "Spawn
//! failure ladder" and "Completion enforcement".

use serde_json::json;

use crate::card::Card;
use crate::event::EventDraft;
use crate::id::RunId;
use crate::instant::Instant;
use crate::metadata;
use crate::settings::SchedulerSettings;
use crate::status::Status;
use crate::verb::history::remember;
use crate::verb::walk::{counter, set_text, walk};
use crate::verb::{Step, Verdict};

const DELAY_MS_MAX: u64 = 900_000;

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Will fail again: dead letter at once.
    Permanent,
    /// The host has no way to reach anybody by this method: dead letter at once if it was the last.
    Unsupported,
    /// The other side asks for patience.
    RateLimited,
    /// May pass.
    Transient,
    /// No room; nobody's fault, no retry is consumed.
    Capacity,
    /// The run ended well and shows nothing of any work: dead letter at once.
    Silent,
}

impl FailureClass {
    /// The name as written in cards.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureClass::Permanent => "permanent",
            FailureClass::Unsupported => "unsupported",
            FailureClass::RateLimited => "rate_limited",
            FailureClass::Transient => "transient",
            FailureClass::Capacity => "capacity",
            FailureClass::Silent => "model_silent_failure",
        }
    }
}

/// Where in its life the run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// No session could be started.
    Start,
    /// The session ended without completing the task.
    Work,
}

/// One failure of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub class: FailureClass,
    /// When.
    pub stage: Stage,
    /// What went wrong, for people.
    pub message: String,
}

/// Blocks the task until a retry is due, makes it a dead letter, or for want of capacity gives it
/// back.
///
/// # Errors
/// `AOF-2001` unless the task is in progress.
pub fn fail(
    card: &Card,
    failure: &Failure,
    settings: &SchedulerSettings,
    random: u64,
    now: Instant,
) -> Verdict {
    if failure.class == FailureClass::Capacity {
        return super::release(card, "task.reclaimed", &failure.message, now);
    }
    // A hop may say itself how often it is tried again after a run that failed.
    let retries = card.hop.as_ref().and_then(|hop| hop.retries);
    let (key, usual) = match failure.stage {
        Stage::Start => (
            metadata::RETRY_COUNT,
            settings.failures_max.saturating_add(1),
        ),
        Stage::Work => (metadata::DISPATCH_FAILURES, settings.failures_max),
    };
    let limit = retries.map_or(usual, |retries| retries.saturating_add(1));
    let count = counter(card, key).saturating_add(1);
    let is_final = matches!(
        failure.class,
        FailureClass::Permanent | FailureClass::Unsupported | FailureClass::Silent
    );
    let gives_up = is_final || count >= limit;
    let target = if gives_up {
        Status::Deadletter
    } else {
        Status::Blocked
    };
    let run = card.lease.as_ref().and_then(|lease| lease.run.clone());
    let Step {
        mut card,
        mut events,
    } = walk(card, &[target], Some(&failure.message), now)?;
    card.metadata.insert(key.to_owned(), count.into());
    set_text(&mut card, metadata::LAST_ERROR, failure.message.clone());
    set_text(&mut card, metadata::ERROR_CLASS, failure.class.as_str());
    remember(&mut card, run.as_ref().map(RunId::as_str), failure, now);
    if gives_up {
        let reason = deadletter(&mut card, failure, now);
        let payload = json!({
            "reason": reason, "failureCount": count, "errorClass": failure.class.as_str(),
            "lastFailureReason": failure.message,
            "failureHistory": card.metadata.get(metadata::FAILURE_HISTORY),
        });
        events.push(EventDraft::new("task.deadlettered", payload).of_run(run.as_ref()));
    } else {
        let retry_at = now.plus_ms(delay_ms(settings.retry_base_ms, count, random));
        wait_for_retry(&mut card, failure, retry_at, now);
        let payload = json!({
            "reason": failure.message, "failureCount": count, "retryAt": retry_at.to_string(),
        });
        events.push(EventDraft::new("task.blocked", payload).of_run(run.as_ref()));
    }
    Ok(Step { card, events })
}

fn deadletter(card: &mut Card, failure: &Failure, now: Instant) -> String {
    let cause = match (failure.class, failure.stage) {
        (FailureClass::Permanent | FailureClass::Unsupported, _) => "permanent_error",
        (FailureClass::Silent, _) => "model_silent_failure",
        (_, Stage::Start) => "max_start_failures",
        (_, Stage::Work) => "max_dispatch_failures",
    };
    let reason = format!("{cause}: {}", failure.message);
    set_text(card, metadata::DEADLETTER_REASON, reason.clone());
    set_text(card, metadata::DEADLETTER_AT, now.to_string());
    reason
}

fn wait_for_retry(card: &mut Card, failure: &Failure, retry_at: Instant, now: Instant) {
    let reason = match failure.stage {
        Stage::Start => format!("spawn_failed: {}", failure.message),
        Stage::Work => format!("run_failed: {}", failure.message),
    };
    set_text(card, metadata::BLOCK_REASON, reason);
    set_text(card, metadata::LAST_BLOCKED_AT, now.to_string());
    set_text(card, metadata::RETRY_AT, retry_at.to_string());
}

/// `count` is 1 for the first failure.
fn delay_ms(base_ms: u64, count: u32, random: u64) -> u64 {
    let steps = count.saturating_sub(1).min(20);
    let nominal = base_ms
        .saturating_mul(3_u64.saturating_pow(steps))
        .min(DELAY_MS_MAX);
    let spread = nominal / 2;
    nominal - nominal / 4
        + if spread == 0 {
            0
        } else {
            random % (spread + 1)
        }
}
