//! What a poll would do now, and why everything else waits.
//!
//! Never changes anything: a poll, a dry run and an explanation come from this one function. Order:
//! lapsed leases, retries that are due, tasks that wait in vain or no longer, promotions, dispatch
//! by urgency, share and age, and what stands too long. No task has two actions in one plan.

mod caps;
mod dispatch;
mod ledger;
mod order;
mod review;

use std::collections::{BTreeMap, BTreeSet};

use crate::books::Books;
use crate::budget::{self, Budget, Scope as Purse, Standing};
use crate::dependency::Snag;
use crate::gather::gathered;
use crate::id::{AgentId, ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::instant::Instant;
use crate::org::OrgChart;
use crate::priority::Priority;
use crate::project::Project;
use crate::routing::{self, Verdict};
use crate::settings::SchedulerSettings;
use crate::sla::{self, Policy};
use crate::status::Status;

pub use caps::{Cap, served, team_of};
pub use dispatch::{for_people, waits_for};
pub use ledger::{Ledger, Served};
pub use review::{KIND as REVIEW, Review};

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
    /// What earlier polls did.
    pub ledger: &'a Ledger,
    /// What was used so far.
    pub books: &'a Books,
    /// How much everybody together may use.
    pub budgets: &'a [Budget],
    /// Knobs.
    pub settings: &'a SchedulerSettings,
    /// Why nothing can be started at all just now, if so.
    pub hold: Option<&'a str>,
    /// The moment of planning.
    pub now: Instant,
}

impl<'a> Snapshot<'a> {
    /// The spent limit of some budgets that lasts longest, if there is one.
    fn spent(&self, purse: Purse<'a>, budgets: &[Budget]) -> Option<Standing<'a>> {
        // Most have no budget at all.
        if budgets.is_empty() {
            return None;
        }
        budget::spent(purse, budgets, (self.books, self.now))
    }
}

impl Snapshot<'_> {
    /// How urgent a task is after it has waited since `made_at`: 0 is critical. Waiting raises it,
    /// but not to critical.
    #[must_use]
    pub const fn urgency(&self, priority: Priority, made_at: Instant) -> u8 {
        let given = priority as u8;
        let high = Priority::High as u8;
        if given <= high || self.settings.aging_ms == 0 {
            return given;
        }
        let steps = self.now.since_ms(made_at) / self.settings.aging_ms;
        if steps >= (given - high) as u64 {
            high
        } else {
            given - steps as u8
        }
    }
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

/// What led to the candidates of a decision, for explanations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Via {
    /// In words.
    pub text: String,
    /// Position among the chart's rules as declared, if a rule did.
    pub rule: Option<usize>,
}

impl From<routing::Via<'_>> for Via {
    fn from(via: routing::Via<'_>) -> Self {
        Via {
            text: via.to_string(),
            rule: match via {
                routing::Via::Rule(rule) => Some(rule.position),
                _ => None,
            },
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The lease lapsed: back to ready.
    Expire(TaskId),
    /// The delay after a failure is over: back to ready.
    Requeue(TaskId),
    /// It waits in vain: blocked until its dependencies are met after all.
    Strand {
        /// The task.
        task: TaskId,
        /// What it waits for.
        snag: Snag,
    },
    /// The scheduler had blocked it for its dependencies, and they are met: back to ready.
    Free(TaskId),
    /// It waits for nothing any more: backlog to ready.
    Promote(TaskId),
    /// It stands too long where it is.
    Overdue {
        /// The task.
        task: TaskId,
        /// What happens to it.
        policy: Policy,
    },
    /// Its workflow begins: ready to in progress, and its first hops become ready.
    Begin(TaskId),
    /// Its workflow is taken further, after a hop ended or time passed.
    Advance(TaskId),
    /// Nobody waits for this hop any more.
    Drop(TaskId),
    /// The time of this hop is up: somebody else takes over, or people are told.
    Timeout(TaskId),
    /// Give it to this agent.
    Dispatch {
        /// The task.
        task: TaskId,
        /// Who gets it.
        agent: AgentId,
        /// What led to the candidates.
        via: Via,
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
            | Action::Free(task)
            | Action::Promote(task)
            | Action::Begin(task)
            | Action::Advance(task)
            | Action::Drop(task)
            | Action::Timeout(task)
            | Action::Strand { task, .. }
            | Action::Overdue { task, .. }
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
    /// What led to the candidates, if there are any.
    pub via: Option<Via>,
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
    /// Reviews that are due.
    pub reviews: Vec<Review>,
    /// When an interval is over that keeps one of them back, or leads to a review, the earliest.
    pub wake_at: Option<Instant>,
}

/// How much of the waiting a plan writes down.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Ready tasks with their reasons, at most.
    pub waiting_max: usize,
    /// A task that is always spoken of. Once nothing else is to be written down, the dispatches
    /// end with it.
    pub focus: Option<&'a TaskId>,
    /// Dispatches that this poll has made already.
    pub dispatched: u32,
}

/// Plans one poll.
#[must_use]
pub fn plan(snapshot: &Snapshot<'_>, scope: Scope<'_>) -> Plan {
    let mut plan = Plan {
        actions: housekeeping(snapshot),
        ..Plan::default()
    };
    dispatch::fill(&mut plan, snapshot, scope);
    let overdue = overdue(&plan, snapshot);
    plan.actions.extend(overdue);
    let (reviews, next_at) = review::due(snapshot);
    plan.reviews = reviews;
    plan.wake_at = plan.wake_at.into_iter().chain(next_at).min();
    plan
}

fn housekeeping(snapshot: &Snapshot<'_>) -> Vec<Action> {
    let due = snapshot
        .index
        .due(snapshot.now)
        .map(|(id, row)| fallen_due(id.clone(), row, snapshot.now));
    let stepping = snapshot.index.stepping().map(|(id, row)| {
        let is_running = row.flow.as_ref().map(|flow| flow.is_running);
        match is_running {
            Some(true) => Action::Advance(id.clone()),
            Some(false) => Action::Begin(id.clone()),
            None => Action::Drop(id.clone()),
        }
    });
    let stranded = snapshot.index.stranded().filter_map(|(id, row)| {
        Some(Action::Strand {
            task: id.clone(),
            snag: snapshot.index.snag(id, row)?,
        })
    });
    let freed = snapshot.index.released();
    let freed = freed.map(|(id, _)| Action::Free(id.clone()));
    // One that waits in vain for a part of itself is stranded, not promoted.
    let promoted = snapshot
        .index
        .promotable()
        .filter(|(_, row)| {
            row.routing.names_target() || row.flow.is_some() || dispatch::is_routed(snapshot, row)
        })
        .map(|(id, _)| Action::Promote(id.clone()));
    let free = |action: &Action| !snapshot.obstructed.contains_key(action.task());
    let due = due
        .chain(stepping)
        .chain(stranded)
        .chain(freed)
        .chain(promoted);
    let mut met = BTreeSet::new();
    due.filter(free)
        .filter(|action| met.insert(action.task().clone()))
        .take(HOUSEKEEPING_MAX)
        .collect()
}

/// What is due of a task, now that its time has come.
fn fallen_due(id: TaskId, row: &Row, now: Instant) -> Action {
    match (row.status, &row.lease, &row.hop) {
        (Status::InProgress, Some(lease), _) if lease.is_expired(now) => Action::Expire(id),
        (Status::InProgress, None, _) => Action::Advance(id),
        (Status::InProgress | Status::Review, _, Some(_)) => Action::Timeout(id),
        _ => Action::Requeue(id),
    }
}

/// Tasks that stand too long where they are and that nothing else in the plan moves.
fn overdue(plan: &Plan, snapshot: &Snapshot<'_>) -> Vec<Action> {
    let index = snapshot.index;
    let moved: BTreeSet<&TaskId> = gathered(plan.actions.iter().map(Action::task));
    let stay = index
        .violations(snapshot.now)
        .filter(|(id, _)| !moved.contains(*id) && !snapshot.obstructed.contains_key(*id));
    let actions = stay.filter_map(|(id, row)| {
        let policy = sla::policy(row, index.terms(&row.project)?);
        let task = id.clone();
        Some(Action::Overdue { task, policy })
    });
    actions.take(HOUSEKEEPING_MAX).collect()
}

/// The caps that apply to a row, with what is used of each.
#[must_use]
pub fn caps_of(
    snapshot: &Snapshot<'_>,
    task: (&TaskId, &Row),
    agent: Option<&AgentId>,
) -> Vec<Cap> {
    caps::of(snapshot, task, agent)
}

#[cfg(test)]
mod tests;
