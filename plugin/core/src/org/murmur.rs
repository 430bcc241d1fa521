//! When the work of a team is looked at as a whole.
//!
//! Never looks at work itself.

use std::fmt;

/// What a team says about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Murmur {
    /// What leads to a review, in order.
    pub triggers: Vec<Trigger>,
    /// What the reviewer is given to read.
    pub context: Vec<String>,
}

/// One occasion for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// What happens.
    pub kind: TriggerKind,
    /// How often it happens first, for batches.
    pub threshold: Option<u64>,
    /// How long it is waited, for intervals.
    pub interval_ms: Option<u64>,
}

/// What leads to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TriggerKind {
    /// Nothing is left to do.
    QueueEmpty,
    /// So many tasks were completed.
    CompletionBatch,
    /// So much time went by.
    Interval,
    /// So many tasks failed.
    FailureBatch,
}

impl TriggerKind {
    /// All four, as the format lists them.
    pub const ALL: [TriggerKind; 4] = [
        TriggerKind::QueueEmpty,
        TriggerKind::CompletionBatch,
        TriggerKind::Interval,
        TriggerKind::FailureBatch,
    ];

    /// The name as written in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TriggerKind::QueueEmpty => "queueEmpty",
            TriggerKind::CompletionBatch => "completionBatch",
            TriggerKind::Interval => "interval",
            TriggerKind::FailureBatch => "failureBatch",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        TriggerKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for TriggerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
