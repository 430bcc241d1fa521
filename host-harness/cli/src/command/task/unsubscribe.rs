//! `aof task unsubscribe`.

use crate::command::Session;
use crate::exit::Ending;
use crate::render::text::clean;

use super::answer::Given;
use super::sure::{self, Aim};

/// Which subscription of which task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// What `aof task subscribe` answered; also in `aof task show --json`
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Lets nobody be told by this subscription any more.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, args.project.as_ref());
    let given = given
        .with("subscriptionId", args.subscription.as_str())
        .into_value();
    let answer = sure::call(session, "aof_task_unsubscribe", &given, Aim::Once)?;
    session.console.show(&answer, |_| {
        let task = answer.pointer("/task/taskId").and_then(|it| it.as_str());
        let (task, id) = (clean(task.unwrap_or("?")), clean(&args.subscription));
        format!("nobody is told of {task} by subscription {id} any more\n")
    })?;
    Ok(Ending::Done)
}
