//! Opening a store: configuration, recovery, org chart, outbox, adopted runs.

mod books;
mod file;
mod gap;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use aof_core::books::{Account, Entry};
use aof_core::caller::Context;
use aof_core::effect::Effect;
use aof_core::event::EventDraft;
use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::json::ToLine as _;
use aof_core::notification::Desk;
use aof_core::org::Method;
use aof_core::plan::Ledger;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunState};
use aof_store::event_log::Event;
use aof_store::journal::Journal;
use aof_store::layout::SETTINGS;
use aof_store::port::{Mode, Store, StoreError};
use aof_store::recovery::recover;
use aof_store::refusal::refusal_of;
use aof_store::shelf::Shelf;
use serde_json::json;

use crate::batches::Batches;
use crate::scope::Projects;
use crate::session::{Counters, Live, Session};
use crate::settings;
use crate::subscribe;
use crate::work::{MissingEvent, Work};
use gap::{missing_events, resume_log};

use books::begin_books;
pub(crate) use books::{read_books, recall_books};
pub(crate) use file::{read_chart, read_outbox, read_rules};
pub(crate) use run::read_live_runs;

/// How to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Without the writer's lock: views and dry runs only.
    pub read_only: bool,
    /// A JSON object laid over `aof.yaml`.
    pub overrides: Option<String>,
    /// A JSON object from the path of an override to where the host has it from.
    pub origins: Option<String>,
    /// The only projects that the session sees and touches; none for all.
    pub projects: Option<Vec<String>>,
}

/// A file that is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedFile {
    /// Where it lies.
    pub path: String,
    /// What is wrong with it.
    pub error: Refusal,
}

/// A run that a previous host left behind: one that holds a lease, or one that is over for its task
/// and of whose session nobody told the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedRun {
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// The run.
    pub run: RunId,
    /// Who works.
    pub agent: AgentId,
    /// Its session, if it was reported.
    pub session: Option<String>,
    /// Where its records lie.
    pub run_dir: String,
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opened {
    /// Fencing number of this writer.
    pub epoch: u64,
    /// The effective configuration as a JSON object.
    pub settings: String,
    /// What was mended, a line each.
    pub repaired: Vec<String>,
    /// Files that are not served.
    pub quarantined: Vec<QuarantinedFile>,
    /// Runs whose sessions the host should account for.
    pub adopted: Vec<AdoptedRun>,
    /// Effects that were recorded but never settled.
    pub effects: Vec<Effect>,
    /// What happened.
    pub events: Vec<Event>,
}

pub(crate) fn open<S: Store>(
    store: &mut S,
    ctx: &Context,
    config: &Config,
) -> Result<(Session, Opened), Refusal> {
    let mode = match config.read_only {
        true => Mode::Reader,
        false => Mode::Writer,
    };
    let stored = |error: &_| refusal_of(error);
    let opening = store.open(mode).map_err(|error| stored(&error))?;
    let (source, settings, warnings) = settings::read(store, config)?;
    let scope = Projects::parse(config.projects.as_deref())?;
    let mut recovered =
        recover(store, (!config.read_only).then_some(opening)).map_err(|error| stored(&error))?;
    scope.narrow(&mut recovered);
    recovered.shelf.notice(SETTINGS, warnings);
    let chart = read_chart(store, &mut recovered.shelf).map_err(|error| stored(&error))?;
    let outbox = read_outbox(store).map_err(|error| stored(&error))?;
    let (books, trouble) = read_books(store).map_err(|error| stored(&error))?;
    let (log, tail) = resume_log(store, opening.epoch, ctx).map_err(|error| stored(&error))?;
    let live = read_live_runs(store, &recovered.shelf, !config.read_only);
    let live = live.map_err(|error| stored(&error))?;
    let mut session = Session {
        opening,
        is_writer: !config.read_only,
        cursor: 0,
        shelf: recovered.shelf,
        projects: recovered.projects,
        chart: chart.unwrap_or_default(),
        settings,
        source,
        scope,
        deferred: subscribe::deferred(&outbox, ctx.now),
        outbox,
        asking: None,
        log,
        journal: Journal::default(),
        live,
        counters: Counters::default(),
        orphans: Vec::new(),
        announced: BTreeMap::new(),
        ledger: Ledger::default(),
        books,
        over: Vec::new(),
        spending: BTreeSet::new(),
        refusals_told: Vec::new(),
        desk: Desk::default(),
        idle_report: None,
        polled_at: ctx.now,
        wake_at: None,
        served: 0,
        hold: None,
        hold_told: None,
        quiet: Vec::new(),
        is_suspect: false,
        not_before: None,
        obstructed: BTreeMap::new(),
    };
    recall(store, &mut session).map_err(|error| stored(&error))?;
    let accounts = begin_books(store, &mut session, (trouble, &mut recovered.repairs));
    let accounts = accounts.map_err(|error| stored(&error))?;
    session.take_terms();
    session.shelf.index.find_cycles();
    let missing = missing_events(&session, &tail);
    let told = (accounts, recovered.repairs.as_slice(), missing);
    let events = announce(store, &mut session, ctx, told)?;
    let opened = report(&session, recovered.repairs, events);
    Ok((session, opened))
}

/// What follows from all that was read: whoever works now was served; the books know when somebody
/// was served last.
fn recall<S: Store>(store: &mut S, session: &mut Session) -> Result<(), StoreError> {
    session.read_rules(store)?;
    session.ledger.recall(&session.books);
    // Ids of runs sort by when they were made.
    let runs: Vec<Run> = session.live.values().map(|live| live.run.clone()).collect();
    for run in &runs {
        session.serve(run);
    }
    Ok(())
}

fn announce<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (accounts, repairs, missing): (Vec<Account>, &[String], Vec<MissingEvent>),
) -> Result<Vec<Event>, Refusal> {
    if !session.is_writer {
        return Ok(Vec::new());
    }
    session
        .checkpoint(store)
        .map_err(|error| refusal_of(&error))?;
    let mut batches = Batches::default();
    let mut work = Work::default();
    for account in accounts {
        work.book(Entry::Opened(account));
    }
    let startup = EventDraft::new("system.startup", json!({"epoch": session.opening.epoch}));
    work.event_of(session, ctx, (None, None), startup);
    batches.add(store, session, work)?;
    for line in repairs {
        let mut work = Work::default();
        let event = EventDraft::new("system.recovered", json!({"what": line}));
        work.event_of(session, ctx, (None, None), event);
        batches.add(store, session, work)?;
    }
    for event in missing {
        let mut work = Work::default();
        work.recovered(session, ctx, event);
        batches.add(store, session, work)?;
    }
    batches.flush(store, session)?;
    Ok(batches.done.events)
}

fn report(session: &Session, repaired: Vec<String>, events: Vec<Event>) -> Opened {
    // What is offered has no session that anybody could account for.
    let with_host = |live: &&Live| live.run.method != Some(Method::Cli);
    let adopted = session.live.values().filter(with_host);
    let adopted = adopted.filter_map(|live| {
        let run = &live.run;
        let root = session.shelf.root(&run.project)?;
        Some(AdoptedRun {
            project: run.project.clone(),
            task: run.task.clone(),
            run: run.id.clone(),
            agent: run.agent.clone(),
            session: run.session.clone(),
            run_dir: root.run_dir(&run.task, &run.id),
        })
    });
    let adopted = adopted.chain(books::unaccounted(session));
    Opened {
        epoch: session.opening.epoch,
        settings: settings::effective(&session.settings).to_line(),
        repaired,
        quarantined: quarantined(&session.shelf),
        adopted: adopted.collect(),
        effects: wanted_effects(session),
        events,
    }
}

/// Unsettled effects that still make sense: a spawn only as long as its run holds the lease. A run
/// whose card was committed but whose effect was not gets it from the card.
fn wanted_effects(session: &Session) -> Vec<Effect> {
    let recorded = session
        .outbox
        .open()
        .filter(|(key, _)| session.deferred.iter().all(|(_, later)| later != key))
        .filter_map(|(_, effect)| match effect {
            Effect::Spawn(spawn) => session
                .live
                .contains_key(&spawn.run)
                .then(|| effect.clone()),
            // Whoever is told about a task of another project is its own host.
            Effect::Notify(notify) => notify
                .task
                .as_ref()
                .is_none_or(|task| !session.scope.is_narrow() || knows(session, task))
                .then(|| effect.clone()),
            Effect::Cancel(_) => Some(effect.clone()),
        });
    let forgotten = session
        .live
        .values()
        .filter(|live| live.run.state == RunState::Requested)
        .filter(|live| session.outbox.start_of(&live.run.id).is_none())
        .filter_map(|live| crate::prompt::spawn_again(session, &live.run))
        // An offer that is not on record is nobody's: the host does not know the run either.
        .filter(|spawn| spawn.method() != Some(Method::Cli))
        .map(|spawn| Effect::Spawn(Box::new(spawn)));
    let is_cancel = |effect: &Effect| matches!(effect, Effect::Cancel(_));
    let all = recorded.chain(forgotten);
    let (mut wanted, others): (Vec<Effect>, Vec<Effect>) = all.partition(is_cancel);
    // A task's former session ends before its next one begins.
    wanted.extend(others);
    wanted
}

fn knows(session: &Session, task: &TaskId) -> bool {
    session.shelf.index.status(task).is_some()
}

/// Files that are not served, for reports.
pub(crate) fn quarantined(shelf: &Shelf) -> Vec<QuarantinedFile> {
    shelf
        .quarantine
        .iter()
        .filter_map(|(path, held)| {
            let error = Refusal::from(held.findings.first()?);
            Some(QuarantinedFile {
                path: path.clone(),
                error,
            })
        })
        .collect()
}
