//! `aof task show`.

use crate::access::{Need, View};
use crate::command::Session;
use crate::command::workflow::drawn_of;
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

/// Which task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Draw its workflow with how its hops stand
    #[arg(long)]
    workflow: bool,
}

/// Shows the task, or its workflow.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    if args.workflow {
        return drawn_of(&args.task, session);
    }
    let view = View::Task {
        id: args.task.clone(),
    };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    session.console.show(&answer, |_| {
        render::task::detail(&read(&answer, "task"), &read(&answer, "task"))
    })?;
    Ok(Ending::Done)
}
