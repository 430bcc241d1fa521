//! `aof org set`: one value of the chart.

use crate::exit::Ending;

use super::super::Session;
use super::save::{self, Sheet};

/// What to set.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keys and ids with dots between them: agents.ada.capabilities.concurrency
    #[arg(value_name = "PATH")]
    path: String,
    /// A number, true, false, null, a text, or [a, list] or {a: map} in YAML
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    /// Show what would change, and save nothing
    #[arg(long)]
    dry_run: bool,
}

/// Sets the value, if the chart is in order with it.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let sheet = Sheet::of(&session.data()?)?;
    let edit = (args.path.clone(), args.value.clone());
    let lint = save::examine(session, sheet.text(), Some(edit))?;
    save::admit(
        session,
        &lint,
        "give another value, or mend the rest first with `aof org edit`",
    )?;
    let after = lint.text.unwrap_or_default();
    let is_saved = !args.dry_run && after != sheet.text();
    if is_saved {
        sheet.save(&after)?;
    }
    save::account(session, (sheet.text(), &after), is_saved)?;
    Ok(Ending::Done)
}
