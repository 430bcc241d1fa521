//! All tasks of a store in memory, in the orders that planning needs.
//!
//! Holds what planning reads and nothing more: a finished task costs its id and status. Invariant:
//! the derived sets and counters always agree with the rows.

mod flow;
mod queue;
mod terms;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::budget::Budget;
use crate::card::{Card, Routing};
use crate::dependency::{BlockedBy, Cycle, DependencyPolicy};
use crate::id::{AgentId, ProjectId, RunId, TaskId};
use crate::instant::Instant;
use crate::lease::Lease;
use crate::metadata;
use crate::priority::Priority;
use crate::sla::{OwnTerms, Terms};
use crate::status::Status;

pub use flow::{FlowRow, HopRow};
pub use queue::{Destination, Queue, QueueKey};
pub use wait::Assumed;

/// What planning knows of a task that is not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its project.
    pub project: ProjectId,
    /// The directory that its card lies in.
    pub status: Status,
    /// For people.
    pub title: String,
    /// Order of dispatch.
    pub priority: Priority,
    /// Who should do it.
    pub routing: Routing,
    /// What it waits for.
    pub depends_on: Vec<TaskId>,
    /// When one of them counts as met.
    pub dependency_policy: DependencyPolicy,
    /// The task that it is a part of.
    pub parent_id: Option<Box<TaskId>>,
    /// A person let it go on although it waits for others.
    pub is_forced: bool,
    /// The scheduler blocked it until its dependencies are met.
    pub is_held: bool,
    /// What it says itself about how long it may stay, and when people were last told.
    pub sla: Option<Box<OwnTerms>>,
    /// How much all of its runs may use.
    pub budget: Option<Box<Budget>>,
    /// When it was made; older goes first.
    pub created_at: Instant,
    /// Last change of status.
    pub last_transition_at: Instant,
    /// Two running tasks never share one.
    pub resource: Option<String>,
    /// The current claim.
    pub lease: Option<Lease>,
    /// When the scheduler tries again what it blocked itself.
    pub retry_at: Option<Instant>,
    /// Why it is blocked, cancelled or dead.
    pub reason: Option<String>,
    /// Limit of one run, if the card asks for one.
    pub timeout_ms: Option<u64>,
    /// How far the workflow has come that it carries.
    pub flow: Option<Box<FlowRow>>,
    /// Which task's workflow it is a hop of.
    pub hop: Option<Box<HopRow>>,
    /// Counts our writes.
    pub revision: u64,
    /// Lies in another directory than its card says: somebody moved it.
    pub is_moved: bool,
}

impl Row {
    /// What the index keeps of a card that lies in `status` of `project`.
    #[must_use]
    pub fn of(card: &Card, project: ProjectId, status: Status) -> Self {
        let text = |key: &str| card.metadata.get(key).and_then(|value| value.as_str());
        let reason = match status {
            Status::Blocked => text(metadata::BLOCK_REASON),
            Status::Deadletter => text(metadata::DEADLETTER_REASON),
            Status::Cancelled => text(metadata::CANCELLATION_REASON),
            _ => None,
        };
        let retry_at = (status == Status::Blocked)
            .then(|| text(metadata::RETRY_AT).and_then(Instant::parse))
            .flatten();
        let alerted_at = text(metadata::SLA_ALERTED_AT).and_then(Instant::parse);
        let own = OwnTerms {
            card: card.sla,
            alerted_at,
        };
        let is_held = status == Status::Blocked
            && text(metadata::BLOCKED_BY).is_some_and(BlockedBy::ends_with_dependencies);
        Row {
            project,
            status,
            title: card.title.clone(),
            priority: card.priority,
            routing: card.routing.clone(),
            depends_on: card.depends_on.clone(),
            dependency_policy: card.dependency_policy,
            parent_id: card.parent_id.clone().map(Box::new),
            is_forced: text(metadata::FORCED_AT).is_some(),
            is_held,
            sla: (own != OwnTerms::default()).then(|| Box::new(own)),
            budget: card.budget.map(Box::new),
            created_at: card.created_at,
            last_transition_at: card.last_transition_at,
            resource: card.resource.clone(),
            lease: card.lease.clone().filter(|_| status == Status::InProgress),
            retry_at,
            reason: reason.map(str::to_owned),
            timeout_ms: card.timeout_ms(),
            flow: card
                .workflow
                .as_deref()
                .map(|flow| Box::new(FlowRow::of(flow))),
            hop: card.hop.as_deref().map(|hop| Box::new(HopRow::of(hop))),
            revision: card.revision,
            is_moved: card.status != status,
        }
    }

    /// When something must happen to this task without any news.
    fn due_at(&self) -> Option<Instant> {
        let lease = self.lease.as_ref();
        let hop = self.hop.as_deref();
        match self.status {
            Status::InProgress => {
                let lapse = lease.map(|lease| lease.expires_at);
                let timeout = lease.and_then(|lease| hop?.deadline(lease.acquired_at));
                let flow = self.flow.as_ref().and_then(|flow| flow.due);
                lapse.into_iter().chain(timeout).chain(flow).min()
            }
            Status::Review => hop
                .filter(|hop| hop.is_human)?
                .deadline(self.last_transition_at),
            Status::Blocked => self.retry_at,
            _ => None,
        }
    }
}

/// What is kept of a finished task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its project.
    pub project: ProjectId,
    /// `done` or `cancelled`.
    pub status: Status,
}

/// A run that holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRun {
    /// The task that it works on.
    pub task: TaskId,
    /// Who works.
    pub agent: AgentId,
}

/// Every task of a store.
#[derive(Debug, Default)]
pub struct TaskIndex {
    /// Boxed: a tree that is filled in order leaves half of each node empty.
    active: BTreeMap<TaskId, Box<Row>>,
    finished: BTreeMap<TaskId, Finished>,
    queues: BTreeMap<QueueKey, Queue>,
    leased: BTreeSet<TaskId>,
    due: BTreeSet<(Instant, TaskId)>,
    waiting_for: BTreeMap<TaskId, BTreeSet<TaskId>>,
    /// Each unfinished task that is a part of another, behind that other one.
    parts: BTreeSet<(TaskId, TaskId)>,
    promotable: BTreeSet<TaskId>,
    /// Waits in vain, and is not blocked yet.
    stranded: BTreeSet<TaskId>,
    /// The scheduler blocked it, and all it waited for is there.
    released: BTreeSet<TaskId>,
    /// By every task in it.
    cycles: BTreeMap<TaskId, Cycle>,
    /// Whom they wait for has changed since cycles were last looked for.
    unchecked: BTreeSet<TaskId>,
    /// Next violations of limits.
    violations: BTreeSet<(Instant, TaskId)>,
    /// Ready tasks with a limit for the queue, by when they have stood there too long.
    late: BTreeSet<(Instant, TaskId)>,
    /// Only a part of the tasks is here.
    is_partial: bool,
    /// Tasks whose cards lie there and cannot be read: nobody knows how they stand.
    unreadable: BTreeSet<TaskId>,
    /// Sorted by project.
    terms: Vec<(ProjectId, Terms)>,
    moved: BTreeSet<TaskId>,
    /// Each unfinished card of a hop, behind the task that carries the workflow.
    hops: BTreeSet<(TaskId, TaskId)>,
    /// The task whose workflow waits for it, by each card of a hop that may be done.
    awaited: BTreeMap<TaskId, TaskId>,
    /// Tasks whose workflow is to be taken further, and cards of hops that nobody waits for.
    stepping: BTreeSet<TaskId>,
    runs: BTreeMap<RunId, LiveRun>,
    running_by_agent: BTreeMap<AgentId, u32>,
    resources: BTreeMap<String, TaskId>,
    counts: [u32; 8],
}

impl TaskIndex {
    /// Puts a task in, replacing what was known of it.
    pub fn put(&mut self, id: TaskId, row: Row) {
        self.unreadable.remove(&id);
        let waits_alike = self.waits_alike(&id, &row);
        self.take_out(&id);
        if !waits_alike {
            self.dissolve(&id);
        }
        self.count(row.status, 1);
        if row.is_moved {
            self.moved.insert(id.clone());
        }
        if row.status.is_terminal() {
            let Row {
                project, status, ..
            } = row;
            self.finished
                .insert(id.clone(), Finished { project, status });
            self.refresh_dependents(&id);
            self.refresh_flows(&id);
            return;
        }
        self.link(&id, &row);
        self.active.insert(id.clone(), Box::new(row));
        if !waits_alike {
            self.note_edges(&id);
        }
        self.refresh(&id);
        self.refresh_dependents(&id);
        self.refresh_flows(&id);
    }

    /// Puts a finished task in by name alone; its card need not be read.
    pub fn put_finished(&mut self, id: TaskId, finished: Finished) {
        self.remove(&id);
        self.count(finished.status, 1);
        self.finished.insert(id.clone(), finished);
        self.refresh_dependents(&id);
        self.refresh_flows(&id);
    }

    /// Forgets a task.
    pub fn remove(&mut self, id: &TaskId) {
        self.unreadable.remove(id);
        self.take_out(id);
        self.dissolve(id);
        self.refresh_dependents(id);
        self.refresh_flows(id);
    }

    /// Forgets a task whose card lies there and cannot be read.
    pub fn hide(&mut self, id: &TaskId) {
        self.take_out(id);
        self.dissolve(id);
        self.unreadable.insert(id.clone());
        self.refresh_dependents(id);
        self.refresh_flows(id);
    }

    fn take_out(&mut self, id: &TaskId) {
        self.moved.remove(id);
        if let Some(finished) = self.finished.remove(id) {
            self.count(finished.status, -1);
        }
        if let Some(row) = self.active.remove(id) {
            self.count(row.status, -1);
            self.unlink(id, &row);
            self.promotable.remove(id);
            self.stranded.remove(id);
            self.released.remove(id);
            self.stepping.remove(id);
            if let Some(whole) = &row.parent_id {
                self.refresh(whole);
            }
        }
    }

    /// Tasks whose cards say another status than the directory that they were moved to.
    pub fn moved(&self) -> impl Iterator<Item = &TaskId> {
        self.moved.iter()
    }

    /// Moves the lease's end of a task in progress; never backwards, whatever the clock does.
    pub fn extend_lease(&mut self, id: &TaskId, expires_at: Instant) {
        let Some(row) = self.active.get_mut(id) else {
            return;
        };
        if let Some(due) = row.due_at() {
            self.due.remove(&(due, id.clone()));
        }
        if let Some(lease) = row.lease.as_mut() {
            lease.expires_at = lease.expires_at.max(expires_at);
        }
        if let Some(due) = row.due_at() {
            self.due.insert((due, id.clone()));
        }
    }

    /// The row of a task that is not finished.
    #[must_use]
    pub fn row(&self, id: &TaskId) -> Option<&Row> {
        self.active.get(id).map(Box::as_ref)
    }

    /// The status of a task, finished or not.
    #[must_use]
    pub fn status(&self, id: &TaskId) -> Option<Status> {
        self.active
            .get(id)
            .map(|row| row.status)
            .or_else(|| self.finished.get(id).map(|finished| finished.status))
    }

    /// The project of a task, finished or not.
    #[must_use]
    pub fn project(&self, id: &TaskId) -> Option<&ProjectId> {
        self.active
            .get(id)
            .map(|row| &row.project)
            .or_else(|| self.finished.get(id).map(|finished| &finished.project))
    }

    /// Ids that begin with `prefix`, at most `limit`, finished ones included.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str, limit: usize) -> Vec<TaskId> {
        let starts = |id: &&TaskId| id.as_str().starts_with(prefix);
        self.active
            .keys()
            .filter(starts)
            .chain(self.finished.keys().filter(starts))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Unfinished tasks in the order of their ids.
    pub fn rows(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        self.active.iter().map(|(id, row)| (id, row.as_ref()))
    }

    /// Unfinished tasks behind `after`, in the order of their ids.
    pub fn rows_after(&self, after: Option<&TaskId>) -> impl Iterator<Item = (&TaskId, &Row)> {
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let rows = self.active.range::<TaskId, _>(range);
        rows.map(|(id, row)| (id, row.as_ref()))
    }

    /// Finished tasks behind `after`, in the order of their ids.
    pub fn finished_after(
        &self,
        after: Option<&TaskId>,
    ) -> impl Iterator<Item = (&TaskId, &Finished)> {
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        self.finished.range::<TaskId, _>(range)
    }

    /// Finished tasks, newest id first.
    pub fn finished(&self) -> impl Iterator<Item = (&TaskId, &Finished)> {
        self.finished.iter().rev()
    }

    /// The queue that a ready task is in, and its place there.
    #[must_use]
    pub fn queued(&self, id: &TaskId, row: &Row) -> Option<(&QueueKey, &(Instant, TaskId))> {
        let (key, queue) = self.queues.get_key_value(&QueueKey::of(row))?;
        let tasks = queue.by_priority().get(row.priority as usize)?;
        Some((key, tasks.get(&(row.created_at, id.clone()))?))
    }

    /// Ready tasks, those together that wait for the same.
    pub fn queues(&self) -> impl Iterator<Item = (&QueueKey, &Queue)> {
        self.queues.iter()
    }

    /// Tasks in progress that somebody holds.
    pub fn leased(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        self.leased
            .iter()
            .filter_map(|id| Some((id, self.row(id)?)))
    }

    /// Tasks whose lease or delay has run out at `now`.
    pub fn due(&self, now: Instant) -> impl Iterator<Item = (&TaskId, &Row)> {
        self.due
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .filter_map(|(_, id)| Some((id, self.row(id)?)))
    }

    /// The next moment at which one of these tasks becomes due.
    pub fn next_due(&self, is_meant: impl Fn(&TaskId) -> bool) -> Option<Instant> {
        let first = |set: &BTreeSet<(Instant, TaskId)>| {
            let mut due = set.iter();
            due.find(|(_, id)| is_meant(id)).map(|(at, _)| *at)
        };
        let (due, violation) = (first(&self.due), first(&self.violations));
        due.into_iter().chain(violation).min()
    }

    /// The run of that id, if it holds a lease.
    #[must_use]
    pub fn live_run(&self, run: &RunId) -> Option<&LiveRun> {
        self.runs.get(run)
    }

    /// Runs that hold a lease.
    pub fn live_runs(&self) -> impl Iterator<Item = (&RunId, &LiveRun)> {
        self.runs.iter()
    }

    /// Leases held, over all agents.
    #[must_use]
    pub fn running(&self) -> u32 {
        u32::try_from(self.leased.len()).unwrap_or(u32::MAX)
    }

    /// Leases held by one agent.
    #[must_use]
    pub fn running_of(&self, agent: &AgentId) -> u32 {
        self.running_by_agent
            .get(agent)
            .copied()
            .unwrap_or_default()
    }

    /// The running task that holds a resource.
    #[must_use]
    pub fn holder_of(&self, resource: &str) -> Option<&TaskId> {
        self.resources.get(resource)
    }

    /// Tasks per status.
    #[must_use]
    pub fn count_of(&self, status: Status) -> u32 {
        self.counts
            .get(status as usize)
            .copied()
            .unwrap_or_default()
    }

    /// All tasks.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    fn count(&mut self, status: Status, by: i32) {
        if let Some(count) = self.counts.get_mut(status as usize) {
            *count = count.saturating_add_signed(by);
        }
    }

    fn link(&mut self, id: &TaskId, row: &Row) {
        if row.status == Status::Ready {
            let queue = self.queues.entry(QueueKey::of(row)).or_default();
            if let Some(tasks) = queue.of(row.priority) {
                tasks.insert((row.created_at, id.clone()));
            }
        }
        if let Some(due) = row.due_at() {
            self.due.insert((due, id.clone()));
        }
        if let Some(at) = self.violation_of(row) {
            self.violations.insert((at, id.clone()));
        }
        if let Some(since) = self.late_since(row) {
            self.late.insert((since, id.clone()));
        }
        if let Some(whole) = &row.parent_id {
            self.parts.insert((TaskId::clone(whole), id.clone()));
        }
        if let Some(hop) = &row.hop {
            self.hops.insert((hop.of.clone(), id.clone()));
        }
        for hop in row.flow.iter().flat_map(|flow| flow.awaited()) {
            self.awaited.insert(hop.clone(), id.clone());
        }
        for blocker in &row.depends_on {
            self.waiting_for
                .entry(blocker.clone())
                .or_default()
                .insert(id.clone());
        }
        if row.status == Status::InProgress {
            if let Some(lease) = &row.lease {
                self.leased.insert(id.clone());
                *self
                    .running_by_agent
                    .entry(lease.agent.clone())
                    .or_default() += 1;
                if let Some(run) = &lease.run {
                    let live = LiveRun {
                        task: id.clone(),
                        agent: lease.agent.clone(),
                    };
                    self.runs.insert(run.clone(), live);
                }
            }
            // Of a task with a workflow it is for the runs of its hops.
            if let Some(resource) = row.resource.as_ref().filter(|_| row.flow.is_none()) {
                self.resources.insert(resource.clone(), id.clone());
            }
        }
    }

    fn unlink(&mut self, id: &TaskId, row: &Row) {
        if row.status == Status::Ready {
            self.leave_queue(id, row);
        }
        if let Some(due) = row.due_at() {
            self.due.remove(&(due, id.clone()));
        }
        if let Some(at) = self.violation_of(row) {
            self.violations.remove(&(at, id.clone()));
        }
        if let Some(since) = self.late_since(row) {
            self.late.remove(&(since, id.clone()));
        }
        if let Some(whole) = &row.parent_id {
            self.parts.remove(&(TaskId::clone(whole), id.clone()));
        }
        if let Some(hop) = &row.hop {
            self.hops.remove(&(hop.of.clone(), id.clone()));
        }
        for hop in row.flow.iter().flat_map(|flow| flow.awaited()) {
            self.awaited.remove(hop);
        }
        for blocker in &row.depends_on {
            if let Some(dependents) = self.waiting_for.get_mut(blocker) {
                dependents.remove(id);
                if dependents.is_empty() {
                    self.waiting_for.remove(blocker);
                }
            }
        }
        if let Some(lease) = &row.lease {
            self.leased.remove(id);
            if let Some(count) = self.running_by_agent.get_mut(&lease.agent) {
                *count = count.saturating_sub(1);
            }
            if let Some(run) = &lease.run {
                self.runs.remove(run);
            }
        }
        if let Some(resource) = &row.resource
            && self.resources.get(resource) == Some(id)
        {
            self.resources.remove(resource);
        }
    }

    fn leave_queue(&mut self, id: &TaskId, row: &Row) {
        let key = QueueKey::of(row);
        let Some(queue) = self.queues.get_mut(&key) else {
            return;
        };
        if let Some(tasks) = queue.of(row.priority) {
            tasks.remove(&(row.created_at, id.clone()));
        }
        if queue.is_empty() {
            self.queues.remove(&key);
        }
    }
}
