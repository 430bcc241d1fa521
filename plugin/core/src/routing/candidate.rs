//! One agent that is considered for a task, and the choice among several.
//!
//! Never forgets why somebody was passed over.

use std::fmt;

use crate::budget::Standing;
use crate::id::TeamId;
use crate::instant::Instant;
use crate::org::{Agent, Ways};
use crate::priority::Priority;
use crate::routing::{Flaw, Target};

/// What became of one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Gets the task.
    Chosen,
    /// Could have had it.
    Eligible,
    /// Cannot have it now.
    Rejected,
}

/// How much an agent has to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occupancy<'a> {
    /// Its runs.
    pub running: u32,
    /// What keeps it from more besides its own limit.
    pub full: Option<Full<'a>>,
}

/// Why an agent or its team gets nothing more now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full<'a> {
    /// `dispatch.maxConcurrent` is reached.
    Team {
        /// Whose.
        team: &'a TeamId,
        /// Its runs.
        running: u32,
        /// How many it may have.
        limit: u32,
    },
    /// `dispatch.minIntervalMs` is not over.
    TeamPause {
        /// Whose.
        team: &'a TeamId,
        /// When it is.
        until: Instant,
    },
    /// Its budget, or its team's, is spent.
    Spent(Standing<'a>),
}

impl fmt::Display for Full<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Full::Team {
                team,
                running,
                limit,
            } => write!(
                f,
                "{running} of {limit} runs of team `{team}` are taken \
                 (teams.{team}.dispatch.maxConcurrent)"
            ),
            Full::TeamPause { team, until } => write!(
                f,
                "team `{team}` gets the next task at {until} (teams.{team}.dispatch.minIntervalMs)"
            ),
            Full::Spent(spent) => spent.fmt(f),
        }
    }
}

/// Why a candidate is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection<'a> {
    /// Switched off in the chart.
    Inactive,
    /// The chart leaves no way to reach it.
    Unreachable,
    /// Does not take tasks of this urgency.
    Priority(Priority),
    /// Has as much as it can take.
    Busy,
    /// Its team has as much as it can take.
    Full(Full<'a>),
}

impl Rejection<'_> {
    /// Whether it passes by itself.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Rejection::Busy | Rejection::Full(_))
    }

    /// When it is over, if that is known.
    #[must_use]
    pub fn until(self) -> Option<Instant> {
        match self {
            Rejection::Full(Full::TeamPause { until, .. }) => Some(until),
            Rejection::Full(Full::Spent(spent)) => spent.until(),
            _ => None,
        }
    }
}

/// One agent that was considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// What became of it.
    pub verdict: Verdict,
    /// Its runs at the time.
    pub running: u32,
    /// Why it was passed over.
    pub rejection: Option<Rejection<'a>>,
}

impl<'a> Candidate<'a> {
    pub(super) fn judge(agent: &'a Agent, priority: Priority, now: Occupancy<'a>) -> Self {
        let allowed = agent.tasking.allowed_priorities.as_ref();
        let rejection = if !agent.is_active {
            Some(Rejection::Inactive)
        } else if !agent.comms.is_reachable() {
            Some(Rejection::Unreachable)
        } else if allowed.is_some_and(|allowed| !allowed.contains(&priority)) {
            Some(Rejection::Priority(priority))
        } else if now.running >= agent.concurrency_max {
            Some(Rejection::Busy)
        } else {
            now.full.map(Rejection::Full)
        };
        Candidate {
            agent,
            verdict: if rejection.is_some() {
                Verdict::Rejected
            } else {
                Verdict::Eligible
            },
            running: now.running,
            rejection,
        }
    }
}

impl fmt::Display for Candidate<'_> {
    /// Why it was taken or left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rejection {
            Some(Rejection::Inactive) => f.write_str("is not active"),
            Some(Rejection::Unreachable) => write!(
                f,
                "cannot be reached: send is skipped ({}), and `comms` names no other way",
                Ways::NO_SESSION
            ),
            Some(Rejection::Priority(priority)) => write!(
                f,
                "takes no {priority} tasks (policies.tasking.allowedPriorities)"
            ),
            Some(Rejection::Full(full)) => write!(f, "waits: {full}"),
            Some(Rejection::Busy) | None => {
                write!(f, "runs {} of {}", self.running, self.agent.concurrency_max)
            }
        }
    }
}

/// Marks the least loaded eligible candidate, the earlier one of equals, and says where the task
/// goes.
pub(super) fn choose<'a>(candidates: &mut [Candidate<'a>]) -> Target<'a> {
    let best = candidates
        .iter_mut()
        .filter(|candidate| candidate.verdict == Verdict::Eligible)
        .min_by_key(|candidate| candidate.running);
    if let Some(best) = best {
        best.verdict = Verdict::Chosen;
        return Target::Agent(&best.agent.id);
    }
    let mut rejections = candidates.iter().filter_map(|it| it.rejection);
    match candidates.is_empty() {
        true => Target::Nobody(Flaw::EmptyRole),
        false if rejections.any(Rejection::passes) => Target::Later,
        false => Target::Nobody(Flaw::NobodyFits),
    }
}
