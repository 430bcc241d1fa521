//! `aof task block`.

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;

/// Which task, and why.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Why it cannot go on
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Blocks the task.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given =
        Given::about(&args.task, args.project.as_ref()).with("reason", args.reason.as_str());
    change(session, "aof_task_block", given, Aim::Status("blocked"))
}
