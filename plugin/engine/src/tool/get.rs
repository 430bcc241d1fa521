//! `aof_task_get`: one task whole.

use aof_core::books::Kind;
use aof_core::budget::{Scope, standings};
use aof_core::caller::Context;
use aof_core::id::{RunId, TaskId};
use aof_core::index::Row;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::usage::Sum;
use aof_store::loaded::LoadedCard;
use aof_store::port::{Blob, EntryKind, Store, StoreError};
use aof_store::refusal::refusal_of;
use aof_store::run_record;
use serde::Deserialize;
use serde_json::Value;

use crate::change::load_one;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::poll::budget;
use crate::session::Session;
use crate::summary;
use crate::tool::answer::{self, Whole};
use crate::tool::target::Target;
use crate::view::of_sum;

/// Runs that are shown of a task, newest last.
const RUNS_MAX: usize = 100;

/// Arguments of `aof_task_get`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// Refuse a task of another project.
    project: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn get(&mut self, ctx: &Context, arguments: &Arguments) -> Result<Outcome, Refusal> {
        let target = Target {
            task_id: &arguments.task_id,
            project: arguments.project.as_ref(),
            actor: None,
        };
        let id = self.aim(ctx, &target)?;
        let (store, session) = self.at_hand()?;
        let loaded = load_one(store, session, &id)?;
        let card = loaded.card();
        let row = Row::of(&card, loaded.root().id().clone(), loaded.status());
        let path = loaded.root().card(loaded.status(), &id);
        let work_dir = match card.hop.as_deref() {
            Some(hop) => loaded.root().hop_dir(&hop.of, &hop.id),
            None => loaded.root().work_dir(&id),
        };
        let index = &session.shelf.index;
        let mut task = summary::of_whole(index, (&card, &row), (&path, &work_dir));
        let budgets = row.budget.as_deref().map(std::slice::from_ref);
        let books = (&session.books, ctx.now);
        let budgets = standings(Scope::Task(&id), budgets.unwrap_or_default(), books);
        let budgets = budgets.map(|standing| budget::json(&standing)).collect();
        task.insert("budgets".to_owned(), Value::Array(budgets));
        let books = usage_of(session, &id);
        let (runs, own) = runs_of(store, &loaded, &id).map_err(|error| refusal_of(&error))?;
        // Either may know less: the books of tasks long ago, the list of runs long ago.
        let used = books.filter(|sum| sum.runs >= own.runs).unwrap_or(own);
        task.insert("usage".to_owned(), of_sum(&used));
        task.insert("runs".to_owned(), Value::Array(runs));
        let warnings = loaded.warnings().iter().map(summary::of_finding).collect();
        task.insert("warnings".to_owned(), Value::Array(warnings));
        let value = answer::json(&Whole { task }).to_line();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}

/// What all runs of a task used, if the books still know it.
pub(crate) fn usage_of(session: &Session, id: &TaskId) -> Option<Sum> {
    let page = session.books.page(Kind::Task)?;
    Some(page.named.get(id.as_str())?.total)
}

fn runs_of<S: Store>(
    store: &mut S,
    loaded: &LoadedCard,
    id: &TaskId,
) -> Result<(Vec<Value>, Sum), StoreError> {
    let listings = store.list(&[loaded.root().runs_dir(id)], false)?;
    let mut runs: Vec<RunId> = listings
        .iter()
        .flat_map(|listing| &listing.entries)
        .filter(|entry| entry.kind == EntryKind::Directory)
        .filter_map(|entry| RunId::parse(&entry.name).ok())
        .collect();
    let surplus = runs.len().saturating_sub(RUNS_MAX);
    runs.drain(..surplus);
    let dirs: Vec<String> = runs
        .iter()
        .map(|run| loaded.root().run_dir(id, run))
        .collect();
    let paths: Vec<String> = dirs.iter().map(|dir| format!("{dir}/run.json")).collect();
    let blobs = store.read(&paths, run_record::BYTES_MAX)?;
    let known = dirs.iter().zip(blobs).filter_map(|(dir, blob)| match blob {
        Blob::Content { bytes, .. } => Some((run_record::decode(&bytes)?, dir)),
        Blob::Absent | Blob::Refused(_) | Blob::Unreadable(_) => None,
    });
    let (mut shown, mut sum) = (Vec::new(), Sum::default());
    for (run, dir) in known {
        sum = run
            .usage
            .as_ref()
            .map_or(sum, |usage| sum.plus(Sum::of(usage)));
        shown.push(run_record::to_json(&run, dir));
    }
    Ok((shown, sum))
}
