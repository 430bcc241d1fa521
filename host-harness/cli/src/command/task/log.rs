//! `aof task log`.

use std::path::PathBuf;

use crate::command::Session;
use crate::exit::Ending;

use super::answer::{Given, change};
use super::sure::Aim;
use super::text;

/// What to write down.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("entry").required(true))]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// What happened
    #[arg(value_name = "TEXT", group = "entry")]
    text: Option<String>,
    /// File with the text, or - for standard input
    #[arg(long, value_name = "FILE", group = "entry")]
    file: Option<PathBuf>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Adds an entry to the work log of the task.
///
/// # Errors
/// The text cannot be read, or the component refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let read = args.file.as_deref().map(text::read).transpose()?;
    let text = read.or_else(|| args.text.clone()).unwrap_or_default();
    let given = Given::about(&args.task, args.project.as_ref()).with("text", text);
    change(session, "aof_task_log", given, Aim::Once)
}
