//! One card of AOF 1, as this version has it.
//!
//! Pure, and asks no clock: a lease of AOF 1 is over whatever its time says, because whoever held
//! it is not there any more. Invariant: converting twice is converting once.

use std::collections::BTreeMap;

use aof_core::card::Card;
use aof_core::id::{AgentId, ProjectId, TaskId};
use aof_core::metadata;
use aof_core::status::Status;
use serde_json::{Value, json};

use super::run::{Report, RunOfOne};

/// Where a renumbered card lay.
pub(super) const MIGRATED_FROM: &str = "migratedFrom";
/// How AOF 1 begins the reason when the dispatcher blocked a task.
const SPAWN_FAILED: &str = "spawn_failed";
/// Metadata of AOF 1: `false` lets a finished task skip the review.
const REVIEW_REQUIRED: &str = "reviewRequired";

/// What else is known about a card.
#[derive(Debug)]
pub(super) struct Circumstances<'c> {
    /// The project whose folder it will lie in.
    pub project: &'c ProjectId,
    /// The last run of AOF 1.
    pub run: Option<&'c RunOfOne>,
    /// Other names of agents.
    pub aliases: &'c BTreeMap<AgentId, AgentId>,
    /// New ids of tasks of the same store.
    pub names: &'c BTreeMap<TaskId, TaskId>,
}

/// The card as it should be, and what changes, a line each.
pub(super) fn convert(card: &Card, around: &Circumstances<'_>) -> (Card, Vec<String>) {
    let mut next = card.clone();
    let mut changes = Vec::new();
    rename(&mut next, around, &mut changes);
    if next.status.is_terminal() {
        return (next, changes);
    }
    if let Some(said) = &next.project
        && said != around.project
    {
        changes.push(format!("project: {said} → {}", around.project));
        next.project = Some(around.project.clone());
    }
    release(&mut next, around, &mut changes);
    let agent = next.routing.agent.as_ref();
    if let Some((alias, agent)) = agent.and_then(|alias| around.aliases.get_key_value(alias)) {
        changes.push(format!("routing.agent: {alias} → {agent}"));
        next.routing.agent = Some(agent.clone());
    }
    let is_counted = next.metadata.contains_key(metadata::ATTEMPTS);
    if around.run.is_some() && !next.status.is_terminal() && !is_counted {
        changes.push(format!("metadata.{}: 1", metadata::ATTEMPTS));
        next.metadata
            .insert(metadata::ATTEMPTS.to_owned(), json!(1));
    }
    retry(&mut next, &mut changes);
    (next, changes)
}

/// Follows tasks that have got another id.
fn rename(card: &mut Card, around: &Circumstances<'_>, changes: &mut Vec<String>) {
    let follow = |id: &mut TaskId, key: &str, changes: &mut Vec<String>| {
        if let Some(new) = around.names.get(id) {
            changes.push(format!("{key}: {id} → {new}"));
            *id = new.clone();
        }
    };
    for id in &mut card.depends_on {
        follow(id, "dependsOn", changes);
    }
    if let Some(id) = &mut card.parent_id {
        follow(id, "parentId", changes);
    }
}

/// Ends a lease that no run of this version holds.
fn release(card: &mut Card, around: &Circumstances<'_>, changes: &mut Vec<String>) {
    let is_ours = match &card.lease {
        Some(lease) => lease.run.is_some(),
        None => card.revision > 0,
    };
    if is_ours {
        return;
    }
    if card.status == Status::InProgress {
        let report = around.run.and_then(|run| run.report.as_ref());
        let next = settle(card, report);
        changes.push(format!("status: in-progress → {next}"));
        card.status = next;
    }
    if let Some(lease) = card.lease.take() {
        changes.push(format!("lease of {} removed", lease.agent));
    }
}

/// Where a task that was in progress goes: as its agent reported, else back.
fn settle(card: &mut Card, report: Option<&Report>) -> Status {
    let Some(report) = report else {
        return Status::Ready;
    };
    match report.outcome.as_str() {
        "done" if card.metadata.get(REVIEW_REQUIRED) == Some(&Value::Bool(false)) => Status::Done,
        "done" | "needs_review" | "partial" => Status::Review,
        "blocked" => {
            let reason = card.metadata.entry(metadata::BLOCK_REASON);
            reason.or_insert_with(|| json!(report.reason()));
            if let Some(at) = report.completed_at {
                let key = metadata::LAST_BLOCKED_AT.to_owned();
                card.metadata.insert(key, json!(at.to_string()));
            }
            Status::Blocked
        }
        _ => Status::Ready,
    }
}

/// AOF 1 tried such a task again by itself; this version does so where the card says when.
fn retry(card: &mut Card, changes: &mut Vec<String>) {
    let text = |key| card.metadata.get(key).and_then(Value::as_str);
    let by_dispatcher = text(metadata::BLOCK_REASON).is_some_and(|it| it.starts_with(SPAWN_FAILED));
    if card.status != Status::Blocked || !by_dispatcher || text(metadata::RETRY_AT).is_some() {
        return;
    }
    let since = text(metadata::LAST_BLOCKED_AT).and_then(aof_core::instant::Instant::parse);
    let at = since.unwrap_or(card.updated_at).to_string();
    changes.push(format!("metadata.{}: {at}", metadata::RETRY_AT));
    card.metadata
        .insert(metadata::RETRY_AT.to_owned(), json!(at));
}
