//! `aof explain`: why a task runs, waits or stands where it stands.

use crate::access::Need;
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::Session;

/// Which task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
}

/// Shows the decision about the task.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = session.ask(Need::Look, |access| access.explain(&args.task))?;
    let text = |width| render::explain::decision(&read(&answer, "decision"), width);
    session.console.show(&answer, text)?;
    Ok(Ending::Done)
}
