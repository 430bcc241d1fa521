//! Workflows, as templates and cards write them.

mod condition;
mod definition;
mod gate;
mod given;
mod template;
#[cfg(test)]
mod tests;

pub use condition::parse_condition;
pub use definition::{parse_workflow, workflow_schema};
pub use given::parse_facts;
pub(crate) use template::templates;
