//! `aof task list`.

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{STATUSES, read};

use super::answer::Given;

/// Which tasks.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only in this status
    #[arg(long, value_name = "STATUS", value_parser = STATUSES)]
    status: Option<String>,
    /// Only of this agent
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Only of this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Lists the tasks.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let arguments = Given::default()
        .with_any("status", args.status.as_ref())
        .with_any("agent", args.agent.as_ref())
        .with_any("project", args.project.as_ref())
        .with("limit", args.limit)
        .into_value();
    let answer = session.ask(Need::Look, |access| {
        access.tool("aof_status_report", &arguments)
    })?;
    session.console.show(&answer, |width| {
        render::task::list(&read(&answer, "report"), width)
    })?;
    Ok(Ending::Done)
}
