//! Who belongs to which unit.

use crate::id::{AgentId, UnitId};

/// One agent in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The agent.
    pub agent: AgentId,
    /// The unit.
    pub unit: UnitId,
    /// What the agent is there, in words.
    pub role: Option<String>,
    /// Whether it is the unit that the agent mainly belongs to.
    pub is_primary: bool,
}
