//! The board: a column per status.

use std::collections::BTreeMap;

use aof_core::caller::Context;
use aof_core::gather::gathered;
use aof_core::id::{ProjectId, TaskId};
use aof_core::index::{Finished, Row};
use aof_core::json::ToLine as _;
use aof_core::order;
use aof_core::plan::{Scope, plan, waits_for};
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::loaded::load;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::poll::budget;
use crate::session::Session;
use crate::summary;

/// Cards per column, at most.
const LIMIT_MAX: u32 = 1_000;

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardQuery {
    /// Only this project.
    pub project: Option<String>,
    /// Cards per column, 1 to 1000.
    pub limit: u32,
}

impl<S: Store> Engine<S> {
    /// `{"board": {…}}`: unfinished cards by priority and age, finished ones newest first.
    ///
    /// # Errors
    /// `AOF-1008` for an unknown project; what the store says.
    pub fn board(&mut self, ctx: &Context, query: &BoardQuery) -> Result<String, Refusal> {
        let (store, session) = self.fresh()?;
        let project = query.project.as_deref().map(ProjectId::parse).transpose();
        let project = project.map_err(|error| Refusal::bad_id(&error, "project"))?;
        if let Some(project) = &project {
            session.root(project)?;
        }
        let limit = query.limit.clamp(1, LIMIT_MAX) as usize;
        let reasons = reasons(session, ctx, limit);
        let mut columns = Vec::new();
        for status in Status::ALL {
            let filter = (status, project.as_ref());
            let (count, cards) = if status.is_terminal() {
                finished(store, session, filter, limit)?
            } else {
                unfinished(session, filter, (limit, &reasons))
            };
            columns.push(json!({"status": status.as_str(), "count": count, "cards": cards}));
        }
        let index = &session.shelf.index;
        Ok(json!({"board": {
            "columns": columns,
            "counts": summary::counts(index),
            "running": index.running(),
            "quarantined": summary::of_quarantine(&session.shelf),
            "notices": summary::of_notices(&session.shelf),
            "budgets": near(session, ctx),
            "epoch": session.opening.epoch,
            "now": ctx.now.to_string(),
        }})
        .to_line())
    }
}

/// Budgets that are nearly spent, or are.
fn near(session: &Session, ctx: &Context) -> Vec<Value> {
    let all = budget::all(session, ctx.now);
    let near = all.iter().filter(|standing| standing.is_near());
    near.map(budget::json).collect()
}

type Filter<'a> = (Status, Option<&'a ProjectId>);

fn unfinished(
    session: &Session,
    (status, project): Filter<'_>,
    (limit, reasons): (usize, &BTreeMap<TaskId, String>),
) -> (usize, Vec<Value>) {
    let mut rows: Vec<(&TaskId, &Row)> = session
        .shelf
        .index
        .rows()
        .filter(|(_, row)| row.status == status)
        .filter(|(_, row)| project.is_none_or(|project| row.project == *project))
        .collect();
    order::sort_by_key(&mut rows, |(id, row)| (row.priority, row.created_at, *id));
    let cards = rows
        .iter()
        .take(limit)
        .map(|(id, row)| {
            let in_backlog = (status == Status::Backlog)
                .then(|| waits_for(&session.shelf.index, id, row))
                .flatten();
            with_reason(
                summary::of_row(id, row),
                reasons.get(*id).or(in_backlog.as_ref()),
            )
        })
        .collect();
    (rows.len(), cards)
}

/// Why ready cards wait, from the plan that a poll would carry out.
fn reasons(session: &Session, ctx: &Context, limit: usize) -> BTreeMap<TaskId, String> {
    let scope = Scope {
        waiting_max: limit,
        focus: None,
        dispatched: 0,
    };
    let ready = plan(&session.snapshot(ctx.now), scope).waiting;
    gathered(ready.into_iter().map(|wait| (wait.task, wait.reason)))
}

fn with_reason(mut card: Value, reason: Option<&String>) -> Value {
    if let (Some(fields), Some(reason)) = (card.as_object_mut(), reason) {
        fields.insert("reason".to_owned(), reason.as_str().into());
    }
    card
}

fn finished<S: Store>(
    store: &mut S,
    session: &Session,
    (status, project): Filter<'_>,
    limit: usize,
) -> Result<(usize, Vec<Value>), Refusal> {
    let fits = |finished: &Finished| {
        finished.status == status && project.is_none_or(|project| finished.project == *project)
    };
    let found: Vec<(&TaskId, &Finished)> = session
        .shelf
        .index
        .finished()
        .filter(|(_, finished)| fits(finished))
        .collect();
    let shown = found.iter().take(limit);
    let places: Result<Vec<_>, _> = shown.clone().map(|(id, _)| session.place(id)).collect();
    let cards = load(store, &places?)?;
    let cards = shown.zip(cards).map(|((id, finished), card)| match card {
        Ok(card) => summary::of_card(&card.card(), finished),
        Err(refusal) => json!({
            "id": id.as_str(), "title": "(unreadable)", "status": status.as_str(),
            "project": finished.project.as_str(), "reason": refusal.to_string(),
        }),
    });
    Ok((found.len(), cards.collect()))
}
