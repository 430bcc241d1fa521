//! The eight statuses of a task and the moves between them.
//!
//! Invariant: no status change happens that [`Status::may_become`] does not allow.

use std::fmt;

/// Where a task stands. On disk it is the directory that the card lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Waits for its dependencies or for a person's promotion.
    Backlog,
    /// May be dispatched.
    Ready,
    /// An agent holds a lease on it.
    InProgress,
    /// Cannot go on; the reason is in the card.
    Blocked,
    /// Work is done and waits for acceptance.
    Review,
    /// Finished. Terminal.
    Done,
    /// Given up by decision. Terminal.
    Cancelled,
    /// Given up by the scheduler; only a person brings it back.
    Deadletter,
}

impl Status {
    /// All eight, in the order of a task's life.
    pub const ALL: [Status; 8] = [
        Status::Backlog,
        Status::Ready,
        Status::InProgress,
        Status::Blocked,
        Status::Review,
        Status::Done,
        Status::Cancelled,
        Status::Deadletter,
    ];

    /// The name, which is also the name of the directory.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Backlog => "backlog",
            Status::Ready => "ready",
            Status::InProgress => "in-progress",
            Status::Blocked => "blocked",
            Status::Review => "review",
            Status::Done => "done",
            Status::Cancelled => "cancelled",
            Status::Deadletter => "deadletter",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// The statuses that a task may move to from here. Source: AOF 1.20, "Transition table", with
    /// the cancellation of a dead letter, which its `cancel` operation allows.
    #[must_use]
    pub const fn successors(self) -> &'static [Status] {
        use Status::{Backlog, Blocked, Cancelled, Deadletter, Done, InProgress, Ready, Review};
        match self {
            Backlog => &[Ready, Blocked, Cancelled],
            Ready => &[InProgress, Blocked, Deadletter, Cancelled],
            InProgress => &[Review, Ready, Blocked, Deadletter, Cancelled],
            Blocked => &[Ready, Deadletter, Cancelled],
            Review => &[Done, InProgress, Blocked, Cancelled],
            Done | Cancelled => &[],
            Deadletter => &[Ready, Cancelled],
        }
    }

    /// Whether one move leads from here to `next`.
    #[must_use]
    pub fn may_become(self, next: Status) -> bool {
        self.successors().contains(&next)
    }

    /// The legal moves that lead from here to `done`, as an agent's completion walks them; none
    /// from a status that completion does not start from.
    #[must_use]
    pub const fn path_to_done(self) -> Option<&'static [Status]> {
        use Status::{Done, InProgress, Ready, Review};
        match self {
            Status::Backlog | Status::Blocked => Some(&[Ready, InProgress, Review, Done]),
            Status::Ready => Some(&[InProgress, Review, Done]),
            Status::InProgress => Some(&[Review, Done]),
            Status::Review => Some(&[Done]),
            Status::Done | Status::Cancelled | Status::Deadletter => None,
        }
    }

    /// Whether nothing further happens to a task here.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Status::Done | Status::Cancelled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_walk_to_done_is_made_of_legal_moves() {
        for start in Status::ALL {
            let mut at = start;
            for next in start.path_to_done().unwrap_or_default() {
                assert!(at.may_become(*next), "{at} to {next}");
                at = *next;
            }
            assert!(start.path_to_done().is_none() || at == Status::Done);
        }
    }

    #[test]
    fn terminal_statuses_lead_nowhere() {
        for status in Status::ALL {
            assert_eq!(
                status.is_terminal(),
                status.successors().is_empty(),
                "{status}"
            );
        }
    }

    #[test]
    fn work_is_never_done_without_review() {
        assert!(!Status::InProgress.may_become(Status::Done));
        assert!(!Status::Review.may_become(Status::Ready));
    }
}
