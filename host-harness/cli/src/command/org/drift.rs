//! `aof org drift`: how the gateway differs from the chart.

use std::path::PathBuf;

use serde_json::Value;

use crate::access::OrgWord;
use crate::exit::Ending;
use crate::render;
use crate::shape::org::Drift;
use crate::shape::read as shaped;

use super::super::Session;
use super::{Subject, read};

/// Which chart, and which agents.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// The gateway's agents as JSON, `-` for standard input [default: what the executor knows]
    #[arg(long, value_name = "FILE")]
    fixture: Option<PathBuf>,
}

/// Compares; ends with code 6 if they differ.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let agents = args.fixture.as_deref().map(read).transpose()?;
    let agents = agents.map(|(_, text)| text);
    let answer = args.subject.ask(OrgWord::Drift, agents, session)?;
    let document = answer.get("org").unwrap_or(&Value::Null);
    let drift: Drift = shaped(document, "drift");
    session
        .console
        .show(document, |_| render::org::drift::report(&drift))?;
    Ok(if drift.items.is_empty() {
        Ending::Done
    } else {
        Ending::Unsound
    })
}
