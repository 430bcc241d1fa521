//! `aof schema`: a JSON Schema of a file that people write, for their editors.
//!
//! The schemas are kept in `docs/` and made from the parser's own tables; a test compares them.

use serde_json::Value;

use crate::exit::Ending;

use super::Session;

const ORG_CHART: &str = include_str!("../../../../docs/org-chart.schema.json");
const WORKFLOW: &str = include_str!("../../../../docs/workflow.schema.json");
const NOTIFICATION_RULES: &str = include_str!("../../../../docs/notification-rules.schema.json");

/// Of which file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kind of file
    #[arg(value_enum, value_name = "FILE")]
    file: File,
}

/// Files that have a schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum File {
    /// org/org-chart.yaml
    OrgChart,
    /// org/notification-rules.yaml
    NotificationRules,
    /// A workflow: an entry of `workflowTemplates`
    Workflow,
}

/// Prints the schema.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let text = match args.file {
        File::OrgChart => ORG_CHART,
        File::NotificationRules => NOTIFICATION_RULES,
        File::Workflow => WORKFLOW,
    };
    let document: Value = serde_json::from_str(text)?;
    session.console.show(&document, |_| text.to_owned())?;
    Ok(Ending::Done)
}
