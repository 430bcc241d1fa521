//! `aof task create`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::Value;

use crate::command::Session;
use crate::exit::{Ending, Failure};
use crate::span;

use super::answer::{Given, change};
use super::sure::Aim;
use super::text;

/// How urgent.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Priority {
    Low,
    Normal,
    High,
    Critical,
}

/// When a dependency counts as met.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DependencyPolicy {
    /// Once it is done
    Done,
    /// Once it is over, however it ended
    Terminal,
}

/// The new task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One line that says what is to be done
    #[arg(value_name = "TITLE")]
    title: String,
    /// What exactly is to be done, in Markdown [default: the title]
    #[arg(long, value_name = "TEXT")]
    brief: Option<String>,
    /// The same from a file, or from standard input with -
    #[arg(long, value_name = "FILE", conflicts_with = "brief")]
    brief_file: Option<PathBuf>,
    /// Agent that should do it
    #[arg(short, long, value_name = "AGENT")]
    agent: Option<String>,
    /// Team that should do it
    #[arg(short, long, value_name = "TEAM")]
    team: Option<String>,
    /// Role that should do it
    #[arg(short, long, value_name = "ROLE")]
    role: Option<String>,
    /// How urgent it is
    #[arg(short, long, value_enum, value_name = "PRIORITY")]
    priority: Option<Priority>,
    /// A word that describes the work (repeatable)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A task that must be done before (repeatable)
    #[arg(long, value_name = "ID")]
    depends_on: Vec<String>,
    /// When such a task counts as over [default: done]
    #[arg(long, value_enum, value_name = "POLICY")]
    dependency_policy: Option<DependencyPolicy>,
    /// The task that this one is a part of
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Something that no two running tasks may share
    #[arg(long, value_name = "KEY")]
    resource: Option<String>,
    /// How long a run may take, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = span::parse_ms)]
    timeout: Option<u64>,
    /// The workflow that it carries: a template of its project, or a file with a definition
    /// [default: the project's `defaultWorkflow`]
    #[arg(long, value_name = "NAME|FILE")]
    workflow: Option<String>,
    /// No workflow, whatever the project's default is
    #[arg(long, conflicts_with = "workflow")]
    no_workflow: bool,
    /// Let the agent that makes it be told how it ends
    #[arg(long)]
    subscribe: bool,
    /// A key of your own: made again with it, within a day, it is the same task
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Project that it belongs to
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// What is said of the workflow: a name, the text of a file, or that there is none.
fn workflow(args: &Args) -> anyhow::Result<Option<Value>> {
    let Some(given) = &args.workflow else {
        return Ok(args.no_workflow.then_some(Value::Bool(false)));
    };
    Ok(Some(workflow_of(given)?.into()))
}

/// The name of a template as it is, or the text of the file with a definition.
///
/// # Errors
/// The file cannot be read.
pub fn workflow_of(given: &str) -> Result<String, Failure> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match given.bytes().all(is_name) {
        true => Ok(given.to_owned()),
        false => text::read(Path::new(given)),
    }
}

/// Makes the task.
///
/// # Errors
/// The brief cannot be read, or the component refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let brief = match (&args.brief, &args.brief_file) {
        (Some(brief), _) => brief.clone(),
        (None, Some(path)) => text::read(path)?,
        (None, None) => args.title.clone(),
    };
    let priority = args
        .priority
        .and_then(|priority| priority.to_possible_value());
    let policy = args
        .dependency_policy
        .and_then(|policy| policy.to_possible_value());
    let given = Given::default()
        .with("title", args.title.as_str())
        .with("brief", brief)
        .with_any("agent", args.agent.as_ref())
        .with_any("team", args.team.as_ref())
        .with_any("role", args.role.as_ref())
        .with_any(
            "priority",
            priority.map(|value| value.get_name().to_owned()).as_ref(),
        )
        .with_all("tags", &args.tags)
        .with_all("dependsOn", &args.depends_on)
        .with_any(
            "dependencyPolicy",
            policy.map(|value| value.get_name().to_owned()).as_ref(),
        )
        .with_any("parentId", args.parent.as_ref())
        .with_any("resource", args.resource.as_ref())
        .with_any("timeoutMs", args.timeout.as_ref())
        .with_any("workflow", workflow(args)?.as_ref())
        .with_any("subscribe", args.subscribe.then_some("completion").as_ref())
        .with_any("idempotencyKey", args.idempotency_key.as_ref())
        .with_any("project", args.project.as_ref());
    change(session, "aof_dispatch", given, Aim::Once)
}
