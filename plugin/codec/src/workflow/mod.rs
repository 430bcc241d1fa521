//! Workflows, as templates and cards write them.

mod condition;
mod decide;
mod definition;
mod entries;
mod expand;
mod gate;
mod given;
mod kind;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use condition::STATUSES;
pub use condition::parse_condition;
pub(crate) use definition::definition_of;
pub use definition::{lint_workflow, parse_workflow, workflow_of, workflow_schema};
pub(crate) use expand::parse_plan;
pub use given::parse_facts;
pub(crate) use template::templates;
