//! `aof_task_list`: tasks by filter, a page at a time.
//!
//! In the order of their ids, which no change moves: between two pages nothing is repeated, and
//! nothing that was there before is left out.

use std::collections::BTreeSet;

use aof_core::caller::Context;
use aof_core::gather::gathered;
use aof_core::id::{AgentId, ProjectId, RoleId, TaskId, TeamId};
use aof_core::index::{Finished, Row, TaskIndex};
use aof_core::json::ToLine as _;
use aof_core::plan::for_people;
use aof_core::priority::Priority;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::port::Store;
use serde::Deserialize;

use crate::access::check_actor;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::summary;
use crate::tool::answer::{self, List, Page};
use crate::tool::arguments::{limit, line, name, priority, status};
use crate::tool::report::read_finished;

/// Finished cards that one page reads: they are not kept in memory.
const FINISHED_READ_MAX: usize = 1_000;

/// Arguments of `aof_task_list`. All that are given must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// In one of these statuses; those that are not finished if left out.
    #[serde(default)]
    status: Vec<String>,
    /// Held by this agent, or naming it.
    agent: Option<String>,
    /// Naming this role.
    role: Option<String>,
    /// Naming this team.
    team: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// critical, high, normal (medium) or low.
    priority: Option<String>,
    /// Parts of this task: an id or a prefix that fits no other.
    parent_id: Option<String>,
    /// With this text in the title; small and capital letters are the same.
    title: Option<String>,
    /// Standing where they are for longer than they may.
    #[serde(default)]
    overdue: bool,
    /// Waiting for a person: asked, handed in, or for a role that is a person's.
    #[serde(default)]
    for_person: bool,
    /// Of this project.
    project: Option<String>,
    /// Tasks in the page, 1 to 1000; 50 if left out.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

struct Filter<'i> {
    statuses: Vec<Status>,
    agent: Option<AgentId>,
    role: Option<RoleId>,
    team: Option<TeamId>,
    tag: Option<String>,
    priority: Option<Priority>,
    parent: Option<TaskId>,
    /// In small letters.
    title: Option<String>,
    project: Option<ProjectId>,
    overdue: Option<BTreeSet<&'i TaskId>>,
    /// What is in review besides.
    for_person: Option<BTreeSet<&'i TaskId>>,
}

impl<S: Store> Engine<S> {
    pub(super) fn list(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let limit = limit(arguments.limit)?;
        let cursor = name(arguments.cursor.as_ref(), TaskId::parse, "cursor")?;
        let (store, session) = self.at_hand()?;
        let filter = filter_of(session, ctx, arguments)?;
        let list = page(store, session, (&filter, limit, cursor.as_ref()))?;
        let value = answer::json(&List { list }).to_line();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}

fn filter_of<'i>(
    session: &'i Session,
    ctx: &Context,
    arguments: &Arguments,
) -> Result<Filter<'i>, Refusal> {
    let project = name(arguments.project.as_ref(), ProjectId::parse, "project")?;
    if let Some(project) = &project {
        session.root(project)?;
    }
    let parent = arguments.parent_id.as_deref().map(|id| session.resolve(id));
    let text = |text: Option<&String>, field: &str| {
        let text = text.map(|text| line(text, field).map(str::to_owned));
        text.transpose()
    };
    let statuses = arguments.status.iter().map(|text| status(text));
    let overdue = arguments.overdue.then(|| {
        let overdue = session.shelf.index.overdue(ctx.now);
        overdue.map(|(id, _)| id).collect()
    });
    let for_person = arguments.for_person.then(|| {
        let ready = for_people(&session.snapshot(ctx.now));
        gathered(ready)
    });
    Ok(Filter {
        statuses: statuses.collect::<Result<_, _>>()?,
        agent: name(arguments.agent.as_ref(), AgentId::parse, "agent")?,
        role: name(arguments.role.as_ref(), RoleId::parse, "role")?,
        team: name(arguments.team.as_ref(), TeamId::parse, "team")?,
        tag: text(arguments.tag.as_ref(), "tag")?,
        priority: arguments.priority.as_deref().map(priority).transpose()?,
        parent: parent
            .transpose()
            .map_err(|refusal| refusal.at("parentId"))?,
        title: text(arguments.title.as_ref(), "title")?.map(|text| text.to_lowercase()),
        project,
        overdue,
        for_person,
    })
}

/// Reads on until the page is full, nothing is left, or enough finished cards were read.
fn page<S: Store>(
    store: &mut S,
    session: &Session,
    (filter, limit, after): (&Filter<'_>, usize, Option<&TaskId>),
) -> Result<Page, Refusal> {
    let index = &session.shelf.index;
    let mut candidates = filter.candidates(index, after).peekable();
    let mut page = Page::default();
    let mut left_to_read = FINISHED_READ_MAX;
    while page.tasks.len() < limit && left_to_read > 0 {
        let count = (limit - page.tasks.len()).min(left_to_read);
        let batch: Vec<Candidate<'_>> = candidates.by_ref().take(count).collect();
        let finished: Vec<(&TaskId, &Finished)> = batch.iter().filter_map(finished).collect();
        let mut cards = read_finished(store, session, &finished)?.into_iter();
        left_to_read -= finished.len();
        for candidate in &batch {
            let shown = match candidate {
                Candidate::Row(id, row) => Some(summary::of_row(id, row)),
                Candidate::Finished(id, finished) => {
                    let card = cards.next().flatten();
                    let row = card.map(|card| {
                        let (project, status) = (finished.project.clone(), finished.status);
                        Row::of(&card.card(), project, status)
                    });
                    let row = row.filter(|row| filter.fits(id, row));
                    row.map(|row| summary::of_row(id, &row))
                }
            };
            page.tasks.extend(shown);
        }
        let last = batch.last().map(|candidate| candidate.id().to_string());
        page.next = last.filter(|_| candidates.peek().is_some());
        if page.next.is_none() {
            break;
        }
    }
    Ok(page)
}

/// A task that may be in the list: one that fits, or one whose card has to be read for that.
enum Candidate<'i> {
    Row(&'i TaskId, &'i Row),
    Finished(&'i TaskId, &'i Finished),
}

impl<'i> Candidate<'i> {
    const fn id(&self) -> &'i TaskId {
        match self {
            Candidate::Row(id, _) | Candidate::Finished(id, _) => id,
        }
    }
}

fn finished<'i>(candidate: &Candidate<'i>) -> Option<(&'i TaskId, &'i Finished)> {
    match candidate {
        Candidate::Row(..) => None,
        Candidate::Finished(id, finished) => Some((id, finished)),
    }
}

impl Filter<'_> {
    /// Whatever may fit behind `after`, in the order of the ids.
    fn candidates<'i>(
        &self,
        index: &'i TaskIndex,
        after: Option<&TaskId>,
    ) -> impl Iterator<Item = Candidate<'i>> {
        let rows = index.rows_after(after);
        let mut rows = rows.filter(|(id, row)| self.fits(id, row)).peekable();
        // Nobody finished is overdue, or waits for anybody.
        let is_open = self.overdue.is_some() || self.for_person.is_some();
        let reads = !is_open && self.statuses.iter().any(|it| it.is_terminal());
        let finished = reads.then(|| index.finished_after(after));
        let finished = finished.into_iter().flatten();
        let fits = |finished: &Finished| {
            self.statuses.contains(&finished.status) && is(self.project.as_ref(), &finished.project)
        };
        let mut finished = finished.filter(move |(_, it)| fits(it)).peekable();
        std::iter::from_fn(move || match (rows.peek(), finished.peek()) {
            (Some((row, _)), Some((other, _))) if row > other => next_finished(&mut finished),
            (None, Some(_)) => next_finished(&mut finished),
            _ => rows.next().map(|(id, row)| Candidate::Row(id, row)),
        })
    }

    fn fits(&self, id: &TaskId, row: &Row) -> bool {
        let held = row.lease.as_ref().map(|lease| &lease.agent);
        let agent = held.or(row.routing.agent.as_ref());
        let has_tag = |tag: &String| row.routing.tags.contains(tag);
        let has_title = |text: &String| row.title.to_lowercase().contains(text);
        let waits = |ids: &BTreeSet<&TaskId>| row.status == Status::Review || ids.contains(id);
        (self.statuses.is_empty() || self.statuses.contains(&row.status))
            && is(self.project.as_ref(), &row.project)
            && is_some(self.agent.as_ref(), agent)
            && is_some(self.role.as_ref(), row.routing.role.as_ref())
            && is_some(self.team.as_ref(), row.routing.team.as_ref())
            && is_some(self.parent.as_ref(), row.parent_id.as_deref())
            && is(self.priority.as_ref(), &row.priority)
            && self.tag.as_ref().is_none_or(has_tag)
            && self.title.as_ref().is_none_or(has_title)
            && self.overdue.as_ref().is_none_or(|ids| ids.contains(id))
            && self.for_person.as_ref().is_none_or(waits)
    }
}

fn next_finished<'i>(
    finished: &mut impl Iterator<Item = (&'i TaskId, &'i Finished)>,
) -> Option<Candidate<'i>> {
    finished
        .next()
        .map(|(id, finished)| Candidate::Finished(id, finished))
}

/// Whether something is what is asked for, if anything is.
fn is<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}

fn is_some<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
    wanted.is_none() || wanted == found
}
