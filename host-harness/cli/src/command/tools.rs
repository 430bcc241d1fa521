//! `aof tools`: what agents can call.

use crate::access::Need;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Tool, read};

use super::Session;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Lists the tools; with `--json` including their schemas.
///
/// # Errors
/// The component cannot be reached.
pub fn run(_args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = session.ask(Need::Look, crate::access::Access::tools)?;
    session.console.show(&answer, |_| {
        let tools: Vec<Tool> = read(&answer, "tools");
        render::tool::tools(&tools)
    })?;
    Ok(Ending::Done)
}
