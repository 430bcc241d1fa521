//! Workflows, as templates and cards write them.

mod condition;
mod decide;
mod definition;
mod entries;
mod expand;
mod kind;
#[cfg(test)]
mod tests;

pub(crate) use definition::definition_of;
pub use definition::{parse_workflow, workflow_of, workflow_schema};
pub(crate) use expand::parse_plan;
