//! A routing rule: where tasks go that name nobody.
//!
//! Never looks at a task; routing does.

use crate::id::{AgentId, RoleId, TeamId};
use crate::priority::Priority;

/// Weight of a rule that gives none. Source: AOF 1.20.
pub const WEIGHT_DEFAULT: u64 = 100;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its place among the rules as declared, from 0.
    pub position: usize,
    /// Tags that a task must have; none for any.
    pub match_tags: Vec<String>,
    /// Urgencies that a task may have; none for any.
    pub match_priority: Vec<Priority>,
    /// The role that gets the task.
    pub target_role: Option<RoleId>,
    /// The team that gets it.
    pub target_team: Option<TeamId>,
    /// The agent that gets it.
    pub target_agent: Option<AgentId>,
    /// The lighter rule is tried first.
    pub weight: u64,
}

impl Rule {
    /// Whether every task matches.
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        self.match_tags.is_empty() && self.match_priority.is_empty()
    }
}
