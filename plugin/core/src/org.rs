//! The org chart: which agents exist, in which teams and roles.
//!
//! Never consults the gateway; what really runs there is compared elsewhere.

use std::collections::BTreeMap;

use crate::id::{AgentId, RoleId, TeamId};

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Identity.
    pub id: AgentId,
    /// Name for people.
    pub name: String,
    /// Home team.
    pub team: Option<TeamId>,
    /// False: nothing is dispatched to it.
    pub is_active: bool,
    /// What it can do.
    pub tags: Vec<String>,
    /// Runs at the same time: the smaller of `capabilities.concurrency` and
    /// `policies.tasking.maxConcurrent`, where given.
    pub concurrency_max: u32,
    /// Session that `send` would use.
    pub session_key: Option<String>,
}

/// One team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Identity.
    pub id: TeamId,
    /// Name for people.
    pub name: String,
    /// Receives the team's tasks first.
    pub orchestrator: Option<AgentId>,
    /// Receives them if there is no orchestrator.
    pub lead: Option<AgentId>,
}

/// Who may act in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Candidates, in order of preference.
    pub agents: Vec<AgentId>,
    /// True: a person acts; nothing is ever spawned.
    pub requires_human: bool,
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrgChart {
    /// In declared order.
    pub agents: Vec<Agent>,
    /// In declared order.
    pub teams: Vec<Team>,
    /// By name.
    pub roles: BTreeMap<RoleId, Role>,
}

impl OrgChart {
    /// The agent of that name.
    #[must_use]
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == *id)
    }

    /// The team of that name.
    #[must_use]
    pub fn team(&self, id: &TeamId) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == *id)
    }

    /// Members of a team, in declared order.
    pub fn members(&self, id: &TeamId) -> impl Iterator<Item = &Agent> {
        self.agents
            .iter()
            .filter(move |agent| agent.team.as_ref() == Some(id))
    }
}
