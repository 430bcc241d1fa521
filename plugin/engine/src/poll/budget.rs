//! What a poll says of budgets: once that one is nearly spent, once that it is.
//!
//! Never keeps anything from being started; planning does. Invariant: a notice that was told is in
//! the books, and is not told again within its window as long as the limit stays as it is.

use aof_core::books::Entry;
use aof_core::budget::{Scope, Standing, standings};
use aof_core::caller::Context;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::gather::gathered;
use aof_core::instant::Instant;
use serde_json::{Value, json};

use crate::session::Session;
use crate::work::Work;

/// Every limit of the store, its projects, teams and agents.
pub(crate) fn all(session: &Session, now: Instant) -> Vec<Standing<'_>> {
    let books = (&session.books, now);
    let store = standings(Scope::Store, &session.settings.budgets, books);
    let mut found: Vec<Standing<'_>> = store.collect();
    for project in session.projects.values() {
        found.extend(standings(
            Scope::Project(&project.id),
            &project.budgets,
            books,
        ));
    }
    for team in session.chart.teams.iter() {
        found.extend(standings(Scope::Team(&team.id), &team.budgets, books));
    }
    for agent in session.chart.agents.iter() {
        found.extend(standings(Scope::Agent(&agent.id), &agent.budgets, books));
    }
    found
}

/// Those of tasks that used something lately.
fn of_tasks(session: &Session, now: Instant) -> Vec<Standing<'_>> {
    let rows = session.spending.iter();
    let rows = rows.filter_map(|task| Some((task, session.shelf.index.row(task)?)));
    let budgets = rows.filter_map(|(task, row)| Some((task, row.budget.as_deref()?)));
    let found = budgets.flat_map(|(task, budget)| {
        let books = (&session.books, now);
        standings(Scope::Task(task), std::slice::from_ref(budget), books)
    });
    found.collect()
}

/// Tells what was not told yet.
pub(super) fn tell(session: &mut Session, ctx: &Context, work: &mut Work) {
    let mut found = all(session, ctx.now);
    found.extend(of_tasks(session, ctx.now));
    let is_news =
        |standing: &Standing<'_>| standing.is_near() && !session.books.was_told(&notice(standing));
    found.retain(is_news);
    let news: Vec<News> = found.iter().map(News::of).collect();
    let tasks: Vec<_> = found.iter().filter_map(task_of).collect();
    // Until it is committed that people were told.
    session.spending = gathered(tasks);
    for news in news {
        news.tell(session, ctx, work);
    }
}

fn task_of(standing: &Standing<'_>) -> Option<aof_core::id::TaskId> {
    match standing.scope {
        Scope::Task(task) => Some(task.clone()),
        _ => None,
    }
}

/// What tells one notice from another: whose, which window, which limit, how bad.
fn notice(standing: &Standing<'_>) -> String {
    format!(
        "{}:{}:{}:{}:{}:{}:{}",
        level(standing),
        standing.scope.kind().as_str(),
        standing.scope.name(),
        standing.unit.as_str(),
        standing.max,
        standing.window.as_str(),
        standing.start().ms(),
    )
}

fn level(standing: &Standing<'_>) -> &'static str {
    if standing.is_spent() {
        "budget.exhausted"
    } else {
        "budget.alert"
    }
}

/// A limit as reports show it.
pub(crate) fn json(standing: &Standing<'_>) -> Value {
    json!({
        "scope": standing.scope.kind().as_str(),
        "name": standing.scope.name(),
        "unit": standing.unit.as_str(),
        "window": standing.window.as_str(),
        "used": standing.used,
        "max": standing.max,
        "percent": standing.percent(),
        "isNear": standing.is_near(),
        "isSpent": standing.is_spent(),
        "until": standing.until().map(|until| until.to_string()),
        "message": standing.to_string(),
    })
}

/// One notice, detached from what it is about.
struct News {
    level: &'static str,
    notice: String,
    until: Option<Instant>,
    about: (
        Option<aof_core::id::ProjectId>,
        Option<aof_core::id::TaskId>,
    ),
    payload: Value,
    message: String,
}

impl News {
    fn of(standing: &Standing<'_>) -> Self {
        let project = match standing.scope {
            Scope::Project(project) => Some(project.clone()),
            _ => None,
        };
        let tail = if standing.is_spent() {
            "; nothing more of it is started"
        } else {
            ""
        };
        News {
            level: level(standing),
            notice: notice(standing),
            until: standing.until(),
            about: (project, task_of(standing)),
            payload: json(standing),
            message: format!("{standing}{tail}"),
        }
    }

    fn tell(self, session: &mut Session, ctx: &Context, work: &mut Work) {
        let task = self.about.1.clone();
        let draft = EventDraft::new(self.level, self.payload);
        work.event_of(session, ctx, self.about, draft);
        work.effect(Effect::Notify(Notify {
            key: self.notice.clone(),
            severity: match self.level {
                "budget.exhausted" => Severity::Critical,
                _ => Severity::Warn,
            },
            audience: None,
            channel: None,
            task,
            message: self.message,
        }));
        work.book(Entry::Told {
            notice: self.notice,
            until: self.until,
            at: ctx.now,
        });
    }
}
