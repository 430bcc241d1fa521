//! A group: agents that belong together across units.
//!
//! Never owns tasks.

use crate::id::{AgentId, GroupId};

use super::roster::Named;

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Identity.
    pub id: GroupId,
    /// Name for people.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Who is in it, as declared.
    pub members: Vec<AgentId>,
}

impl Named for Group {
    fn name_in_chart(&self) -> &str {
        self.id.as_str()
    }
}
