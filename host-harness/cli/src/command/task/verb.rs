//! The verbs of `aof task`.

use clap::Subcommand;

use crate::command::Session;
use crate::exit::Ending;

use super::{
    block, cancel, complete, create, dep, edit, heartbeat, list, log, promote, resurrect, show,
    subscribe, unblock, unsubscribe, update,
};

/// What to do with a task.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a task
    Create(Box<create::Args>),
    /// List tasks
    List(Box<list::Args>),
    /// Show one task with its runs and its text
    Show(show::Args),
    /// Change the status or the text of a task
    Update(update::Args),
    /// Change what a task is: its title, its urgency, whom it is for
    Edit(Box<edit::Args>),
    /// Write into the work log of a task
    Log(log::Args),
    /// Say that a run is at work
    Heartbeat(heartbeat::Args),
    /// Finish a task
    Complete(complete::Args),
    /// Say that a task cannot go on
    Block(block::Args),
    /// Let a blocked task go on
    Unblock(unblock::Args),
    /// Give a task up
    Cancel(cancel::Args),
    /// Let a task of the backlog start
    Promote(promote::Args),
    /// Bring a dead letter back
    Resurrect(resurrect::Args),
    /// Let an agent be told how a task ends
    Subscribe(subscribe::Args),
    /// Take such a subscription back
    Unsubscribe(unsubscribe::Args),
    /// Change what a task waits for
    #[command(subcommand)]
    Dep(dep::Command),
}

/// Carries the verb out.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Create(args) => create::run(args, session),
        Command::List(args) => list::run(args, session),
        Command::Show(args) => show::run(args, session),
        Command::Update(args) => update::run(args, session),
        Command::Edit(args) => edit::run(args, session),
        Command::Log(args) => log::run(args, session),
        Command::Heartbeat(args) => heartbeat::run(args, session),
        Command::Complete(args) => complete::run(args, session),
        Command::Block(args) => block::run(args, session),
        Command::Unblock(args) => unblock::run(args, session),
        Command::Cancel(args) => cancel::run(args, session),
        Command::Promote(args) => promote::run(args, session),
        Command::Resurrect(args) => resurrect::run(args, session),
        Command::Subscribe(args) => subscribe::run(args, session),
        Command::Unsubscribe(args) => unsubscribe::run(args, session),
        Command::Dep(command) => dep::run(command, session),
    }
}
