//! `aof task complete`.

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;

/// Which task, and what was done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// What was done, for the record
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Finishes the task.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given =
        Given::about(&args.task, args.project.as_ref()).with_any("summary", args.summary.as_ref());
    change(session, "aof_task_complete", given, Aim::Status("done"))
}
