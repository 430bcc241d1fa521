//! Workflows, as templates and cards write them.

mod condition;
mod definition;
#[cfg(test)]
mod tests;

pub use definition::{parse_workflow, workflow_schema};
