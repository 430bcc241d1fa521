//! What one task asks of the tasks that it depends on, and what the scheduler does when they cannot
//! give it.
//!
//! Knows statuses only; the index knows who depends on whom.

use std::fmt;
use std::sync::Arc;

use crate::id::TaskId;
use crate::status::Status;

/// When a dependency counts as met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DependencyPolicy {
    /// Once it is done.
    #[default]
    Done,
    /// Once it is over, however it ended: done, cancelled or a dead letter.
    Terminal,
}

impl DependencyPolicy {
    /// The name as written in cards.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DependencyPolicy::Done => "done",
            DependencyPolicy::Terminal => "terminal",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [DependencyPolicy::Done, DependencyPolicy::Terminal]
            .into_iter()
            .find(|policy| policy.as_str() == text)
    }

    /// Whether a dependency in this status is met.
    #[must_use]
    pub const fn is_met(self, status: Option<Status>) -> bool {
        let is_over = matches!(
            status,
            Some(Status::Done | Status::Cancelled | Status::Deadletter)
        );
        match self {
            DependencyPolicy::Done => matches!(status, Some(Status::Done)),
            DependencyPolicy::Terminal => is_over,
        }
    }

    /// Whether nothing but a person's act can meet it any more.
    #[must_use]
    pub const fn is_hopeless(self, status: Option<Status>) -> bool {
        match status {
            None => true,
            Some(Status::Cancelled | Status::Deadletter) => !self.is_met(status),
            Some(_) => false,
        }
    }
}

/// Why the scheduler itself blocked a task, as written in `metadata.blockedBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockedBy {
    /// A dependency was cancelled, given up or is gone.
    Dependency,
    /// It waits for itself.
    Cycle,
    /// A dependency was blocked, and `scheduler.cascadeBlocks` is on.
    Upstream,
    /// It stood longer in one status than it may.
    Sla,
}

impl BlockedBy {
    /// The name as written in cards.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            BlockedBy::Dependency => "dependency",
            BlockedBy::Cycle => "cycle",
            BlockedBy::Upstream => "upstream",
            BlockedBy::Sla => "sla",
        }
    }

    /// Whether the block of that name ends by itself once all dependencies are met.
    #[must_use]
    pub fn ends_with_dependencies(text: &str) -> bool {
        [BlockedBy::Dependency, BlockedBy::Cycle, BlockedBy::Upstream]
            .into_iter()
            .any(|by| by.as_str() == text)
    }
}

/// Tasks that wait for one another, the one with the smallest id first.
pub type Cycle = Arc<[TaskId]>;

/// What a task waits for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snag {
    /// A dependency that nothing but a person's act can meet.
    Dependency(TaskId, Option<Status>),
    /// Itself.
    Cycle(Cycle),
}

/// Tasks of a cycle that a reason names.
const NAMED_MAX: usize = 10;

impl Snag {
    /// The task that an alert is about: one alert for all that wait for the same.
    #[must_use]
    pub fn trigger(&self) -> Option<&TaskId> {
        match self {
            Snag::Dependency(id, _) => Some(id),
            Snag::Cycle(cycle) => cycle.first(),
        }
    }

    /// As what a task that has it is blocked.
    #[must_use]
    pub const fn blocked_by(&self) -> BlockedBy {
        match self {
            Snag::Dependency(..) => BlockedBy::Dependency,
            Snag::Cycle(_) => BlockedBy::Cycle,
        }
    }
}

impl fmt::Display for Snag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Snag::Dependency(id, Some(status)) => write!(f, "dependency {id} is {status}"),
            Snag::Dependency(id, None) => write!(f, "dependency {id} is not there"),
            Snag::Cycle(cycle) => {
                f.write_str("cycle: ")?;
                for id in cycle.iter().take(NAMED_MAX) {
                    write!(f, "{id} → ")?;
                }
                if cycle.len() > NAMED_MAX {
                    write!(f, "… → ")?;
                }
                cycle.first().map_or(Ok(()), |first| write!(f, "{first}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_met_hopeless_or_open() {
        use Status::{Cancelled, Deadletter, Done};
        for status in Status::ALL.map(Some).into_iter().chain([None]) {
            let over = matches!(status, Some(Cancelled | Deadletter));
            let [done, terminal] = [DependencyPolicy::Done, DependencyPolicy::Terminal]
                .map(|policy| (policy.is_met(status), policy.is_hopeless(status)));
            assert_eq!(done.0, status == Some(Done));
            assert_eq!(done.1, over || status.is_none());
            assert_eq!(terminal.0, over || status == Some(Done));
            assert_eq!(terminal.1, status.is_none());
        }
    }

    #[test]
    fn a_reason_names_ten_tasks_of_a_cycle() {
        let ids = |count: u32| -> Cycle {
            (1..=count)
                .map(|number| TaskId::parse(&format!("TASK-2026-02-17-{number:03}")).unwrap())
                .collect()
        };
        let short = Snag::Cycle(ids(2)).to_string();
        assert_eq!(
            short,
            "cycle: TASK-2026-02-17-001 → TASK-2026-02-17-002 → TASK-2026-02-17-001"
        );
        assert!(!Snag::Cycle(ids(10)).to_string().contains('…'));
        let long = Snag::Cycle(ids(11)).to_string();
        assert!(long.contains("-010 → … → TASK-2026-02-17-001"), "{long}");
        assert!(!long.contains("-011"), "{long}");
    }
}
