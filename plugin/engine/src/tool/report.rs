//! `aof_status_report`: counts and lists.

use aof_core::caller::Context;
use aof_core::id::{AgentId, ProjectId, TaskId};
use aof_core::index::{Finished, Row};
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::loaded::{LoadedCard, load};
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::access::check_actor;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::summary;
use crate::tool::answer::{self, Report};
use crate::tool::arguments::{limit, name, status};

/// Arguments of `aof_status_report`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// Only tasks that this agent holds, or that name it.
    agent: Option<String>,
    /// Only tasks in this status; any of the eight.
    status: Option<String>,
    /// Counts only, no list.
    #[serde(default)]
    compact: bool,
    /// Tasks in the list, 1 to 1000; 50 if left out.
    limit: Option<usize>,
    /// Only tasks of this project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

struct Filter {
    agent: Option<AgentId>,
    status: Option<Status>,
    project: Option<ProjectId>,
    limit: usize,
}

impl<S: Store> Engine<S> {
    pub(super) fn report(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let filter = filter_of(arguments)?;
        let (store, session) = self.at_hand()?;
        if let Some(project) = &filter.project {
            session.root(project)?;
        }
        let (tasks, truncated) = if arguments.compact {
            (Vec::new(), false)
        } else {
            list(store, session, &filter)?
        };
        let index = &session.shelf.index;
        let mut report = Map::new();
        report.insert("total".to_owned(), index.total().into());
        report.insert("byStatus".to_owned(), summary::counts(index));
        report.insert("tasks".to_owned(), Value::Array(tasks));
        report.insert("truncated".to_owned(), truncated.into());
        report.insert(
            "quarantined".to_owned(),
            json!(summary::of_quarantine(&session.shelf)),
        );
        let value = answer::json(&Report { report }).to_line();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}

fn filter_of(arguments: &Arguments) -> Result<Filter, Refusal> {
    Ok(Filter {
        agent: name(arguments.agent.as_ref(), AgentId::parse, "agent")?,
        status: arguments.status.as_deref().map(status).transpose()?,
        project: name(arguments.project.as_ref(), ProjectId::parse, "project")?,
        limit: limit(arguments.limit)?,
    })
}

/// Unfinished tasks first; finished ones are read only as far as the list reaches.
fn list<S: Store>(
    store: &mut S,
    session: &Session,
    filter: &Filter,
) -> Result<(Vec<Value>, bool), Refusal> {
    let index = &session.shelf.index;
    let mut tasks: Vec<Value> = index
        .rows()
        .filter(|(_, row)| filter.fits_row(row))
        .take(filter.limit + 1)
        .map(|(id, row)| summary::of_row(id, row))
        .collect();
    if tasks.len() > filter.limit {
        tasks.truncate(filter.limit);
        return Ok((tasks, true));
    }
    let wanted = filter.limit - tasks.len();
    let mut finished = index
        .finished()
        .filter(|(_, finished)| filter.fits_finished(finished));
    loop {
        // One more than fits tells whether there is more.
        let chunk: Vec<(&TaskId, &Finished)> = finished.by_ref().take(wanted + 1).collect();
        let is_last = chunk.len() <= wanted;
        for card in read_finished(store, session, &chunk)?.into_iter().flatten() {
            if tasks.len() == filter.limit {
                return Ok((tasks, true));
            }
            let card = card.card();
            let is_wanted = filter
                .agent
                .as_ref()
                .is_none_or(|agent| card.routing.agent.as_ref() == Some(agent));
            if is_wanted && let Some(status) = index.status(&card.id) {
                let project = index.project(&card.id).cloned();
                let known = project.map(|project| Finished { project, status });
                tasks.extend(known.map(|finished| summary::of_card(&card, &finished)));
            }
        }
        if is_last {
            return Ok((tasks, false));
        }
    }
}

pub(super) fn read_finished<S: Store>(
    store: &mut S,
    session: &Session,
    chunk: &[(&TaskId, &Finished)],
) -> Result<Vec<Option<LoadedCard>>, Refusal> {
    let places: Result<Vec<_>, _> = chunk.iter().map(|(id, _)| session.place(id)).collect();
    Ok(load(store, &places?)?.into_iter().map(Result::ok).collect())
}

impl Filter {
    fn fits_row(&self, row: &Row) -> bool {
        let holder = row
            .lease
            .as_ref()
            .map(|lease| &lease.agent)
            .or(row.routing.agent.as_ref());
        self.status.is_none_or(|status| row.status == status)
            && self
                .project
                .as_ref()
                .is_none_or(|project| row.project == *project)
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| holder == Some(agent))
    }

    fn fits_finished(&self, finished: &Finished) -> bool {
        self.status.is_none_or(|status| finished.status == status)
            && self
                .project
                .as_ref()
                .is_none_or(|project| finished.project == *project)
    }
}
