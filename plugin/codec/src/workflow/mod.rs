//! Workflows, as templates and cards write them.

mod condition;
mod definition;
#[cfg(test)]
mod tests;

pub(crate) use definition::definition_of;
pub use definition::{parse_workflow, workflow_of, workflow_schema};
