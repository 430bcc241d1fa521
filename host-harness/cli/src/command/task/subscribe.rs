//! `aof task subscribe`.

use crate::command::Session;
use crate::exit::Ending;
use crate::render::text::clean;

use super::answer::Given;
use super::sure::{self, Aim};

/// Which task, and who is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Agent of the org chart that is told [default: the one that calls]
    #[arg(
        short,
        long,
        value_name = "AGENT",
        env = "AOF_AGENT_ID",
        hide_env = true
    )]
    agent: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Lets an agent be told how the task ends.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, args.project.as_ref());
    let given = given.with("subscriberId", args.agent.as_str()).into_value();
    let answer = sure::call(session, "aof_task_subscribe", &given, Aim::Once)?;
    session.console.show(&answer, |_| {
        let text = |name: &str| answer.pointer(name).and_then(|it| it.as_str());
        let task = clean(text("/task/taskId").unwrap_or("?"));
        let mut line = format!("{} is told how {task} ends", clean(&args.agent));
        if let Some(id) = text("/task/subscriptionId") {
            line += &format!(" (subscription {})", clean(id));
        }
        line + "\n"
    })?;
    Ok(Ending::Done)
}
