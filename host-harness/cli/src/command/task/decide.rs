//! `aof approve`, `aof reject`, `aof choose`: a person decides a hop of a workflow.

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;

/// Which hop, and why it may pass.
#[derive(Debug, clap::Args)]
pub struct Approve {
    /// The task of the hop, or the task that carries the workflow if only one hop of it waits
    #[arg(value_name = "ID")]
    task: String,
    /// What those should know who go on with it
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
}

/// Which hop, and why it is not good enough.
#[derive(Debug, clap::Args)]
pub struct Reject {
    /// The task of the hop, or the task that carries the workflow if only one hop of it waits
    #[arg(value_name = "ID")]
    task: String,
    /// What is to be done better
    #[arg(long, value_name = "TEXT")]
    notes: String,
}

/// Which hop, and how it ends.
#[derive(Debug, clap::Args)]
pub struct Choose {
    /// The task of the hop, or the task that carries the workflow if only one hop of it waits
    #[arg(value_name = "ID")]
    task: String,
    /// One of the outcomes that the workflow waits for
    #[arg(value_name = "OUTCOME")]
    outcome: String,
    /// What those should know who go on with it
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
}

/// Lets the workflow go on.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn approve(args: &Approve, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, None).with_any("notes", args.notes.as_ref());
    change(session, "aof_task_complete", given, Aim::Once)
}

/// Sends the work back.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn reject(args: &Reject, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, None)
        .with("outcome", "rejected")
        .with("notes", args.notes.as_str());
    change(session, "aof_task_complete", given, Aim::Once)
}

/// Lets the workflow go on the way that was chosen.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn choose(args: &Choose, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, None)
        .with("outcome", args.outcome.as_str())
        .with_any("notes", args.notes.as_ref());
    change(session, "aof_task_complete", given, Aim::Once)
}
