//! Workflows that a project keeps under a name.

use std::sync::Arc;

use serde_json::Value;

use crate::workflow::Definition;

/// A workflow that tasks of a project can be given.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name in the project: small letters, digits and `-`.
    pub name: String,
    /// The checked workflow.
    pub definition: Arc<Definition>,
    /// The same as it was written, for the cards of tasks that are given it.
    pub written: Arc<Value>,
}
