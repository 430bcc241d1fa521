//! `aof task update`.

use std::path::PathBuf;

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;
use super::text;

/// What to change.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Where it should stand
    #[arg(long, value_name = "STATUS", group = "change")]
    #[arg(value_parser = ["backlog", "ready", "in-progress", "blocked", "review", "done"])]
    status: Option<String>,
    /// File with the new text, or - for standard input
    #[arg(long, value_name = "FILE", group = "change")]
    body_file: Option<PathBuf>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Changes the task.
///
/// # Errors
/// The text cannot be read, or the component refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let body = args.body_file.as_deref().map(text::read).transpose()?;
    let given = Given::about(&args.task, args.project.as_ref())
        .with_any("status", args.status.as_ref())
        .with_any("body", body.as_ref())
        .with_any("reason", args.reason.as_ref());
    change(session, "aof_task_update", given, Aim::Once)
}
