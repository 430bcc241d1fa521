//! The verbs of `aof config`.

use crate::command::Session;
use crate::exit::Ending;

use super::{show, validate};

/// What to do with the settings.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the settings that somebody set, and where each comes from
    Show(show::Args),
    /// Check aof.yaml, the environment and the flags as they are now
    Validate(validate::Args),
}

/// Carries the command out.
///
/// # Errors
/// What the command says.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Show(args) => show::run(args, session),
        Command::Validate(args) => validate::run(args, session),
    }
}
