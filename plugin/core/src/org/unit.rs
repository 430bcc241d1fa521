//! A unit: a department, a squad, whatever the organisation calls its parts.
//!
//! Never lists its members; memberships do.

use crate::id::{AgentId, UnitId};

use super::roster::Named;

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Identity.
    pub id: UnitId,
    /// Name for people.
    pub name: String,
    /// What the organisation calls such a part: `department`, `squad`.
    pub kind: String,
    /// The unit that it is part of; none for the whole.
    pub parent: Option<UnitId>,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Who leads it.
    pub lead: Option<AgentId>,
    /// False: it no longer works.
    pub is_active: bool,
}

impl Named for Unit {
    fn name_in_chart(&self) -> &str {
        self.id.as_str()
    }
}
