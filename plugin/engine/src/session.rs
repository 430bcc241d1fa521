//! Everything that is known while a store is open.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::books::{Books, Entry};
use aof_core::effect::Effect;
use aof_core::id::{ProjectId, RunId, TaskId, TeamId};
use aof_core::instant::Instant;
use aof_core::notification::Desk;
use aof_core::org::{Method, OrgChart};
use aof_core::plan::{Ledger, Snapshot, served};
use aof_core::project::Project;
use aof_core::refusal::Refusal;
use aof_core::run::Run;
use aof_core::settings::Settings;
use aof_core::subscription::PAUSE_MS;
use aof_store::event_log::EventLog;
use aof_store::journal::{Journal, checkpoint, retire};
use aof_store::layout::ProjectRoot;
use aof_store::loaded::Place;
use aof_store::outbox::Outbox;
use aof_store::port::{Opening, Store, StoreError};
use aof_store::request::RequestKey;
use aof_store::shelf::Shelf;

use crate::hold::Hold;
use crate::scope::Projects;
use crate::settings::Source;

/// A run that holds a lease, with the moment of its last written renewal.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) run: Run,
    pub(crate) renewed_at: Instant,
}

/// Counts since opening.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) polls: u64,
    pub(crate) dispatches: u64,
    pub(crate) completions: u64,
    pub(crate) failures: u64,
}

/// A call that is being answered and can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) key: RequestKey,
    /// Fingerprint of its arguments.
    pub(crate) digest: String,
    pub(crate) at: Instant,
}

/// An open store.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) opening: Opening,
    pub(crate) is_writer: bool,
    pub(crate) cursor: u64,
    pub(crate) shelf: Shelf,
    pub(crate) projects: BTreeMap<ProjectId, Project>,
    pub(crate) chart: OrgChart,
    pub(crate) settings: Settings,
    /// What polls did so far, for the next one.
    pub(crate) ledger: Ledger,
    /// What was used.
    pub(crate) books: Books,
    /// Runs whose sessions are over and used nothing more: their accounts are closed by whatever is
    /// committed next. If that is lost, the next opening asks the host about them once more.
    pub(crate) over: Vec<RunId>,
    /// Tasks that used something since people were last told about budgets.
    pub(crate) spending: BTreeSet<TaskId>,
    /// What the settings are made of.
    pub(crate) source: Source,
    /// The projects that are seen.
    pub(crate) scope: Projects,
    pub(crate) outbox: Outbox,
    /// Keys in it that are not to be handed out before their time.
    pub(crate) deferred: Vec<(Instant, String)>,
    /// The call that is being answered, if it can be repeated.
    pub(crate) asking: Option<Asking>,
    pub(crate) log: EventLog,
    /// Where commits are recorded; nowhere in a reader.
    pub(crate) journal: Journal,
    pub(crate) live: BTreeMap<RunId, Live>,
    pub(crate) counters: Counters,
    /// Runs whose cards somebody moved away; their sessions are still to be ended.
    pub(crate) orphans: Vec<Live>,
    /// Why a task found nobody, as last announced: said once, not in every poll.
    pub(crate) announced: BTreeMap<TaskId, String>,
    /// Files of which somebody was told that they cannot be used.
    pub(crate) refusals_told: Vec<&'static str>,
    /// What people are told by rules of their own.
    pub(crate) desk: Desk,
    /// The last report, as long as a new poll could only repeat it.
    pub(crate) idle_report: Option<String>,
    /// Why nothing is started just now, if so.
    pub(crate) hold: Option<Hold>,
    /// The reason why nothing could be started, as people were last told.
    pub(crate) hold_told: Option<String>,
    /// Runs that were decided since opening and have called no tool yet.
    pub(crate) quiet: Vec<RunId>,
    /// A commit failed and may have come half way: the disk must be looked at anew.
    pub(crate) is_suspect: bool,
    /// Dispatches since the present poll began, whatever became of its commits.
    pub(crate) served: u32,
    /// When it was that a poll last looked around.
    pub(crate) polled_at: Instant,
    /// When an interval is over that keeps a ready task back.
    pub(crate) wake_at: Option<Instant>,
    /// After an action was refused: when to try it again.
    pub(crate) not_before: Option<Instant>,
    /// Tasks that a poll could not move, each with the path of the file that was in the way. Known
    /// until something changes there.
    pub(crate) obstructed: BTreeMap<TaskId, String>,
}

impl Session {
    /// Lets the journal begin anew: nothing that was committed so far depends on the old part.
    pub(crate) fn checkpoint<S: Store>(&mut self, store: &mut S) -> Result<(), StoreError> {
        let made = checkpoint(store, self.opening, (&self.outbox, &self.books, &self.log));
        self.is_suspect |= made.as_ref().is_err_and(StoreError::may_be_half_done);
        self.journal = made?;
        Ok(())
    }

    /// Notes that a commit was refused. If its record is in the journal all the same, it is the
    /// next call that finishes it.
    pub(crate) fn refused<S: Store>(&mut self, store: &mut S, error: &StoreError) {
        self.is_suspect |= match error {
            StoreError::StaleEpoch(_) => false,
            error if error.may_be_half_done() => true,
            _ => self.journal.has_grown(store).unwrap_or(true),
        };
    }

    /// Takes the journal away before the store is given up, so that the next one to open it has
    /// nothing to recover.
    pub(crate) fn retire<S: Store>(&self, store: &mut S) -> Result<(), StoreError> {
        if !self.is_writer || self.is_suspect {
            return Ok(());
        }
        retire(store, self.opening.epoch, &self.journal)
    }

    /// When a poll can next have something to do without any news.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let is_free = |task: &TaskId| !self.obstructed.contains_key(task);
        let due = self.shelf.index.next_due(is_free);
        let due = due.map(|due| self.not_before.map_or(due, |pause| due.max(pause)));
        let pause = self.hold.as_ref().and_then(|hold| hold.until);
        let deferred = self.deferred.iter().map(|(at, _)| *at).min();
        let others = pause.into_iter().chain(self.wake_at).chain(deferred);
        due.into_iter().chain(others).chain(self.desk.due()).min()
    }

    /// Lets the next poll hand out what was recorded on the way to another answer.
    pub(crate) fn hand_out_later(&mut self, effects: &[Effect], now: Instant) {
        let keys = effects.iter().map(|effect| (now, effect.key()));
        self.deferred.extend(keys);
    }

    /// The clock may have been set back since the last poll: then nothing waits for a moment that
    /// lies further ahead than it may, and whatever was planned for one is planned anew.
    pub(crate) fn rewind(&mut self, now: Instant) {
        if now < self.polled_at {
            self.desk.rewind(now);
            let latest = now.plus_ms(PAUSE_MS);
            for (due, _) in &mut self.deferred {
                *due = latest.min(*due);
            }
            self.not_before = None;
            self.idle_report = None;
        }
        self.polled_at = now;
    }

    /// What planning may look at.
    pub(crate) fn snapshot(&self, now: Instant) -> Snapshot<'_> {
        Snapshot {
            index: &self.shelf.index,
            chart: &self.chart,
            projects: &self.projects,
            obstructed: &self.obstructed,
            ledger: &self.ledger,
            books: &self.books,
            budgets: &self.settings.budgets,
            settings: &self.settings.scheduler,
            hold: self.hold.as_ref().map(|hold| hold.reason.as_str()),
            now,
        }
    }

    /// Takes entries of the books in that were committed.
    pub(crate) fn take_entries(&mut self, entries: &[(u64, Entry)]) {
        for (seq, entry) in entries {
            self.books.take(*seq, entry);
            if let Entry::Used { run, .. } = entry {
                let open = self.books.account(run);
                let account = open.map(|open| &open.account);
                let task = account.map(|account| account.task.clone());
                let whole = account.and_then(|account| account.whole.clone());
                self.spending.extend(task.into_iter().chain(whole));
            }
        }
    }

    /// Whether the task is offered to a person or a command-line agent.
    pub(crate) fn is_offered(&self, task: &TaskId) -> bool {
        let mut runs = self.live.values().map(|live| &live.run);
        runs.any(|run| run.task == *task && run.method == Some(Method::Cli))
    }

    /// Notes that work was given to an agent.
    pub(crate) fn serve(&mut self, run: &Run) {
        let Session {
            ledger,
            shelf,
            chart,
            projects,
            served: count,
            ..
        } = self;
        let row = shelf.index.row(&run.task);
        if let Some((row, project)) = row.zip(projects.get(&run.project)) {
            let served = served(chart, project, &row.routing, &run.agent);
            ledger.served(served, run.requested_at);
            *count = count.saturating_add(1);
        }
    }

    /// The one task that `text` names: a whole id or a prefix that fits no other.
    pub(crate) fn resolve(&self, text: &str) -> Result<TaskId, Refusal> {
        if let Ok(id) = TaskId::parse(text)
            && self.shelf.index.status(&id).is_some()
        {
            return Ok(id);
        }
        let found = if text.is_empty() {
            Vec::new()
        } else {
            self.shelf.index.with_prefix(text, 6)
        };
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(self.not_found(text)),
            several => {
                let names: Vec<&str> = several.iter().take(5).map(TaskId::as_str).collect();
                let more = if several.len() > 5 { ", …" } else { "" };
                Err(Refusal::refused(
                    "AOF-1006",
                    format!("`{text}` fits more than one task"),
                    &format!("give more of the id: {}{more}", names.join(", ")),
                )
                .at("taskId"))
            }
        }
    }

    fn not_found(&self, text: &str) -> Refusal {
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        let aside = self
            .shelf
            .quarantine
            .iter()
            .find(|(_, held)| held.id.as_ref().is_some_and(|id| id.as_str() == text));
        match aside {
            Some((path, held)) => {
                let why = held
                    .findings
                    .first()
                    .map_or(String::new(), ToString::to_string);
                Refusal::refused(
                    "AOF-1007",
                    format!("the card of {shown} is set aside: {why}"),
                    "mend the file; it is taken in again as soon as it is saved",
                )
                .at(path.clone())
            }
            None => Refusal::refused(
                "AOF-1005",
                format!("there is no task `{shown}`"),
                "`aof task list` shows the tasks of this store",
            )
            .at("taskId"),
        }
    }

    /// Where the card of a known task lies.
    pub(crate) fn place(&self, id: &TaskId) -> Result<Place, Refusal> {
        let index = &self.shelf.index;
        let place = index
            .status(id)
            .zip(index.project(id))
            .and_then(|(status, project)| {
                let root = self.shelf.root(project)?.clone();
                Some(Place {
                    root,
                    status,
                    id: id.clone(),
                })
            });
        place.ok_or_else(|| self.not_found(id.as_str()))
    }

    /// The team that owns a project.
    pub(crate) fn owner(&self, project: &ProjectId) -> Option<&TeamId> {
        self.projects.get(project)?.team.as_ref()
    }

    /// The folder of a project that exists.
    pub(crate) fn root(&self, project: &ProjectId) -> Result<&ProjectRoot, Refusal> {
        self.shelf.root(project).ok_or_else(|| {
            let known: Vec<&str> = self
                .shelf
                .roots()
                .map(|root| root.id().as_str())
                .take(20)
                .collect();
            Refusal::refused(
                "AOF-1008",
                format!("there is no project `{project}`"),
                &format!("known projects: {}", known.join(", ")),
            )
            .at("project")
        })
    }

    /// Refuses a project that this session may not touch.
    pub(crate) fn require_in_scope(&self, project: &ProjectId) -> Result<(), Refusal> {
        if self.scope.has(project) {
            return Ok(());
        }
        let message = format!("project `{project}` is outside of what was opened");
        let hint = "open the store with this project, or without --project-scope";
        Err(Refusal::refused("AOF-2015", message, hint).at("project"))
    }

    /// Refuses to change anything in a store that was opened for reading.
    pub(crate) fn require_writer(&self) -> Result<(), Refusal> {
        if self.is_writer {
            return Ok(());
        }
        Err(Refusal::refused(
            "AOF-4003",
            "the store is open for reading only".to_owned(),
            "open it as writer to change anything",
        ))
    }
}
