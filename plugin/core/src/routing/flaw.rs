//! Why nobody can have a task as long as nobody mends the card or the chart.

use std::fmt;

use crate::id::{AgentId, RoleId, TeamId};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw<'a> {
    /// The card names nobody, no rule and no agent's tags fit, and its project has no owner.
    NoTarget,
    /// The agent is not in the chart.
    UnknownAgent(&'a AgentId),
    /// The role is not in the chart.
    UnknownRole(&'a RoleId),
    /// The chart has no team, unit or group of that name.
    UnknownTeam(&'a TeamId),
    /// The unit no longer works.
    InactiveUnit(&'a TeamId),
    /// The team has nobody for this task.
    NoMember(&'a TeamId),
    /// The role has no agent of the chart.
    EmptyRole,
    /// Nobody who was considered may ever take it.
    NobodyFits,
}

impl fmt::Display for Flaw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NoTarget => f.write_str(
                "the card names no agent, role or team, no routing rule and no agent's tags fit \
                 it, and its project has no owner",
            ),
            Flaw::UnknownAgent(id) => write!(f, "agent `{id}` is not in the org chart"),
            Flaw::UnknownRole(id) => write!(f, "role `{id}` is not in the org chart"),
            Flaw::UnknownTeam(id) => write!(f, "team `{id}` is not in the org chart"),
            Flaw::InactiveUnit(id) => write!(f, "unit `{id}` is not active"),
            Flaw::NoMember(id) => write!(
                f,
                "team `{id}` has no orchestrator, no lead and no member with the tags of the card"
            ),
            Flaw::EmptyRole => f.write_str("no agent of the org chart fills that role"),
            Flaw::NobodyFits => f.write_str("no candidate may take it"),
        }
    }
}
