//! The org chart.

mod alias;
mod edit;
mod form;
mod lint;
mod read;
mod workflow;

pub use alias::agent_aliases;
pub use edit::set_in_chart;
pub use form::org_chart_schema;
pub use lint::{CHART_FINDINGS_MAX, ChartFinding, ChartReport, lint_org_chart, parse_org_chart};
pub use workflow::lint_workflow_roles;
pub(crate) use workflow::strangers;
