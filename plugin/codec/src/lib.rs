//! Markdown and YAML to domain types and back, with positions.
//!
//! For reading cards, org charts, project manifests and configuration, and for writing cards. Does
//! no I/O, asks no clock, never guesses what a value means and never throws away what it does not
//! know. Invariant: a card rendered unchanged is the file that it was read from.

mod budget;
mod card;
mod check;
mod document;
mod finding;
mod hash;
mod json_schema;
mod limit;
mod notification;
mod org;
mod project;
mod schema;
mod settings;
mod share;
mod sla;
mod workflow;
mod yaml;

pub use card::{CardDocument, card_schema, new_card, parse_card, plan_of};
pub use finding::FINDINGS_MAX;
pub use hash::content_hash;
pub use limit::{CARD_BYTES_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX, FRONTMATTER_BYTES_MAX, NODES_MAX};
pub use notification::{notification_rules_schema, parse_notification_rules};
pub use org::{
    CHART_FINDINGS_MAX, ChartFinding, ChartReport, agent_aliases, lint_org_chart,
    lint_workflow_roles, org_chart_schema, parse_org_chart, set_in_chart,
};
pub use project::{new_project, parse_project, project_schema, with_status};
pub use settings::{Overrides, parse_settings, settings_schema};
pub use workflow::{
    lint_workflow, parse_condition, parse_facts, parse_workflow, workflow_of, workflow_schema,
};
