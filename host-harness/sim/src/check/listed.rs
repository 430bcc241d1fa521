//! I20: a list has every task that fits, once, in the order of the ids.
//!
//! Reads the cards themselves. Invariant: tasks that a person's hand took part in may be in it or
//! not.

use aof_core::card::Card;
use aof_core::status::Status;
use serde_json::Value;

use super::Violation;
use super::disk::Disk;
use super::ledger::Ledger;

/// Compares all pages of a list with the cards as they were when it was asked for.
///
/// # Errors
/// What does not hold.
pub fn is_whole(
    disk: &Disk,
    ledger: &Ledger,
    filter: &Value,
    listed: &[String],
) -> Result<(), Violation> {
    let ours = |task: &&String| ledger.is_ours(task);
    let listed: Vec<&String> = listed.iter().filter(ours).collect();
    let fitting = disk.tasks().filter(|(_, files)| {
        let [file] = files.as_slice() else {
            return false;
        };
        let card = file.card.as_deref();
        card.is_some_and(|card| fits(card, file.status, filter))
    });
    let expected: Vec<&String> = fitting.map(|(task, _)| task).filter(ours).collect();
    if listed == expected {
        return Ok(());
    }
    let found = format!("the list by {filter} is {listed:?}, and {expected:?} fit");
    Err(Violation::new("I20", found))
}

fn fits(card: &Card, status: Status, filter: &Value) -> bool {
    let text = |key: &str| filter[key].as_str();
    let statuses = filter["status"].as_array();
    let is_wanted = match statuses {
        Some(wanted) => wanted.iter().any(|it| it == status.as_str()),
        None => !status.is_terminal(),
    };
    let holder = card.lease.as_ref().map(|lease| &lease.agent);
    let agent = holder.or(card.routing.agent.as_ref());
    let is_of = |wanted: &str| agent.is_some_and(|it| it.as_str() == wanted);
    let has_tag = |wanted: &str| card.routing.tags.iter().any(|tag| tag == wanted);
    is_wanted
        && text("agent").is_none_or(is_of)
        && text("tag").is_none_or(has_tag)
        && text("priority").is_none_or(|it| it == card.priority.as_str())
}
