//! What every agent gets that it does not say itself.
//!
//! Never applied here: the agents of a chart have it in them when they are read.

use super::policy::Policies;

/// The chart's `defaults`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// Policies of an agent that gives none.
    pub policies: Policies,
    /// What an agent can do that lists nothing.
    pub tags: Vec<String>,
    /// Model of an agent that names none.
    pub model: Option<String>,
    /// Provider of an agent that names none.
    pub provider: Option<String>,
}
