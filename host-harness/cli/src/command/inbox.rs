//! `aof inbox`: what waits for a person, and what decides it.
//!
//! It only looks. Invariant: what cannot be read of a workflow shortens what is said of its hop; no
//! task that waits is left out for it.

mod item;

use serde_json::{Value, json};

use crate::access::{Access, Need};
use crate::exit::{Ending, Failure};
use crate::render;
use crate::shape::{Page, Summary, read};

use super::Session;
use item::Wholes;

/// Tasks that are asked for at a time.
const PAGE_MAX: u32 = 1_000;

/// What to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only of this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// At most so many, the oldest
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Shows what waits.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = session.ask(Need::Look, |access| gather(access, args))?;
    session
        .console
        .show(&answer, |_| render::inbox::inbox(&read(&answer, "inbox")))?;
    Ok(Ending::Done)
}

fn gather(access: &mut Access, args: &Args) -> Result<Value, Failure> {
    let mut waiting = waiting(access, args.project.as_ref())?;
    waiting.sort_by(|left, right| age(left).cmp(&age(right)));
    let mut wholes = Wholes::default();
    let oldest = waiting.iter().take(args.limit as usize);
    let items = oldest.map(|task| wholes.item(access, task));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "inbox": { "count": waiting.len(), "items": items } }))
}

/// The smaller one has waited for longer.
fn age(task: &Summary) -> (Option<&str>, &str) {
    (task.last_transition_at.as_deref(), &task.id)
}

/// All tasks that wait for a person.
fn waiting(access: &mut Access, project: Option<&String>) -> Result<Vec<Summary>, Failure> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let arguments = json!({
            "forPerson": true, "project": project, "limit": PAGE_MAX, "cursor": cursor,
        });
        let answer = access.tool("aof_task_list", &arguments)?;
        let mut page: Page = read(&answer, "list");
        found.append(&mut page.tasks);
        if page.next.is_none() {
            return Ok(found);
        }
        cursor = page.next;
    }
}
