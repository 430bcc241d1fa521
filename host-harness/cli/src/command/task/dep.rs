//! `aof task dep`: what a task waits for.

use clap::Subcommand;

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;

/// What to do about a dependency.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let a task wait for another one
    Add(Args),
    /// Let it wait for that one no longer
    Remove(Args),
}

/// Which tasks.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task that waits
    #[arg(value_name = "ID")]
    task: String,
    /// The task that it waits for
    #[arg(value_name = "BLOCKER")]
    blocker: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Changes what the task waits for.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    let (tool, args) = match command {
        Command::Add(args) => ("aof_task_dep_add", args),
        Command::Remove(args) => ("aof_task_dep_remove", args),
    };
    let given = Given::about(&args.task, args.project.as_ref());
    let given = given.with("blockerId", args.blocker.as_str());
    change(session, tool, given, Aim::Once)
}
