//! The verbs of `aof project`.

use crate::command::Session;
use crate::exit::Ending;

use super::{change, create, list};

/// What to do with a project.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a project
    Create(create::Args),
    /// Show all projects as a tree
    List(list::Args),
    /// Show one project
    Show(list::One),
    /// Dispatch nothing of a project and of those below it
    Pause(change::Args),
    /// Put a project away: nothing is dispatched, no new tasks
    Archive(change::Args),
    /// Let a project go on
    Resume(change::Args),
    /// Say what is wrong with projects: manifest, structure, hierarchy, tasks
    Lint(list::Some),
}

/// Carries the verb out.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Create(args) => create::run(args, session),
        Command::List(args) => list::all(args, session),
        Command::Show(args) => list::one(args, session),
        Command::Pause(args) => change::run(args, "paused", session),
        Command::Archive(args) => change::run(args, "archived", session),
        Command::Resume(args) => change::run(args, "active", session),
        Command::Lint(args) => list::lint(args, session),
    }
}
