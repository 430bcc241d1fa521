//! `aof events`: what happened on a day.

use crate::access::{Need, View};
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::Session;

/// Which events.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only of this task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// UTC day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<String>,
    /// Skip the first N of the day
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Shows the events.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let view = View::Events {
        day: args.day.clone(),
        task: args.task.clone(),
        offset: args.offset,
        limit: args.limit,
    };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    let next = answer.get("next").and_then(serde_json::Value::as_u64);
    session.console.show(&answer, |width| {
        let events: Vec<crate::shape::Event> = read(&answer, "events");
        let more = next
            .map(|next| format!("more with --offset {next}\n"))
            .unwrap_or_default();
        render::event::events(&events, width) + &more
    })?;
    Ok(Ending::Done)
}
