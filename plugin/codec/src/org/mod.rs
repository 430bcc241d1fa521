//! The org chart.

mod alias;
mod form;
mod read;

pub use alias::agent_aliases;
pub use read::parse_org_chart;
