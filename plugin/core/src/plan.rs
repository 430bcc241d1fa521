//! What a poll would do now, and why everything else waits.
//!
//! Never changes anything: a poll, a dry run and an explanation come from this one function. Order:
//! lapsed leases, retries that are due, promotions, then dispatch by priority and age.

mod caps;
mod dispatch;

use std::collections::BTreeMap;

use crate::id::{AgentId, ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::instant::Instant;
use crate::org::OrgChart;
use crate::project::Project;
use crate::routing::Verdict;
use crate::settings::SchedulerSettings;
use crate::status::Status;

pub use caps::Cap;
pub use dispatch::waits_for;

/// Changes of status in one poll besides dispatches; the rest follows in the next.
pub const HOUSEKEEPING_MAX: usize = 200;

/// Everything that a plan may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// All tasks.
    pub index: &'a TaskIndex,
    /// Who exists.
    pub chart: &'a OrgChart,
    /// Every project with tasks.
    pub projects: &'a BTreeMap<ProjectId, Project>,
    /// Tasks that cannot move, each with the path of the file that is in the way.
    pub obstructed: &'a BTreeMap<TaskId, String>,
    /// Knobs.
    pub settings: &'a SchedulerSettings,
    /// The moment of planning.
    pub now: Instant,
}

/// One agent that was considered for a task, for explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// The agent.
    pub agent: AgentId,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The lease lapsed: back to ready.
    Expire(TaskId),
    /// The delay after a failure is over: back to ready.
    Requeue(TaskId),
    /// All dependencies are done: backlog to ready.
    Promote(TaskId),
    /// Give it to this agent.
    Dispatch {
        /// The task.
        task: TaskId,
        /// Who gets it.
        agent: AgentId,
        /// Everyone who was considered.
        candidates: Vec<Considered>,
    },
}

impl Action {
    /// The task that it moves.
    #[must_use]
    pub const fn task(&self) -> &TaskId {
        match self {
            Action::Expire(task)
            | Action::Requeue(task)
            | Action::Promote(task)
            | Action::Dispatch { task, .. } => task,
        }
    }
}

/// Why a ready task is not dispatched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitKind {
    /// Something that passes by itself: a cap, a dependency, a busy agent.
    Later,
    /// Somebody must mend the card or the chart.
    NoMatch,
    /// A person acts.
    Human,
}

/// One task that is left where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The task.
    pub task: TaskId,
    /// What kind of waiting.
    pub kind: WaitKind,
    /// The reason, for people.
    pub reason: String,
    /// Everyone who was considered.
    pub candidates: Vec<Considered>,
}

/// What a poll would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of execution.
    pub actions: Vec<Action>,
    /// Ready tasks that stay, in the order of dispatch: the first ones, and those in focus.
    pub waiting: Vec<Waiting>,
    /// How many ready tasks stay.
    pub waiting_total: usize,
}

/// How much of the waiting a plan writes down.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Ready tasks with their reasons, at most.
    pub waiting_max: usize,
    /// A task whose reason is always given.
    pub focus: Option<&'a TaskId>,
}

/// Plans one poll.
#[must_use]
pub fn plan(snapshot: &Snapshot<'_>, scope: Scope<'_>) -> Plan {
    let mut plan = Plan {
        actions: housekeeping(snapshot),
        ..Plan::default()
    };
    dispatch::fill(&mut plan, snapshot, scope);
    plan
}

fn housekeeping(snapshot: &Snapshot<'_>) -> Vec<Action> {
    let due = snapshot
        .index
        .due(snapshot.now)
        .map(|(id, row)| match row.status {
            Status::InProgress => Action::Expire(id.clone()),
            _ => Action::Requeue(id.clone()),
        });
    let promoted = snapshot
        .index
        .promotable()
        .map(|(id, _)| Action::Promote(id.clone()));
    let free = |action: &Action| !snapshot.obstructed.contains_key(action.task());
    let due = due.chain(promoted).filter(free);
    due.take(HOUSEKEEPING_MAX).collect()
}

/// The caps that apply to a row, with what is used of each.
#[must_use]
pub fn caps_of(snapshot: &Snapshot<'_>, row: &Row, agent: Option<&AgentId>) -> Vec<Cap> {
    caps::of(snapshot, row, agent)
}

#[cfg(test)]
mod tests;
