//! `aof board`: all tasks by status.

use crate::access::{Need, View};
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::Session;

/// What to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// At most this many cards for each status
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Shows the board.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let view = View::Board {
        project: args.project.clone(),
        limit: args.limit,
    };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    let text = |width| render::board::board(&read(&answer, "board"), width);
    session.console.show(&answer, text)?;
    Ok(Ending::Done)
}
