//! A team: who leads it, and how fast it is given work.
//!
//! Never lists its members; they name it.

use crate::budget::Budget;
use crate::id::{AgentId, TeamId};
use crate::share::Share;

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
    pub dispatch: Share,
    /// How much its runs may use.
    pub budgets: Vec<Budget>,
    /// When its work is looked at as a whole.
    pub murmur: Option<Murmur>,
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
            dispatch: Share::default(),
            budgets: Vec::new(),
            murmur: None,
        }
    }
}

impl Named for Team {
    fn name_in_chart(&self) -> &str {
        self.id.as_str()
    }
}
