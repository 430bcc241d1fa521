//! `aof usage`: tokens and cost, by who used them.

use clap::ValueEnum;

use crate::access::{Need, View};
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::Session;

/// By what usage is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Each task
    Task,
    /// Each project
    Project,
    /// Each team
    Team,
    /// Each agent
    Agent,
    /// Each model
    Model,
}

/// Within which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Window {
    /// Since the full hour, UTC
    Hour,
    /// Since midnight, UTC
    Day,
    /// Since Monday, UTC
    Week,
    /// Since the first of the month, UTC
    Month,
    /// Since the beginning
    Total,
}

/// What to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// By what it is summed
    #[arg(long, value_enum, default_value_t = By::Agent)]
    by: By,
    /// Since when
    #[arg(long, value_enum, default_value_t = Window::Total)]
    since: Window,
}

fn word<T: ValueEnum>(value: T) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Shows what was used.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let view = View::Usage {
        by: word(args.by),
        window: word(args.since),
    };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    let text = |width| render::usage::usage(&read(&answer, "usage"), width);
    session.console.show(&answer, text)?;
    Ok(Ending::Done)
}
