//! `aof config show`: the settings in force and where each value comes from.

use serde_json::{Value, json};

use crate::access::{Need, View};
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Settings, read};

/// What to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show the defaults too
    #[arg(long)]
    effective: bool,
}

/// What nobody set.
const DEFAULT: &str = "default";

/// Shows the settings of the daemon that works here, else those that a command would work under.
///
/// # Errors
/// The component cannot be reached, or the settings are wrong.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut answer = session.ask(Need::Look, |access| access.view(&View::Settings))?;
    if !args.effective {
        leave_defaults_out(&mut answer);
    }
    session.console.show(&answer, |width| {
        render::settings::settings(&read::<Settings>(&answer, "settings"), width)
    })?;
    Ok(Ending::Done)
}

fn leave_defaults_out(answer: &mut Value) {
    if let Some(values) = answer
        .pointer_mut("/settings/values")
        .and_then(Value::as_array_mut)
    {
        values.retain(|value| value.get("origin") != Some(&json!(DEFAULT)));
    }
}
