//! `aof task heartbeat`.

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render::text::clean;

use super::answer::Given;

/// Which task.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID")]
    task: String,
    /// Its project, if the id alone is not unique
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

/// Says that the run that holds the task is at work.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = Given::about(&args.task, args.project.as_ref()).into_value();
    let answer = session.ask(Need::Act, |access| {
        access.tool("aof_task_heartbeat", &given)
    })?;
    session.console.show(&answer, |_| {
        let text = |name: &str| {
            let value = answer.pointer(&format!("/lease/{name}"));
            clean(value.and_then(|it| it.as_str()).unwrap_or("?"))
        };
        format!("{} is held until {}\n", text("taskId"), text("expiresAt"))
    })?;
    Ok(Ending::Done)
}
