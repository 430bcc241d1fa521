//! Well-known keys of a card's `metadata`. Source: AOF 1.20, "Well-known metadata keys".

/// What the scheduler writes there itself: nobody who makes a task may.
pub const OWNED: [&str; 20] = [
    SUBMITTED_BY,
    CORRELATION_ID,
    SESSION_ID,
    BLOCKED_BY,
    FORCED_AT,
    FAILURE_HISTORY,
    SLA_ALERTED_AT,
    ATTEMPTS,
    BLOCK_REASON,
    LAST_BLOCKED_AT,
    RETRY_COUNT,
    RETRY_AT,
    LAST_ERROR,
    ERROR_CLASS,
    DISPATCH_FAILURES,
    DEADLETTER_REASON,
    DEADLETTER_AT,
    CANCELLATION_REASON,
    LAST_REQUEUED_AT,
    SUBSCRIPTIONS,
];

/// The agent that handed in what is in review.
pub const SUBMITTED_BY: &str = "submittedBy";
/// Run id of the last run.
pub const CORRELATION_ID: &str = "correlationId";
/// Session of the last run.
pub const SESSION_ID: &str = "sessionId";
/// Why the scheduler itself blocked it, as [`crate::dependency::BlockedBy`] writes it.
pub const BLOCKED_BY: &str = "blockedBy";
/// When a person let it go on although it waits for others.
pub const FORCED_AT: &str = "forcedAt";
/// The last failures since it was made or brought back, oldest first.
pub const FAILURE_HISTORY: &str = "failureHistory";
/// When people were last told that it stands too long where it is.
pub const SLA_ALERTED_AT: &str = "slaAlertedAt";
/// Number of runs so far.
pub const ATTEMPTS: &str = "attempts";
/// Limit of one run in milliseconds.
pub const TIMEOUT_MS: &str = "timeoutMs";
/// Why the task is blocked.
pub const BLOCK_REASON: &str = "blockReason";
/// When it was last blocked.
pub const LAST_BLOCKED_AT: &str = "lastBlockedAt";
/// Failed attempts to start a session, until somebody unblocks the task.
pub const RETRY_COUNT: &str = "retryCount";
/// When a task that the scheduler blocked becomes ready again.
pub const RETRY_AT: &str = "retryAt";
/// Last error text.
pub const LAST_ERROR: &str = "lastError";
/// Class of the last error.
pub const ERROR_CLASS: &str = "errorClass";
/// Runs that ended without completing the task.
pub const DISPATCH_FAILURES: &str = "dispatchFailures";
/// Why the task became a dead letter.
pub const DEADLETTER_REASON: &str = "deadletterReason";
/// When it became one.
pub const DEADLETTER_AT: &str = "deadletterAt";
/// Why it was cancelled.
pub const CANCELLATION_REASON: &str = "cancellationReason";
/// When it last became ready again after a failure.
pub const LAST_REQUEUED_AT: &str = "lastRequeuedAt";
/// Who is told how it ends, as [`crate::subscription`] reads it.
pub const SUBSCRIPTIONS: &str = "subscriptions";
