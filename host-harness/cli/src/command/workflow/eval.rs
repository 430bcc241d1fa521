//! `aof workflow eval`: whether a condition holds.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::access::Need;
use crate::exit::{Ending, Failure};
use crate::render::workflow::trial;
use crate::shape::read as shaped;
use crate::shape::workflow::Trial;

use super::super::Session;
use super::{TOOL, read, read_named};

/// Which condition, and what it is about.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("about").required(true))]
pub struct Args {
    /// YAML or JSON such as '{op: has_tag, value: urgent}', a file with it, or - for standard input
    #[arg(value_name = "CONDITION")]
    condition: String,
    /// Look at a task
    #[arg(long, value_name = "ID", group = "about")]
    task: Option<String>,
    /// Look at facts in YAML or JSON: task, tags, flags, hops, events, files
    #[arg(long, value_name = "FILE", group = "about")]
    facts: Option<PathBuf>,
}

/// Tries it; whether it holds or not is no matter of the exit code.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let (path, condition) = condition(&args.condition)?;
    let facts = read_named(args.facts.as_ref())?;
    let arguments = json!({
        "condition": condition, "path": path, "facts": facts, "taskId": args.task,
    });
    let answer = match &args.task {
        Some(_) => session.ask(Need::Look, |access| access.tool(TOOL, &arguments))?,
        None => session.ask_anywhere(|access| access.tool(TOOL, &arguments))?,
    };
    let tried: Trial = shaped(&answer, "workflow");
    session.console.show(&answer, |_| trial::account(&tried))?;
    Ok(Ending::Done)
}

/// What to call the condition, and its text.
fn condition(text: &str) -> Result<(Option<String>, String), Failure> {
    let path = Path::new(text);
    if text == "-" || path.is_file() {
        return Ok((Some(text.to_owned()), read(path)?));
    }
    Ok((None, text.to_owned()))
}
