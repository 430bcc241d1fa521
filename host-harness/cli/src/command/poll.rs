//! `aof poll`: one tick of the scheduler.

use crate::access::Need;
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::Session;

/// How to poll.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Polls once. Agents that are started go on by themselves.
///
/// # Errors
/// The component cannot be reached or fails.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let need = if args.dry_run { Need::Look } else { Need::Act };
    let answer = session.ask(need, |access| access.poll(args.dry_run))?;
    session.console.show(&answer, |width| {
        render::poll::poll(&read(&answer, "poll"), width)
    })?;
    Ok(Ending::Done)
}
