//! `aof task cancel`.

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
    /// Why it is given up
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Gives the task up.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given =
        Given::about(&args.task, args.project.as_ref()).with_any("reason", args.reason.as_ref());
    change(session, "aof_task_cancel", given, Aim::Status("cancelled"))
}
