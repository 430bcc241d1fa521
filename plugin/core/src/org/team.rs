//! A team: who leads it, and how fast it is given work.
//!
//! Never lists its members; they name it.

use crate::id::{AgentId, TeamId};

use super::murmur::Murmur;
use super::roster::Named;

/// One team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Identity.
    pub id: TeamId,
    /// Name for people.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Receives the team's tasks first.
    pub orchestrator: Option<AgentId>,
    /// Receives them if there is no orchestrator.
    pub lead: Option<AgentId>,
    /// Is asked about technical matters.
    pub technical_lead: Option<AgentId>,
    /// How fast it is given work.
    pub dispatch: TeamDispatch,
    /// When its work is looked at as a whole.
    pub murmur: Option<Murmur>,
}

/// How fast a team is given work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TeamDispatch {
    /// Runs at the same time; none for no limit of its own.
    pub max_concurrent: Option<u32>,
    /// Least time between two dispatches; none for no limit of its own.
    pub min_interval_ms: Option<u64>,
}

impl Team {
    /// A team that says nothing but its name.
    #[must_use]
    pub fn bare(id: TeamId) -> Self {
        let name = id.to_string();
        Team {
            id,
            name,
            description: None,
            orchestrator: None,
            lead: None,
            technical_lead: None,
            dispatch: TeamDispatch::default(),
            murmur: None,
        }
    }
}

impl Named for Team {
    fn name_in_chart(&self) -> &str {
        self.id.as_str()
    }
}
