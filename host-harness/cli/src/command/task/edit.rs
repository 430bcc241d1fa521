//! `aof task edit`.

use serde_json::{Map, Value};

use crate::command::Session;
use crate::exit::{Ending, Failure};

use super::answer::{Given, change};
use super::sure::Aim;

/// What to change.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// What is to be done, in one line
    #[arg(long, value_name = "TEXT", group = "change")]
    title: Option<String>,
    /// How urgent it is
    #[arg(long, value_name = "PRIORITY", group = "change")]
    #[arg(value_parser = ["critical", "high", "normal", "medium", "low"])]
    priority: Option<String>,
    /// Give it to this agent, and to nobody else
    #[arg(long, value_name = "AGENT", group = "change")]
    agent: Option<String>,
    /// Give it to this role, and to nobody else
    #[arg(long, value_name = "ROLE", group = "change")]
    role: Option<String>,
    /// Give it to this team, and to nobody else
    #[arg(long, value_name = "TEAM", group = "change")]
    team: Option<String>,
    /// These tags instead of those of now; may be given several times
    #[arg(long, value_name = "TAG", group = "change")]
    tag: Vec<String>,
    /// What it shares with no other running task; an empty text takes it away
    #[arg(long, value_name = "NAME", group = "change")]
    resource: Option<String>,
    /// How long one run may take, in milliseconds
    #[arg(long, value_name = "MS", group = "change")]
    timeout_ms: Option<u64>,
    /// An entry of its metadata; `KEY=` takes one away. May be given several times
    #[arg(long, value_name = "KEY=VALUE", group = "change")]
    metadata: Vec<String>,
    /// Refuse if the card has another revision
    #[arg(long, value_name = "N")]
    expected_revision: Option<u64>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Changes what the task is.
///
/// # Errors
/// `AOF-1600` for an entry without `=`; the component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut given = Given::about(&args.task, args.project.as_ref())
        .with_any("title", args.title.as_ref())
        .with_any("priority", args.priority.as_ref())
        .with_any("agent", args.agent.as_ref())
        .with_any("role", args.role.as_ref())
        .with_any("team", args.team.as_ref())
        .with_all("tags", &args.tag)
        .with_any("resource", args.resource.as_ref())
        .with_any("timeoutMs", args.timeout_ms.as_ref())
        .with_any("expectedRevision", args.expected_revision.as_ref());
    if !args.metadata.is_empty() {
        given = given.with("metadata", entries(&args.metadata)?);
    }
    change(session, "aof_task_edit", given, Aim::Once)
}

fn entries(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    let entry = |text: &String| match text.split_once('=') {
        Some((key, "")) => Ok((key.to_owned(), Value::Null)),
        Some((key, value)) => Ok((key.to_owned(), value.into())),
        None => Err(Failure::refused(
            "AOF-1600",
            format!("`{text}` is no entry"),
            "write KEY=VALUE, or KEY= to take it away",
        )
        .at("--metadata")),
    };
    texts.iter().map(entry).collect()
}
