//! `aof task complete`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::command::Session;
use crate::exit::{Ending, Failure};

use super::answer::{Given, change};
use super::sure::Aim;
use super::text;

/// Which task, and what was done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// What was done, for the record
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Of a hop of a workflow: success, failed, rejected, or a word that the workflow waits for
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Of a hop: what those need to know who go on with it, or why the work is sent back
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Of a hop: a JSON object with any of verdict, confidence, payload, flags and events, from a
    /// file, or from standard input with -
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Finishes the task.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut given = Given::about(&args.task, args.project.as_ref())
        .with_any("summary", args.summary.as_ref())
        .with_any("outcome", args.outcome.as_ref())
        .with_any("notes", args.notes.as_ref());
    for (name, value) in result(args.result.as_deref())? {
        given = given.with(&name, value);
    }
    // What a hop came to must not be told twice.
    let aim = match (&args.outcome, &args.result) {
        (None, None) => Aim::Status("done"),
        _ => Aim::Once,
    };
    change(session, "aof_task_complete", given, aim)
}

/// The fields of a result. What they may be, the component says.
fn result(path: Option<&Path>) -> anyhow::Result<Map<String, Value>> {
    let Some(path) = path else {
        return Ok(Map::new());
    };
    let text = text::read(path)?;
    let fields = serde_json::from_str::<Map<String, Value>>(&text).map_err(|error| {
        let hint = "write an object with any of verdict, confidence, payload, flags and events";
        let message = format!("the result is no JSON object: {error}");
        Failure::refused("AOF-1602", message, hint).at(path.display().to_string())
    })?;
    Ok(fields)
}
