//! `aof workflow upgrade`: a task goes on with another definition of its workflow.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Need;
use crate::command::task::workflow_of;
use crate::exit::Ending;
use crate::shape::read as shaped;

use super::super::Session;

/// Which task, and with what.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// A template of its project, or a file with a definition [default: the template that it was
    /// made from]
    #[arg(long, value_name = "NAME|FILE")]
    workflow: Option<String>,
    /// Do it; without this what is different is shown, and nothing else happens
    #[arg(long)]
    yes: bool,
}

/// What is different.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Upgrade {
    task_id: String,
    upgraded: bool,
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
    fields: Vec<String>,
}

/// Shows the difference, and lets it hold if that is wanted.
///
/// # Errors
/// The definition cannot be read, or the component refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut arguments = json!({"taskId": args.task, "dryRun": !args.yes});
    if let (Some(given), Some(fields)) = (&args.workflow, arguments.as_object_mut()) {
        fields.insert("workflow".to_owned(), Value::from(workflow_of(given)?));
    }
    let need = if args.yes { Need::Act } else { Need::Look };
    let answer = session.ask(need, |access| {
        access.tool("aof_workflow_upgrade", &arguments)
    })?;
    session
        .console
        .show(&answer, |_| told(&shaped(&answer, "upgrade")))?;
    Ok(Ending::Done)
}

fn told(upgrade: &Upgrade) -> String {
    let lists = [
        ("added", &upgrade.added),
        ("removed", &upgrade.removed),
        ("changed", &upgrade.changed),
        ("of the workflow itself", &upgrade.fields),
    ];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    let lines: Vec<String> = lists
        .map(|(what, names)| format!("  {what}: {}\n", names.join(", ")))
        .collect();
    let head = match (lines.is_empty(), upgrade.upgraded) {
        (true, _) => "has this very workflow already",
        (false, true) => "goes on with the new definition",
        (false, false) => "would go on with a new definition; --yes does it",
    };
    format!("{} {head}\n{}", upgrade.task_id, lines.concat())
}
