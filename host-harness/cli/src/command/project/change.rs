//! `aof project pause`, `archive` and `resume`.

use serde_json::json;

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Project, read};

/// Which project.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: String,
}

/// Gives the project another status.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, status: &str, session: &Session<'_>) -> anyhow::Result<Ending> {
    let arguments = json!({"project": args.project, "status": status});
    let answer = session.ask(Need::Act, |access| {
        access.tool("aof_project_status", &arguments)
    })?;
    session.console.show(&answer, |_| {
        render::project::line(&read::<Project>(&answer, "project"))
    })?;
    Ok(Ending::Done)
}
