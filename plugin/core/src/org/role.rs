//! A role: what a task asks for when it does not care who does it.

use crate::id::AgentId;

/// Who may act in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Candidates, in order of preference.
    pub agents: Vec<AgentId>,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// True: a person acts; nothing is ever spawned.
    pub requires_human: bool,
}
