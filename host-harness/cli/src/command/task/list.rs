//! `aof task list`.

use serde_json::json;

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{STATUSES, read};

use super::answer::Given;

/// Which tasks. All that is given must fit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only in this status; may be given several times [default: whatever is not finished]
    #[arg(long, value_name = "STATUS", value_parser = STATUSES)]
    status: Vec<String>,
    /// Finished tasks as well
    #[arg(long, conflicts_with = "status")]
    all: bool,
    /// Only of this agent
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Only for this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Only for this team
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// Only with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only this urgent
    #[arg(long, value_name = "PRIORITY")]
    priority: Option<String>,
    /// Only parts of this task
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Only with this text in the title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Only what stands where it is for longer than it may
    #[arg(long)]
    overdue: bool,
    /// Only of this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Go on behind the last page
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// Lists the tasks.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let statuses = if args.all {
        STATUSES.map(str::to_owned).to_vec()
    } else {
        args.status.clone()
    };
    let given = Given::default()
        .with_all("status", &statuses)
        .with_any("agent", args.agent.as_ref())
        .with_any("role", args.role.as_ref())
        .with_any("team", args.team.as_ref())
        .with_any("tag", args.tag.as_ref())
        .with_any("priority", args.priority.as_ref())
        .with_any("parentId", args.parent.as_ref())
        .with_any("title", args.title.as_ref())
        .with_any("project", args.project.as_ref())
        .with_any("cursor", args.cursor.as_ref())
        .with("overdue", args.overdue)
        .with("limit", args.limit);
    let arguments = given.into_value();
    let answer = session.ask(Need::Look, |access| {
        access.tool("aof_task_list", &arguments)
    })?;
    let counted = session.ask(Need::Look, |access| {
        access.tool("aof_status_report", &json!({"compact": true}))
    })?;
    session.console.show(&answer, |width| {
        render::task::list(&read(&answer, "list"), &read(&counted, "report"), width)
    })?;
    Ok(Ending::Done)
}
