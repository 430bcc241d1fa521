//! `aof notifications`: what people would be told.

use serde_json::{Value, json};

use crate::access::{Need, View};
use crate::exit::{Ending, Failure};
use crate::render;
use crate::shape::notification::Trials;
use crate::shape::read;

use super::Session;

/// What to do with the notification rules.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say who would be told of an event and what, and tell nobody
    Test(Args),
}

/// Which event.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A type, or an event as JSON such as a line of the log; - for standard input [default: every
    /// type of event]
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
}

/// Tries the rules.
///
/// # Errors
/// The component cannot be reached, the rules cannot be used, or there is no such event.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    let Command::Test(args) = command;
    let event = args.event.as_deref().map(event).transpose()?;
    let view = View::Notifications { event };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    let trials: Trials = read(&answer, "notifications");
    session
        .console
        .show(&answer, |_| render::notification::trials(&trials))?;
    Ok(Ending::Done)
}

/// An event as JSON.
fn event(text: &str) -> Result<String, Failure> {
    let text = match text {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(|error| {
            let message = format!("cannot read standard input: {error}");
            Failure::refused("AOF-1602", message, "it must be text in UTF-8").at("-")
        })?,
        text => text.to_owned(),
    };
    let text = text.trim();
    Ok(match serde_json::from_str(text) {
        Ok(Value::Object(_)) => text.to_owned(),
        _ => json!({ "type": text }).to_string(),
    })
}
