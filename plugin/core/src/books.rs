//! What was used, summed by who used it.
//!
//! A run's account is opened when it is dispatched and closed when its session is over; in between
//! its usage is whatever was said last. When somebody was given work last is kept beyond that.
//! Never decides what is too much. Invariant: each run is in every sum once, however often its
//! usage is told, and entries that were taken in before are not taken in again.

use std::collections::BTreeMap;

use crate::budget::Window;
use crate::id::{AgentId, ProjectId, RunId, TaskId, TeamId};
use crate::instant::Instant;
use crate::usage::{Sum, Usage};

/// Names of one kind that have a sum of their own; beyond, the one that was used longest ago goes
/// into the rest.
pub const NAMES_MAX: usize = 1_000;
/// Accounts that are open; beyond, the oldest is closed as it is.
pub const OPEN_MAX: usize = 1_000;
/// Notices that are remembered as told; beyond, the one that was told longest ago is forgotten.
pub const TOLD_MAX: usize = 1_000;

/// By what usage is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// All of it.
    Store,
    /// By task.
    Task,
    /// By project.
    Project,
    /// By team; none where an agent has no team.
    Team,
    /// By agent.
    Agent,
    /// By model; none where it is not known.
    Model,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Store,
        Kind::Task,
        Kind::Project,
        Kind::Team,
        Kind::Agent,
        Kind::Model,
    ];

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Store => "store",
            Kind::Task => "task",
            Kind::Project => "project",
            Kind::Team => "team",
            Kind::Agent => "agent",
            Kind::Model => "model",
        }
    }
}

/// Who pays for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The run.
    pub run: RunId,
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// The task whose workflow it is a hop of: it pays as well.
    pub whole: Option<TaskId>,
    /// Who works.
    pub agent: AgentId,
    /// The team that the run counts for.
    pub team: Option<TeamId>,
}

/// One thing that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A run was dispatched.
    Opened(Account),
    /// What a run used, in place of whatever was said before.
    Used {
        /// The run.
        run: RunId,
        /// When that was said; the windows of this moment have it.
        at: Instant,
        /// What it used.
        usage: Usage,
    },
    /// The session of a run is over: nothing more is said of it.
    Closed(RunId),
    /// A task of a team that is reviewed is over.
    Ended {
        /// The team.
        team: TeamId,
        /// It became a dead letter.
        failed: bool,
    },
    /// The work of a team is reviewed as a whole.
    Reviewed {
        /// The team.
        team: TeamId,
        /// The task of the review.
        task: TaskId,
        /// Since when.
        at: Instant,
    },
    /// People were told about a budget.
    Told {
        /// Which notice.
        notice: String,
        /// When it can be forgotten; none for never.
        until: Option<Instant>,
        /// When they were told.
        at: Instant,
    },
}

/// An open account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Who pays.
    pub account: Account,
    /// What was said last, and when.
    pub counted: Option<(Instant, Usage)>,
}

/// A sum within one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When the window began.
    pub start: Instant,
    /// What was used in it.
    pub sum: Sum,
}

/// What somebody used: in all, and in the last window of each length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// When something was counted last.
    pub last: Instant,
    /// In all.
    pub total: Sum,
    /// In the last windows, in the order of [`Window::TURNING`].
    pub spans: [Span; 4],
}

impl Default for Tally {
    fn default() -> Self {
        let start = Instant::from_ms(0);
        let sum = Sum::default();
        Tally {
            last: start,
            total: sum,
            spans: [Span { start, sum }; 4],
        }
    }
}

impl Tally {
    fn add(&mut self, at: Instant, sum: Sum) {
        self.last = self.last.max(at);
        self.total = self.total.plus(sum);
        for (window, span) in Window::TURNING.into_iter().zip(&mut self.spans) {
            span.add(window.start(at), sum);
        }
    }

    fn take_back(&mut self, at: Instant, sum: Sum) {
        self.total = self.total.minus(sum);
        for (window, span) in Window::TURNING.into_iter().zip(&mut self.spans) {
            if span.start == window.start(at) {
                span.sum = span.sum.minus(sum);
            }
        }
    }

    fn absorb(&mut self, other: &Tally) {
        self.last = self.last.max(other.last);
        self.total = self.total.plus(other.total);
        for (span, other) in self.spans.iter_mut().zip(&other.spans) {
            span.add(other.start, other.sum);
        }
    }

    /// What was used in the window that `now` lies in.
    #[must_use]
    pub fn used(&self, window: Window, now: Instant) -> Sum {
        let spans = Window::TURNING.into_iter().zip(&self.spans);
        let mut spans = spans.filter(|(known, _)| *known == window);
        match spans.next() {
            // One that has not begun yet was counted before the clock was set back.
            Some((_, span)) if span.start >= window.start(now) => span.sum,
            Some(_) => Sum::default(),
            None => self.total,
        }
    }

    fn rewind(&mut self, now: Instant) {
        self.last = self.last.min(now);
        for (window, span) in Window::TURNING.into_iter().zip(&mut self.spans) {
            span.start = span.start.min(window.start(now));
        }
    }
}

impl Span {
    /// Counts in a later window begin it; what is late counts in the present one.
    fn add(&mut self, start: Instant, sum: Sum) {
        if self.start < start {
            *self = Span {
                start,
                sum: Sum::default(),
            };
        }
        self.sum = self.sum.plus(sum);
    }
}

/// All sums of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// By name; the empty name is for runs that have none.
    pub named: BTreeMap<String, Tally>,
    /// Those who had to make room.
    pub rest: Tally,
}

impl Page {
    fn add(&mut self, name: &str, at: Instant, sum: Sum) {
        match self.named.get_mut(name) {
            Some(tally) => tally.add(at, sum),
            None => {
                let mut tally = Tally::default();
                tally.add(at, sum);
                self.named.insert(name.to_owned(), tally);
                self.make_room(name);
            }
        }
    }

    fn take_back(&mut self, name: &str, at: Instant, sum: Sum) {
        let tally = self.named.get_mut(name);
        tally.unwrap_or(&mut self.rest).take_back(at, sum);
    }

    fn make_room(&mut self, newest: &str) {
        if self.named.len() <= NAMES_MAX {
            return;
        }
        let others = self.named.iter().filter(|(name, _)| *name != newest);
        let oldest = others.min_by_key(|(_, tally)| tally.last);
        if let Some(name) = oldest.map(|(name, _)| name.clone())
            && let Some(tally) = self.named.remove(&name)
        {
            self.rest.absorb(&tally);
        }
    }
}

/// What a team did since its work was last reviewed as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Tasks that are done.
    pub completed: u64,
    /// Tasks that became dead letters.
    pub failed: u64,
    /// When the last review was made.
    pub at: Option<Instant>,
    /// Its task.
    pub task: Option<TaskId>,
}

/// All sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// The number of the last entry.
    seq: u64,
    /// The latest moment that anything was counted at.
    latest: Option<Instant>,
    open: BTreeMap<RunId, Open>,
    pages: BTreeMap<Kind, Page>,
    /// When each notice can be forgotten, and the number of its entry.
    told: BTreeMap<String, (Option<Instant>, u64)>,
    reviews: BTreeMap<TeamId, Reviewed>,
    /// When a run was dispatched last: of all, of each project and of each team.
    started: BTreeMap<String, Option<Instant>>,
}

impl Books {
    /// The number of the last entry.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Numbers up to this one were given out.
    pub fn skip_to(&mut self, seq: u64) {
        self.seq = self.seq.max(seq);
    }

    /// Takes an entry in, unless one of its number or a later one was.
    pub fn take(&mut self, seq: u64, entry: &Entry) {
        if seq <= self.seq {
            return;
        }
        self.seq = seq;
        match entry {
            Entry::Opened(account) => {
                self.note_start(account);
                self.open(account.clone());
            }
            Entry::Used { run, at, usage } => self.count(run, *at, usage),
            Entry::Closed(run) => drop(self.open.remove(run)),
            Entry::Ended { team, failed } => {
                if !self.reviews.contains_key(team) {
                    self.restore_review(team.clone(), Reviewed::default());
                }
                let Some(reviewed) = self.reviews.get_mut(team) else {
                    return;
                };
                let count = match failed {
                    true => &mut reviewed.failed,
                    false => &mut reviewed.completed,
                };
                *count = count.saturating_add(1);
            }
            Entry::Reviewed { team, task, at } => {
                let reviewed = Reviewed {
                    at: Some(*at),
                    task: Some(task.clone()),
                    ..Reviewed::default()
                };
                self.restore_review(team.clone(), reviewed);
            }
            Entry::Told { notice, until, at } => {
                let is_live = |until: &Option<Instant>| until.is_none_or(|until| until > *at);
                self.told.retain(|_, (until, _)| is_live(until));
                self.restore_told(notice.clone(), (*until, seq));
            }
        }
    }

    fn note_start(&mut self, account: &Account) {
        let at = account.run.made_at();
        let team = account
            .team
            .as_ref()
            .map(|team| (Kind::Team, team.as_str()));
        let all = [(Kind::Store, ""), (Kind::Project, account.project.as_str())];
        for (kind, name) in all.into_iter().chain(team) {
            self.restore_start(format!("{} {name}", kind.as_str()), at);
        }
    }

    /// When runs were dispatched last, by whose they are: a kind, a blank and a name. Whoever has a
    /// least interval between two is not forgotten at a restart.
    pub fn starts(&self) -> impl Iterator<Item = (&str, Instant)> {
        let all = self.started.iter();
        all.filter_map(|(whose, at)| Some((whose.as_str(), (*at)?)))
    }

    /// Puts back when a run was dispatched last, as it was written down.
    pub fn restore_start(&mut self, whose: String, at: Instant) {
        self.started.insert(whose, Some(at));
        if self.started.len() > NAMES_MAX {
            let oldest = self.started.iter().min_by_key(|(_, at)| **at);
            let oldest = oldest.map(|(whose, _)| whose.clone());
            oldest.and_then(|whose| self.started.remove(&whose));
        }
    }

    /// Opens the account of a run that works although no entry says so.
    pub fn open(&mut self, account: Account) {
        let run = account.run.clone();
        let counted = None;
        self.open.entry(run).or_insert(Open { account, counted });
        while self.open.len() > OPEN_MAX {
            self.open.pop_first();
        }
    }

    fn count(&mut self, run: &RunId, at: Instant, usage: &Usage) {
        let Some(open) = self.open.get_mut(run) else {
            return;
        };
        // As late as what was counted last: what a clock that was set back says later on has to be
        // taken out of the window that it went into.
        let at = self.latest.map_or(at, |latest| latest.max(at));
        self.latest = Some(at);
        let account = open.account.clone();
        let before = open.counted.replace((at, usage.clone()));
        if let Some((at, usage)) = before {
            for (kind, name) in payers(&account, &usage) {
                let page = self.pages.entry(kind).or_default();
                page.take_back(name, at, Sum::of(&usage));
            }
        }
        for (kind, name) in payers(&account, usage) {
            self.pages
                .entry(kind)
                .or_default()
                .add(name, at, Sum::of(usage));
        }
    }

    /// The open account of a run.
    #[must_use]
    pub fn account(&self, run: &RunId) -> Option<&Open> {
        self.open.get(run)
    }

    /// All open accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Open> {
        self.open.values()
    }

    /// What a team did since its last review; none where it did nothing ever.
    #[must_use]
    pub fn reviewed(&self, team: &TeamId) -> Option<&Reviewed> {
        self.reviews.get(team)
    }

    /// The same of all teams.
    pub fn reviews(&self) -> impl Iterator<Item = (&TeamId, &Reviewed)> {
        self.reviews.iter()
    }

    /// Puts back what a team did as it was written down.
    pub fn restore_review(&mut self, team: TeamId, reviewed: Reviewed) {
        self.reviews.insert(team, reviewed);
        // The teams of a chart are fewer; what is left over from former charts makes room.
        while self.reviews.len() > NAMES_MAX {
            self.reviews.pop_first();
        }
    }

    /// All sums of a kind.
    #[must_use]
    pub fn page(&self, kind: Kind) -> Option<&Page> {
        self.pages.get(&kind)
    }

    /// All sums.
    pub fn pages(&self) -> impl Iterator<Item = (Kind, &Page)> {
        self.pages.iter().map(|(kind, page)| (*kind, page))
    }

    /// Notices that were told, each with the moment after which it is forgotten and the number of
    /// its entry.
    pub fn told(&self) -> impl Iterator<Item = (&str, (Option<Instant>, u64))> {
        let told = self.told.iter();
        told.map(|(notice, told)| (notice.as_str(), *told))
    }

    /// Whether people were told that.
    #[must_use]
    pub fn was_told(&self, notice: &str) -> bool {
        self.told.contains_key(notice)
    }

    /// What somebody used in the window that `now` lies in.
    #[must_use]
    pub fn used(&self, (kind, name): (Kind, &str), window: Window, now: Instant) -> Sum {
        let tally = self.pages.get(&kind).and_then(|page| page.named.get(name));
        tally.map_or_else(Sum::default, |tally| tally.used(window, now))
    }

    /// The clock may have been set back: nothing was counted later than now.
    pub fn rewind(&mut self, now: Instant) {
        if self.latest.is_none_or(|latest| latest <= now) {
            return;
        }
        self.latest = Some(now);
        for page in self.pages.values_mut() {
            page.rest.rewind(now);
            page.named.values_mut().for_each(|tally| tally.rewind(now));
        }
        for (at, _) in self.open.values_mut().flat_map(|open| &mut open.counted) {
            *at = now.min(*at);
        }
    }

    /// Puts back a sum as it was written down; under no name, the rest of its kind.
    pub fn restore(&mut self, kind: Kind, name: Option<&str>, tally: Tally) {
        self.latest = self.latest.max(Some(tally.last));
        let page = self.pages.entry(kind).or_default();
        match name {
            Some(name) => {
                page.named.insert(name.to_owned(), tally);
                page.make_room(name);
            }
            None => page.rest = tally,
        }
    }

    /// Puts back an open account as it was written down.
    pub fn restore_open(&mut self, open: Open) {
        let counted = open.counted;
        let run = open.account.run.clone();
        self.open(open.account);
        if let Some(known) = self.open.get_mut(&run) {
            known.counted = counted;
        }
    }

    /// Puts back a notice as it was written down.
    pub fn restore_told(&mut self, notice: String, told: (Option<Instant>, u64)) {
        self.told.insert(notice, told);
        if self.told.len() > TOLD_MAX {
            // By name, two that are still true would push each other out for ever.
            let oldest = self.told.iter().min_by_key(|(_, (_, seq))| *seq);
            let oldest = oldest.map(|(notice, _)| notice.clone());
            oldest.and_then(|oldest| self.told.remove(&oldest));
        }
    }
}

/// In whose sums a run is.
fn payers<'a>(account: &'a Account, usage: &'a Usage) -> impl Iterator<Item = (Kind, &'a str)> {
    let whole = account.whole.as_ref();
    let own = [
        (Kind::Store, ""),
        (Kind::Task, account.task.as_str()),
        (Kind::Project, account.project.as_str()),
        (
            Kind::Team,
            account.team.as_ref().map_or("", |team| team.as_str()),
        ),
        (Kind::Agent, account.agent.as_str()),
        (Kind::Model, usage.model.as_deref().unwrap_or("")),
    ];
    own.into_iter()
        .chain(whole.map(|whole| (Kind::Task, whole.as_str())))
}

#[cfg(test)]
mod tests;
