//! `aof task resurrect`.

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;

/// Which task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Brings a dead letter back.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, args.project.as_ref());
    change(session, "aof_task_resurrect", given, Aim::Not("deadletter"))
}
