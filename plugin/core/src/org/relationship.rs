//! What one agent is to another.
//!
//! Never an order of command by itself: verbs decide what they make of it.

use std::fmt;

use crate::id::AgentId;

/// One agent's relationship to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// Whose it is.
    pub from: AgentId,
    /// To whom.
    pub to: AgentId,
    /// What it is.
    pub kind: RelationshipKind,
    /// False: it is as if it were not there.
    pub is_active: bool,
}

/// What an agent does with the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RelationshipKind {
    /// Gives what it cannot do to the other.
    EscalatesTo,
    /// May hand tasks on to the other.
    DelegatesTo,
    /// Asks the other.
    ConsultsWith,
    /// Is led by the other.
    ReportsTo,
}

impl RelationshipKind {
    /// All four, as the format lists them.
    pub const ALL: [RelationshipKind; 4] = [
        RelationshipKind::EscalatesTo,
        RelationshipKind::DelegatesTo,
        RelationshipKind::ConsultsWith,
        RelationshipKind::ReportsTo,
    ];

    /// The name as written in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RelationshipKind::EscalatesTo => "escalates_to",
            RelationshipKind::DelegatesTo => "delegates_to",
            RelationshipKind::ConsultsWith => "consults_with",
            RelationshipKind::ReportsTo => "reports_to",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        RelationshipKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for RelationshipKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
