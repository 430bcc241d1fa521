//! Limits on what runs at the same time, counted in one place.
//!
//! Counts runs of every kind, and what this plan has given out so far. Invariant: whoever asks
//! before giving out, and tells afterwards, never exceeds a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::budget::{self, Budget, Scope as Purse, Standing};
use crate::card::Routing;
use crate::id::{AgentId, ProjectId, TaskId, TeamId};
use crate::index::Row;
use crate::instant::Instant;
use crate::org::{Agent, OrgChart};
use crate::plan::Snapshot;
use crate::plan::ledger::Served;
use crate::project::Project;
use crate::routing::{Full, Occupancy};

/// One limit and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Which limit.
    pub name: String,
    /// Used now.
    pub used: u64,
    /// Allowed.
    pub limit: u64,
}

/// The team that a run counts for: the one that the card names, else the agent's own.
#[must_use]
pub fn team_of<'a>(
    chart: &'a OrgChart,
    routing: &'a Routing,
    agent: &AgentId,
) -> Option<&'a TeamId> {
    let named = routing.team.as_ref().filter(|id| chart.team(id).is_some());
    named.or_else(|| chart.agent(agent)?.team.as_ref())
}

/// Who shares a dispatch, with their weights.
#[must_use]
pub fn served<'a>(
    chart: &'a OrgChart,
    project: &'a Project,
    routing: &'a Routing,
    agent: &AgentId,
) -> Served<'a> {
    let team = team_of(chart, routing, agent);
    let weight = |id: &TeamId| chart.team(id).map_or(1, |team| team.dispatch.weight);
    Served {
        project: (&project.id, project.dispatch.weight),
        team: team.map(|id| (id, weight(id))),
    }
}

/// What runs, and what this plan has given out on top of it.
pub(super) struct Tally<'a> {
    snapshot: Snapshot<'a>,
    pub(super) dispatched: u32,
    /// By earlier tries of the same poll.
    pub(super) dispatched_before: u32,
    by_agent: BTreeMap<&'a AgentId, u32>,
    by_project: BTreeMap<&'a ProjectId, Use>,
    by_team: BTreeMap<&'a TeamId, Use>,
    resources: BTreeSet<&'a str>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Use {
    running: u32,
    is_served: bool,
}

impl<'a> Tally<'a> {
    /// Counts what runs.
    pub(super) fn new(snapshot: Snapshot<'a>) -> Self {
        let mut tally = Tally {
            snapshot,
            dispatched: 0,
            dispatched_before: 0,
            by_agent: BTreeMap::new(),
            by_project: BTreeMap::new(),
            by_team: BTreeMap::new(),
            resources: BTreeSet::new(),
        };
        for (_, row) in snapshot.index.leased() {
            let Some(lease) = &row.lease else { continue };
            tally.by_project.entry(&row.project).or_default().running += 1;
            if let Some(team) = team_of(snapshot.chart, &row.routing, &lease.agent) {
                tally.by_team.entry(team).or_default().running += 1;
            }
        }
        tally
    }

    /// Gives a task to an agent.
    pub(super) fn take(&mut self, row: &'a Row, agent: &'a AgentId) {
        self.dispatched += 1;
        *self.by_agent.entry(agent).or_default() += 1;
        if let Some(resource) = &row.resource {
            self.resources.insert(resource);
        }
        let served = Use::serve;
        served(self.by_project.entry(&row.project).or_default());
        if let Some(team) = team_of(self.snapshot.chart, &row.routing, agent) {
            served(self.by_team.entry(team).or_default());
        }
    }

    /// How much an agent would have to do with this task, and what keeps it from that.
    pub(super) fn occupancy(&self, routing: &'a Routing, agent: &Agent) -> Occupancy<'a> {
        let given = self.by_agent.get(&agent.id).copied().unwrap_or_default();
        let chart = self.snapshot.chart;
        let team = team_of(chart, routing, &agent.id);
        let full = team.and_then(|team| self.team_full(team));
        Occupancy {
            running: self.snapshot.index.running_of(&agent.id) + given,
            full: full.or_else(|| self.purse_empty(agent).map(Full::Spent)),
        }
    }

    fn purse_empty(&self, agent: &Agent) -> Option<Standing<'a>> {
        if agent.budgets.is_empty() {
            return None;
        }
        let agent = self.snapshot.chart.agent(&agent.id)?;
        self.snapshot.spent(Purse::Agent(&agent.id), &agent.budgets)
    }

    fn team_full(&self, team: &'a TeamId) -> Option<Full<'a>> {
        let known = self.snapshot.chart.team(team)?;
        if let Some(spent) = self.snapshot.spent(Purse::Team(&known.id), &known.budgets) {
            return Some(Full::Spent(spent));
        }
        let dispatch = known.dispatch;
        let used = self.by_team.get(team).copied().unwrap_or_default();
        if let Some(limit) = dispatch.max_concurrent
            && used.running >= limit
        {
            let running = used.running;
            return Some(Full::Team {
                team,
                running,
                limit,
            });
        }
        let last = self.snapshot.ledger.last_of_team(team);
        let until = self.pause_until(dispatch.min_interval_ms, last, used.is_served)?;
        Some(Full::TeamPause { team, until })
    }

    /// Why the project gets nothing more now, if so.
    pub(super) fn project_full(&self, project: &'a Project) -> Option<ProjectFull<'a>> {
        let used = self
            .by_project
            .get(&project.id)
            .copied()
            .unwrap_or_default();
        let id = &project.id;
        if let Some(spent) = self.snapshot.spent(Purse::Project(id), &project.budgets) {
            return Some(ProjectFull::Spent(spent));
        }
        if let Some(limit) = project.dispatch.max_concurrent
            && used.running >= limit
        {
            let running = used.running;
            return Some(ProjectFull::Runs { id, running, limit });
        }
        let last = self.snapshot.ledger.last_of_project(id);
        let interval = project.dispatch.min_interval_ms;
        let until = self.pause_until(interval, last, used.is_served)?;
        Some(ProjectFull::Pause { id, until })
    }

    /// When the interval since the last dispatch is over, if it is not. One in this very plan
    /// counts as one just now.
    fn pause_until(
        &self,
        interval_ms: Option<u64>,
        last: Option<Instant>,
        is_served: bool,
    ) -> Option<Instant> {
        let now = self.snapshot.now;
        let interval_ms = interval_ms.filter(|ms| *ms > 0)?;
        let last = if is_served { now } else { last?.min(now) };
        let until = last.plus_ms(interval_ms);
        (until > now).then_some(until)
    }

    /// Why nothing more can start at all, if so.
    pub(super) fn exhausted(&self) -> Option<Exhausted> {
        let Snapshot {
            index,
            settings,
            ledger,
            ..
        } = self.snapshot;
        let budgets = self.snapshot.budgets;
        let all = (self.snapshot.books, self.snapshot.now);
        if let Some(spent) = budget::spent(Purse::Store, budgets, all) {
            return Some(Exhausted::Spent(spent));
        }
        let running = index.running() + self.dispatched;
        if let Some(limit) = ledger.platform_limit()
            && running >= limit
        {
            return Some(Exhausted::Platform { running, limit });
        }
        let limit = settings.max_concurrent_dispatches;
        if running >= limit {
            return Some(Exhausted::Runs { running, limit });
        }
        let limit = settings.max_dispatches_per_poll;
        if self.dispatched + self.dispatched_before >= limit {
            return Some(Exhausted::Dispatches { limit });
        }
        let interval = Some(settings.min_dispatch_interval_ms);
        let until = self.pause_until(interval, ledger.last(), self.dispatched > 0)?;
        Some(Exhausted::Pause { until })
    }

    /// The task's own budget, if it is spent.
    pub(super) fn task_spent(&self, id: &'a TaskId, row: &Row) -> Option<Standing<'a>> {
        let budget = row.budget.as_deref()?;
        self.snapshot
            .spent(Purse::Task(id), std::slice::from_ref(budget))
    }

    /// Why this row cannot start beside what runs, if so.
    pub(super) fn resource_taken(&self, row: &'a Row) -> Option<Taken<'a>> {
        let resource = row.resource.as_deref()?;
        if let Some(holder) = self.snapshot.index.holder_of(resource) {
            return Some(Taken::Held { resource, holder });
        }
        self.resources
            .contains(resource)
            .then_some(Taken::Promised { resource })
    }
}

impl Use {
    fn serve(&mut self) {
        self.running += 1;
        self.is_served = true;
    }
}

/// Why nothing more can start in this poll.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exhausted {
    Runs { running: u32, limit: u32 },
    Platform { running: u32, limit: u32 },
    Dispatches { limit: u32 },
    Pause { until: Instant },
    Spent(Standing<'static>),
}

impl Exhausted {
    /// When it is over, if that is known.
    pub(super) fn until(self) -> Option<Instant> {
        match self {
            Exhausted::Pause { until } => Some(until),
            Exhausted::Spent(spent) => spent.until(),
            _ => None,
        }
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exhausted::Runs { running, limit } => write!(
                f,
                "{running} of {limit} runs are taken (scheduler.maxConcurrentDispatches)"
            ),
            Exhausted::Platform { running, limit } => write!(
                f,
                "{running} of {limit} runs are taken (the platform refused more)"
            ),
            Exhausted::Dispatches { limit } => write!(
                f,
                "{limit} dispatches in one poll are the limit (scheduler.maxDispatchesPerPoll)"
            ),
            Exhausted::Pause { until } => write!(
                f,
                "the next dispatch is at {until} (scheduler.minDispatchIntervalMs)"
            ),
            Exhausted::Spent(spent) => spent.fmt(f),
        }
    }
}

/// Why a project gets nothing more now.
#[derive(Debug, Clone, Copy)]
pub(super) enum ProjectFull<'a> {
    Runs {
        id: &'a ProjectId,
        running: u32,
        limit: u32,
    },
    Pause {
        id: &'a ProjectId,
        until: Instant,
    },
    Spent(Standing<'a>),
}

impl ProjectFull<'_> {
    /// When it is over, if that is known.
    pub(super) fn until(&self) -> Option<Instant> {
        match self {
            ProjectFull::Pause { until, .. } => Some(*until),
            ProjectFull::Spent(spent) => spent.until(),
            ProjectFull::Runs { .. } => None,
        }
    }
}

impl fmt::Display for ProjectFull<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectFull::Runs { id, running, limit } => write!(
                f,
                "{running} of {limit} runs of project `{id}` are taken (dispatch.maxConcurrent)"
            ),
            ProjectFull::Pause { id, until } => write!(
                f,
                "project `{id}` gets its next dispatch at {until} (dispatch.minIntervalMs)"
            ),
            ProjectFull::Spent(spent) => spent.fmt(f),
        }
    }
}

/// Who has the resource that a task wants.
#[derive(Debug, Clone, Copy)]
pub(super) enum Taken<'a> {
    Held {
        resource: &'a str,
        holder: &'a TaskId,
    },
    Promised {
        resource: &'a str,
    },
}

impl fmt::Display for Taken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Held { resource, holder } => {
                write!(f, "resource `{resource}` is held by {holder}")
            }
            Taken::Promised { resource } => {
                write!(f, "resource `{resource}` goes to another task in this poll")
            }
        }
    }
}

pub(super) fn of(
    snapshot: &Snapshot<'_>,
    (id, row): (&TaskId, &Row),
    agent: Option<&AgentId>,
) -> Vec<Cap> {
    let mut caps = runs(snapshot, row, agent);
    let mut add = |purse: Purse<'_>, budgets: &[Budget]| {
        let books = (snapshot.books, snapshot.now);
        caps.extend(budget::standings(purse, budgets, books).map(cap_of));
    };
    add(Purse::Store, snapshot.budgets);
    if let Some(project) = snapshot.projects.get(&row.project) {
        add(Purse::Project(&project.id), &project.budgets);
    }
    if let Some(agent) = agent.and_then(|agent| snapshot.chart.agent(agent)) {
        let team = team_of(snapshot.chart, &row.routing, &agent.id);
        if let Some(team) = team.and_then(|team| snapshot.chart.team(team)) {
            add(Purse::Team(&team.id), &team.budgets);
        }
        add(Purse::Agent(&agent.id), &agent.budgets);
    }
    let whole = row.hop.as_ref().map(|hop| &hop.of);
    let whole = whole.and_then(|whole| Some((whole, snapshot.index.row(whole)?)));
    for (id, row) in std::iter::once((id, row)).chain(whole) {
        if let Some(budget) = row.budget.as_deref() {
            add(Purse::Task(id), std::slice::from_ref(budget));
        }
    }
    caps
}

fn cap_of(standing: Standing<'_>) -> Cap {
    let (unit, window) = (standing.unit.as_str(), standing.window.as_str());
    let (kind, name) = (standing.scope.kind().as_str(), standing.scope.name());
    let whose = format!("{kind} {name}");
    Cap {
        name: format!("{} {unit} ({window})", whose.trim_end()),
        used: standing.used,
        limit: standing.max,
    }
}

fn runs(snapshot: &Snapshot<'_>, row: &Row, agent: Option<&AgentId>) -> Vec<Cap> {
    let tally = Tally::new(*snapshot);
    let index = snapshot.index;
    let mut caps = Vec::new();
    let mut cap = |name: String, used: u32, limit: Option<u32>| {
        let (used, limit) = (used.into(), limit.map(u64::from));
        caps.extend(limit.map(|limit| Cap { name, used, limit }));
    };
    let global = Some(snapshot.settings.max_concurrent_dispatches);
    let name = "scheduler.maxConcurrentDispatches".to_owned();
    cap(name, index.running(), global);
    let platform = snapshot.ledger.platform_limit();
    cap("platform".to_owned(), index.running(), platform);
    if let Some(project) = snapshot.projects.get(&row.project) {
        let used = tally.by_project.get(&project.id).map_or(0, |it| it.running);
        let limit = project.dispatch.max_concurrent;
        cap(format!("project {}", project.id), used, limit);
    }
    if let Some(agent) = agent.and_then(|agent| snapshot.chart.agent(agent)) {
        let team = team_of(snapshot.chart, &row.routing, &agent.id);
        if let Some(team) = team.and_then(|team| snapshot.chart.team(team)) {
            let used = tally.by_team.get(&team.id).map_or(0, |it| it.running);
            let limit = team.dispatch.max_concurrent;
            cap(format!("team {}", team.id), used, limit);
        }
        let used = index.running_of(&agent.id);
        cap(
            format!("agent {}", agent.id),
            used,
            Some(agent.concurrency_max),
        );
    }
    if let Some(resource) = &row.resource {
        let used = u32::from(index.holder_of(resource).is_some());
        cap(format!("resource {resource}"), used, Some(1));
    }
    caps
}
